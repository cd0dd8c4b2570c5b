"""The calibration scan: what is in it, and that brightness follows mineral."""

import numpy as np
import pytest

from calcimetry.errors import SettingsError
from calcimetry.phantom.rods import ROD_DENSITIES, calibration_rods
from calcimetry.phantom.scan_settings import ScanSettings

QUIET = ScanSettings(noise_hu=(0.0, 0.0))
MODES = ["fast", "projection"]


def brightness(scan):
    """Mean HU (rods, energies) inside each rod."""
    grid = scan.image.grid
    at = grid.index_to_mm(
        np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), axis=-1)
    )
    out = []
    for rod in scan.rods:
        inside = np.hypot(*(at - rod.centre_mm)[..., :2].T) < rod.radius_mm - 1.2
        out.append([image.array[inside.T].mean() for image in (scan.image.low, scan.image.high)])
    return np.array(out)


@pytest.fixture(scope="module", params=MODES)
def thin_rods(request):
    return calibration_rods(
        np.random.default_rng(3), mode=request.param, rod_diameter_mm=5.0, slices=1, settings=QUIET
    )


def test_all_densities_are_there(thin_rods):
    assert tuple(rod.density_mg_cm3 for rod in thin_rods.rods) == ROD_DENSITIES


def test_brightness_is_linear_in_hydroxyapatite(thin_rods):
    density = np.array(ROD_DENSITIES)
    hu = brightness(thin_rods)
    counted = density >= 100.0
    for energy in (0, 1):
        excess = hu[counted, energy] - hu[0, energy]
        per_mg = excess / density[counted]
        assert np.abs(per_mg / per_mg.mean() - 1.0).max() < 0.03


def test_the_dual_energy_ratio_is_the_published_one(thin_rods):
    hu = brightness(thin_rods)
    assert 1.96 < np.polyfit(hu[:, 1], hu[:, 0], 1)[0] < 2.05


def test_water_between_the_rods_stays_water(thin_rods):
    assert brightness(thin_rods)[0] == pytest.approx([0.0, 0.0], abs=2.0)


@pytest.mark.parametrize("mode", MODES)
def test_a_seed_decides_everything(mode):
    def made(seed):
        return calibration_rods(
            np.random.default_rng(seed),
            spacing_mm=1.0,
            mode=mode,
            slices=2,
            slice_thickness_mm=2.5,
            settings=ScanSettings(views=180),
        )

    one, same, other = made(1), made(1), made(2)
    assert one.image.grid.shape == (2, 90, 90)
    assert one.image.grid.spacing == pytest.approx((2.5, 1.0, 1.0))
    assert one.rods == same.rods
    np.testing.assert_array_equal(one.image.high.array, same.image.high.array)
    assert one.rods != other.rods


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"spacing_mm": -0.4}, "spacing of more than 0 and at most 2 mm"),
        ({"spacing_mm": 5.0}, "spacing of more than 0 and at most 2 mm"),
        ({"mode": "quick"}, "mode fast or projection"),
        ({"rod_diameter_mm": 1.0}, "rods of 5 to 20 mm diameter"),
        ({"slices": 0}, "1 slice or more"),
        ({"slice_thickness_mm": -1.0}, "more than 0 mm thickness"),
        ({"preset": "900"}, "expected a preset"),
    ],
)
def test_bad_settings_are_refused(change, match):
    with pytest.raises(SettingsError, match=match):
        calibration_rods(np.random.default_rng(0), **change)
