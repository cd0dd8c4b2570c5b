from dataclasses import replace

import numpy as np
import pytest

from calcimetry.errors import InputError
from calcimetry.measurement.calibration import Calibration, CalibrationLine
from calcimetry.measurement.density import (
    DensitySettings,
    Surroundings,
    measure_mineral,
    shared_error,
)
from calcimetry.model import Grid, Image, Segmentation

GRID = Grid((24, 24, 24), np.diag([0.5, 0.5, 0.5, 1.0]))
GAINS = (2.0, 1.0)
LINES = Calibration(tuple(CalibrationLine("", gain) for gain in GAINS))


def cube(density=300.0, gains=GAINS, noise=0.0):
    """Soft tissue of 40 HU with a cube of 6 x 6 x 6 samples, sharp: 27 mm3."""
    inside = np.zeros(GRID.shape, bool)
    inside[9:15, 9:15, 9:15] = True
    rng = np.random.default_rng(0)
    images = [
        Image(40.0 + gain * density * inside + rng.normal(0.0, noise, GRID.shape), GRID)
        for gain in gains
    ]
    lesions = Segmentation(inside.astype(np.uint16), GRID, {1: "calcification 1"})
    bone = np.zeros(GRID.shape, np.float32)
    return images, Surroundings(bone, lesions, inside.astype(np.float32), 0.3)


def test_hydroxyapatite_of_a_cube():
    images, around = cube()
    (found,) = measure_mineral(images, around, LINES)
    assert found.mass_mg == pytest.approx(27.0 * 0.3, rel=0.03)
    assert found.mean_hu == pytest.approx((640.0, 340.0))
    assert found.peak_hu == pytest.approx((640.0, 340.0))
    assert found.peak_mixed_hu == pytest.approx(0.6 * 640 + 0.4 * 340)
    assert found.tissue_hu == pytest.approx((40.0, 40.0), abs=0.5)
    assert found.ratio == pytest.approx(2.0, abs=0.02)


def test_rods_halve_the_interval():
    images, around = cube(noise=10.0)
    (rods,) = measure_mineral(images, around, LINES)
    (nominal,) = measure_mineral(images, around, replace(LINES, nominal=True))
    assert nominal.mass_mg == rods.mass_mg
    assert nominal.mass_interval.high - nominal.mass_mg >= 0.175 * nominal.mass_mg
    assert rods.mass_interval.high - rods.mass_mg < 0.12 * rods.mass_mg


def test_what_all_lesions_share_is_the_calibration_s_error():
    settings = DensitySettings()
    line = CalibrationLine("80", 2.0, slope_error=0.02)
    assert shared_error(Calibration((line,)), settings) == pytest.approx(0.0196)
    assert shared_error(Calibration((line,), nominal=True), settings) == 0.175


def test_without_a_calibration_hu_and_ratio_are_left():
    images, around = cube()
    (found,) = measure_mineral(images, around, None)
    assert found.mass_mg is found.mass_interval is None
    assert found.ratio == pytest.approx(2.0, abs=0.02)


def test_one_energy_has_no_ratio():
    images, around = cube()
    (found,) = measure_mineral(images[:1], around, Calibration(LINES.lines[:1]))
    assert found.ratio is found.ratio_error is None
    assert found.mass_mg == pytest.approx(27.0 * 0.3, rel=0.03)


def test_a_lesion_darker_than_its_tissue_weighs_nothing():
    images, around = cube(density=-100.0)
    (found,) = measure_mineral(images, around, LINES)
    assert found.mass_mg == 0.0
    assert found.mass_interval.low == 0.0


def test_mineral_that_fills_no_sample_by_half_has_no_mean():
    images, around = cube()
    around = replace(around, mineral_fraction=0.4 * around.mineral_fraction)
    (found,) = measure_mineral(images, around, LINES)
    assert found.mean_hu is None


def test_numbers_that_are_missing_are_passed_over():
    images, around = cube()
    labels = np.where(around.lesion_map.mask, 3, 0).astype(np.uint16)
    around = replace(around, lesion_map=Segmentation(labels, GRID, {3: "calcification 3"}))
    assert [one.number for one in measure_mineral(images, around, LINES)] == [3]


def test_lesions_share_what_lies_between_them():
    """Two halves of a cube weigh what the cube does."""
    images, around = cube()
    labels = around.lesion_map.label_map.copy()
    labels[9:12] *= 2
    names = {1: "calcification 1", 2: "calcification 2"}
    halves = measure_mineral(
        images, replace(around, lesion_map=Segmentation(labels, GRID, names)), LINES
    )
    assert sum(one.mass_mg for one in halves) == pytest.approx(27.0 * 0.3, rel=0.06)


def test_no_soft_tissue_in_view_leaves_the_usual_one():
    images, around = cube()
    around = replace(around, bone_fraction=(~around.lesion_map.mask).astype(np.float32))
    (found,) = measure_mineral(images, around, LINES)
    assert found.tissue_hu == (40.0, 40.0)


def test_what_does_not_belong_together_is_refused():
    images, around = cube()
    with pytest.raises(InputError, match="a calibration of 1 energies, found one of 2"):
        measure_mineral(images[:1], around, LINES)
    other = replace(around, bone_fraction=around.bone_fraction[:-1])
    with pytest.raises(InputError, match="must lie on one grid"):
        measure_mineral(images, other, LINES)
