"""Mass against closed forms: balls of known mg in a finger, off bone and on it, at two energies.

What each sample holds is counted on points within it, HU follow from the tables of attenuation
at 54 and 86.5 keV, and a scanner's blur of 0.35 mm and noise are added.
"""

import numpy as np
import pytest
from scipy import ndimage

from calcimetry.attenuation import hydroxyapatite_gain, urate_ratio
from calcimetry.measurement.calibration import Calibration, CalibrationLine
from calcimetry.measurement.density import Surroundings, measure_mineral
from calcimetry.measurement.material import material_of
from calcimetry.model import Image, Segmentation
from tests.solids import BONE, FINGER, MARROW, ball, coverage, ellipsoid, volume_grid

KEV = (54.0, 86.5)
GAINS = hydroxyapatite_gain(KEV)
CALIBRATION = Calibration(tuple(CalibrationLine("", float(gain)) for gain in GAINS))
GRIDS = {
    "0.5 mm": volume_grid((46, 46, 30), (0.5, 0.5, 0.5)),
    "0.6 mm, oblique": volume_grid((42, 42, 34), (0.6, 0.6, 0.6), tilt=(0.4, 0.3)),
    "thick slices, oblique": volume_grid((30, 58, 44), (0.8, 0.4, 0.4), tilt=(0.3, 0.1)),
}
OFF_BONE = ellipsoid((4.0, 3.0, 5.0), (0.0, 8.0, 0.0))
SMALL = ball(2.0, (8.0, 0.0, -2.0))
#: Its centre is just outside the bone.
ON_BONE = ball(5.0, (-3.7, -3.7, 0.0))
BLUR_MM = 0.35
#: Cortex and marrow in mg/cm3 of hydroxyapatite.
CORTEX, MARROW_MINERAL = 900.0, 150.0


class Scan:
    """A finger with one deposit: energies, surroundings, and its true mass."""

    def __init__(self, grid, inside, density=400.0, noise=15.0, gains=GAINS, shift=0.0):
        bone = coverage(grid, BONE)
        marrow, finger = coverage(grid, MARROW), coverage(grid, FINGER)
        deposit = np.minimum(coverage(grid, inside), 1.0 - bone)
        mineral = (bone - marrow) * CORTEX + marrow * MARROW_MINERAL
        rng = np.random.default_rng(3)
        sigma = BLUR_MM / np.array(grid.spacing)
        self.images = []
        for bone_gain, gain in zip(GAINS, gains, strict=True):
            hu = -1000.0 + 1040.0 * finger + bone_gain * mineral + gain * density * deposit
            hu = ndimage.gaussian_filter(hu, sigma, mode="nearest")
            self.images.append(Image(hu + rng.normal(0.0, noise, grid.shape), grid))
        self.mass_mg = float(deposit.sum()) * grid.voxel_mm3 * density / 1000.0
        signed = ndimage.distance_transform_edt(
            deposit < 0.5, sampling=grid.spacing
        ) - ndimage.distance_transform_edt(deposit >= 0.5, sampling=grid.spacing)
        # From the border, which lies half a sample from the nearest centres.
        drawn = (signed <= shift) & (bone < 0.5)
        lesions = Segmentation(drawn.astype(np.uint16), grid, {1: "calcification 1"})
        self.around = Surroundings(bone, lesions, drawn.astype(np.float32), BLUR_MM)

    def mineral(self, energies=2):
        lines = Calibration(CALIBRATION.lines[:energies])
        (found,) = measure_mineral(self.images[:energies], self.around, lines)
        return found


@pytest.mark.parametrize("name", GRIDS)
@pytest.mark.parametrize(
    ("inside", "error"),
    [(OFF_BONE, 0.04), (SMALL, 0.08), (ON_BONE, 0.05)],
    ids=["off", "small", "on"],
)
def test_mass_is_what_the_ball_weighs(name, inside, error):
    scan = Scan(GRIDS[name], inside)
    found = scan.mineral()
    assert found.mass_mg == pytest.approx(scan.mass_mg, rel=error)
    assert found.mass_interval.low < scan.mass_mg < found.mass_interval.high


@pytest.mark.parametrize("shift", [-0.6, 0.6])
@pytest.mark.parametrize("inside", [OFF_BONE, ON_BONE], ids=["off", "on"])
def test_mass_hardly_changes_with_the_border_that_is_drawn(inside, shift):
    grid = GRIDS["0.5 mm"]
    first = Scan(grid, inside, noise=0.0).mineral().mass_mg
    moved = Scan(grid, inside, noise=0.0, shift=shift).mineral().mass_mg
    assert moved == pytest.approx(first, rel=0.04)


@pytest.mark.parametrize("inside", [OFF_BONE, ON_BONE], ids=["off", "on"])
def test_one_energy_weighs_the_same(inside):
    scan = Scan(GRIDS["0.6 mm, oblique"], inside)
    assert scan.mineral(energies=1).mass_mg == pytest.approx(scan.mass_mg, rel=0.06)


@pytest.mark.parametrize("inside", [OFF_BONE, SMALL, ON_BONE], ids=["off", "small", "on"])
def test_calcium_has_calcium_s_ratio_and_urate_urate_s(inside):
    grid = GRIDS["0.6 mm, oblique"]
    calcium = Scan(grid, inside).mineral()
    assert calcium.ratio == pytest.approx(GAINS[0] / GAINS[1], rel=0.05)
    assert material_of(calcium.ratio, calcium.ratio_error, CALIBRATION).material == "calcium"
    # As bright at the high energy as 300 mg/cm3 of hydroxyapatite.
    gains = (GAINS[1] * urate_ratio(*KEV), GAINS[1])
    urate = Scan(grid, inside, density=300.0, gains=gains).mineral()
    assert urate.ratio == pytest.approx(urate_ratio(*KEV), abs=0.15)
    guess = material_of(urate.ratio, urate.ratio_error, CALIBRATION)
    assert guess.material == "urate"
    assert guess.probability > 0.99
