"""Scans of simple objects: brightness, noise, sharpness, and what is refused."""

import numpy as np
import pytest

from calcimetry.errors import InputError, SettingsError
from calcimetry.model import Grid
from calcimetry.phantom.ct import scan_quickly, scan_volume
from calcimetry.phantom.reconstruction import KERNEL_FWHM_MM
from calcimetry.phantom.scan_settings import ScanSettings
from tests.phantom.scans import axial, disc, fingers, from_centre, rod_in_water

QUIET = ScanSettings(noise_hu=(0.0, 0.0))
SCANS = [scan_volume, scan_quickly]


def rng(seed=0):
    return np.random.default_rng(seed)


def both(image):
    return image.low.array[0].astype(float), image.high.array[0].astype(float)


@pytest.fixture(scope="module")
def water():
    """A cylinder of 80 mm off the middle, in air."""
    inside = disc(240, 0.4, (4.0, -3.0), 40.0)
    materials = {"water": 1000.0 * inside[None], "air": 1.205 * (1.0 - inside)[None]}
    return both(scan_volume(materials, axial(240, 0.4), QUIET, rng()))


def test_water_is_0_hu_everywhere(water):
    away = from_centre(240, 0.4, (4.0, -3.0))
    for hu in water:
        for inner, outer in ((0, 5), (15, 20), (30, 35), (36, 38.5)):
            ring = (away >= inner) & (away < outer)
            assert hu[ring].mean() == pytest.approx(0.0, abs=1.0)  # no cupping
        assert np.abs(hu[away < 38.5]).max() < 4.0


def test_air_is_minus_1000_hu(water):
    outside = from_centre(240, 0.4, (4.0, -3.0)) > 41.5
    for hu in water:
        assert hu[outside].mean() == pytest.approx(-999.0, abs=1.0)


@pytest.mark.parametrize(
    ("preset", "lowest", "highest"),
    # 80-Sn150 as published; the others follow from the same beam and are kept from drifting.
    [
        ("80-Sn150", 1.96, 2.05),
        ("80-140", 1.44, 1.50),
        ("70-Sn150", 2.25, 2.35),
        ("100-Sn140", 1.58, 1.65),
    ],
)
def test_dual_energy_ratio_of_hydroxyapatite(preset, lowest, highest):
    materials = rod_in_water(180, 0.5, "hydroxyapatite", 400.0, 2.5, 40.0)
    settings = ScanSettings(preset=preset, noise_hu=(0.0, 0.0), views=576)
    low, high = both(scan_volume(materials, axial(180, 0.5), settings, rng()))
    inside = from_centre(180, 0.5) < 1.2
    assert lowest < low[inside].mean() / high[inside].mean() < highest


def test_urate_is_nearly_as_bright_at_either_energy():
    # Published: 1.06 (SD 0.10) over coloured lesions, some of which held calcium.
    materials = rod_in_water(180, 0.5, "monosodium_urate", 800.0, 2.5, 40.0)
    low, high = both(scan_volume(materials, axial(180, 0.5), QUIET, rng()))
    inside = from_centre(180, 0.5) < 1.2
    assert low[inside].mean() / high[inside].mean() == pytest.approx(1.04, abs=0.03)


@pytest.mark.parametrize("scan", SCANS)
@pytest.mark.parametrize("dose", [1.0, 4.0])
def test_noise_is_what_was_asked_for(scan, dose):
    cylinder = {"water": 1000.0 * disc(180, 0.5, (0, 0), 40.0)[None]}
    settings = ScanSettings(noise_hu=(20.0, 40.0), dose=dose)
    low, high = both(scan(cylinder, axial(180, 0.5), settings, rng(3)))
    middle = from_centre(180, 0.5) < 12.0
    # In the image alone it is that of an average point, which is less than in the middle.
    scale = (1.0 if scan is scan_volume else 0.87) / np.sqrt(dose)
    assert low[middle].std() == pytest.approx(20.0 * scale, rel=0.08)
    assert high[middle].std() == pytest.approx(40.0 * scale, rel=0.08)


def test_both_ways_make_noise_of_one_grain():
    cylinder = {"water": 1000.0 * disc(180, 0.5, (0, 0), 40.0)[None]}
    grains = []
    for scan in SCANS:
        low, _ = both(scan(cylinder, axial(180, 0.5), ScanSettings(noise_hu=(20.0, 20.0)), rng(3)))
        patch = low[65:115, 65:115]
        patch = patch - patch.mean()
        grains.append([(patch[:, :-k] * patch[:, k:]).mean() / patch.var() for k in (1, 2, 3)])
    np.testing.assert_allclose(*grains, atol=0.08)


@pytest.mark.parametrize("scan", SCANS)
@pytest.mark.parametrize("kernel", KERNEL_FWHM_MM)
def test_edges_are_as_sharp_as_the_kernel_asks(scan, kernel):
    size, spacing = 200, 0.2
    cylinder = {"water": 1000.0 * disc(size, spacing, (0.03, 0.05), 15.0)[None]}
    settings = ScanSettings(kernel=kernel, noise_hu=(0.0, 0.0))
    _, high = both(scan(cylinder, axial(size, spacing), settings, rng()))
    away = from_centre(size, spacing, (0.03, 0.05))
    steps = np.arange(12.5, 17.5, 0.05)
    edge = np.array([high[(away >= a) & (away < a + 0.05)].mean() for a in steps]) / 1000.0 + 1.0
    at = [float(np.interp(-level, -edge, steps + 0.025)) for level in (0.9, 0.5, 0.1)]
    # A Gaussian edge rises from 10 to 90% in 2.563 sigma; the object's own pixels blur too.
    sigma = np.hypot(KERNEL_FWHM_MM[kernel] / 2.3548, spacing / np.sqrt(12.0))
    assert at[2] - at[0] == pytest.approx(2.563 * sigma, rel=0.03)
    assert at[1] == pytest.approx(15.0, abs=0.02)


@pytest.mark.parametrize(
    ("places", "flesh_hu", "bone"),
    [((0.0,), (10.0, 2.0), 0.05), ((-20.0, 0.0, 20.0), (30.0, 6.0), 0.06)],
)
def test_both_ways_agree_on_fingers(places, flesh_hu, bone):
    materials, grid = fingers(180, 0.4, places), axial(180, 0.4)
    projected, quick = (both(scan(materials, grid, QUIET, rng())) for scan in SCANS)
    inside = {
        "flesh": from_centre(180, 0.4, (-5.8, -3.0)) < 1.2,
        "fat": from_centre(180, 0.4, (5.5, -3.0)) < 0.5,
        "deposit": from_centre(180, 0.4, (0.0, -6.0)) < 0.6,
        "cortex": np.abs(from_centre(180, 0.4, (0.0, 1.0)) - 4.1) < 0.2,
    }
    for one, other, limit, part in zip(projected, quick, flesh_hu, (bone, bone / 3), strict=True):
        for name in ("flesh", "fat"):
            assert one[inside[name]].mean() == pytest.approx(other[inside[name]].mean(), abs=limit)
        for name in ("deposit", "cortex"):
            assert one[inside[name]].mean() == pytest.approx(other[inside[name]].mean(), rel=part)


@pytest.mark.parametrize("scan", SCANS)
def test_the_same_seed_gives_the_same_scan_whatever_the_workers(scan):
    grid = axial(40, 0.8, slices=4)
    cylinder = {"water": np.repeat(1000.0 * disc(40, 0.8, (0, 0), 12.0)[None], 4, axis=0)}
    told = []
    settings = ScanSettings(views=180)
    once = scan(cylinder, grid, settings, rng(5), progress=lambda *n: told.append(n))
    again = scan(cylinder, grid, settings, rng(5), workers=3)
    np.testing.assert_array_equal(once.low.array, again.low.array)
    np.testing.assert_array_equal(once.high.array, again.high.array)
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert (once.low_setting, once.high_setting) == ("80", "Sn150")


@pytest.mark.parametrize("scan", SCANS)
def test_slices_and_pixels_are_reconstructed_as_asked(scan):
    turn = np.linalg.qr(rng(1).standard_normal((3, 3)))[0]
    affine = np.eye(4)
    affine[:3, :3] = turn * [1.0, 0.5, 0.4]
    affine[:3, 3] = 7.0, -3.0, 20.0
    grid = Grid((10, 70, 90), affine, "1.2.3")
    at = np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), axis=-1)
    centre = grid.index_to_mm([4.5, 30.0, 50.0])
    ball = np.linalg.norm(grid.index_to_mm(at) - centre, axis=-1) < 4.0
    settings = ScanSettings(
        noise_hu=(0, 0),
        pixel_spacing_mm=0.6,
        slice_thickness_mm=2.0,
        slice_spacing_mm=1.5,
        views=360,
    )
    made = scan({"water": 1000.0 * ball}, grid, settings, rng())
    assert made.grid.shape == (6, 58, 60)
    assert made.grid.spacing == pytest.approx((1.5, 0.6, 0.6))
    assert made.grid.frame_of_reference_uid == "1.2.3"
    weights = np.clip(made.low.array + 1000.0, 0.0, None).astype(float)
    weights[weights < 100.0] = 0.0
    at = np.stack(np.meshgrid(*map(np.arange, made.grid.shape), indexing="ij"), axis=-1)
    middle = (weights[..., None] * made.grid.index_to_mm(at)).sum(axis=(0, 1, 2)) / weights.sum()
    np.testing.assert_allclose(middle, centre, atol=0.1)


@pytest.mark.parametrize("scan", SCANS)
def test_thick_slices_have_the_noise_asked_for(scan):
    grid = axial(60, 0.8, slices=4, thickness=0.5)
    cylinder = {"water": np.repeat(1000.0 * disc(60, 0.8, (0, 0), 20.0)[None], 4, axis=0)}
    noise = []
    for thickness in (0.5, 2.0):
        settings = ScanSettings(noise_hu=(20.0, 20.0), slice_thickness_mm=thickness, views=360)
        made = scan(cylinder, grid, settings, rng(8))
        noise.append(made.low.array[0][from_centre(60, 0.8) < 15.0].std())
    assert noise[0] == pytest.approx(noise[1], rel=0.12)


@pytest.mark.parametrize("dose", [1.0, 1e-3])
def test_a_block_of_metal_leaves_numbers(dose):
    block = {"aluminium": 2699.0 * disc(40, 5.0, (0, 0), 90.0)[None]}
    made = scan_volume(block, axial(40, 5.0), ScanSettings(dose=dose, views=180), rng())
    assert np.isfinite(made.low.array).all()
    assert made.high.array.mean() > 0.0


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"preset": "80-Sn900"}, "expected a preset"),
        ({"kernel": "crisp"}, "expected a kernel of soft, medium, sharp"),
        ({"noise_hu": (-1.0, 5.0)}, "noise_hu"),
        ({"noise_hu": (5.0,)}, "noise_hu"),
        ({"electronic_quanta": -1.0}, "electronic_quanta"),
        ({"views": 721}, "even number of views"),
        ({"views": 0}, "even number of views"),
        ({"dose": 0.0}, "dose"),
        ({"pixel_spacing_mm": -0.5}, "pixel_spacing_mm"),
        ({"slice_thickness_mm": 0.0}, "slice_thickness_mm"),
        ({"slice_spacing_mm": np.nan}, "slice_spacing_mm"),
    ],
)
def test_bad_settings_are_refused(change, match):
    with pytest.raises(SettingsError, match=match):
        ScanSettings(**change)


@pytest.mark.parametrize("scan", SCANS)
@pytest.mark.parametrize(
    ("materials", "match"),
    [
        ({}, "at least one material"),
        ({"gold": np.zeros((1, 8, 8))}, "found 'gold'"),
        ({"water": np.zeros((8, 8))}, "grid's shape"),
        ({"water": np.full((1, 8, 8), -1.0)}, "0 mg/cm3 or more"),
        ({"water": np.full((1, 8, 8), np.nan)}, "0 mg/cm3 or more"),
    ],
)
def test_bad_objects_are_refused(scan, materials, match):
    with pytest.raises(InputError, match=match):
        scan(materials, axial(8, 1.0), QUIET, rng())


def test_objects_that_no_scanner_takes_are_refused():
    water = {"water": np.zeros((1, 8, 8))}
    slanted = axial(8, 1.0).affine.copy()
    slanted[0, 1] = 0.3
    with pytest.raises(InputError, match="right angles"):
        scan_volume(water, Grid((1, 8, 8), slanted), QUIET, rng())
    with pytest.raises(InputError, match="at most 500 mm"):
        scan_volume(water, axial(8, 80.0), QUIET, rng())
    with pytest.raises(SettingsError, match="one slice thick, found 1 mm for slices of 3 mm"):
        scan_volume(water, axial(8, 1.0), ScanSettings(slice_thickness_mm=3.0), rng())
    with pytest.raises(SettingsError, match="1 worker or more"):
        scan_volume(water, axial(8, 1.0), QUIET, rng(), workers=0)
