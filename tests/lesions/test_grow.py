import pickle

import numpy as np
import pytest
from scipy import ndimage

from calcimetry.bone.method import BoneEvidence
from calcimetry.lesions.grow import GrowthSettings, grow_lesions
from calcimetry.lesions.subtract import Remainder
from calcimetry.model import Grid, Image, Segmentation
from tests.drawing import ellipse, pixel_coverage

SIZE, SPACING_MM, SIGMA_MM = (60, 60), 0.4, 0.35
GRID = Grid.picture(SIZE, SPACING_MM)


def drawn(*deposits):
    """Blurred deposits as remainder, in HU over soft tissue."""
    sharp = sum(hu * pixel_coverage(SIZE, (SPACING_MM,) * 2, shape) for shape, hu in deposits)
    return ndimage.gaussian_filter(sharp, SIGMA_MM / SPACING_MM)


def grow(excess, bone=None, settings=None):
    labels = np.zeros(SIZE, dtype=int) if bone is None else bone.astype(int)
    bones = Segmentation(labels, GRID, {1: "proximal phalanx"})
    evidence = BoneEvidence(bones, bones.mask.astype(np.float32), None, "drawn")
    excess = np.where(bones.mask[0], 0.0, excess)
    remainder = Remainder(excess[None], np.zeros(GRID.shape), SIGMA_MM)
    return grow_lesions(Image(excess, GRID), evidence, remainder, settings)


@pytest.mark.parametrize("hu", [300.0, 700.0, 1200.0])
def test_area_of_a_lesion_does_not_depend_on_its_brightness(hu):
    grown = grow(drawn((ellipse(5.0, 4.0), hu)))
    assert grown.lesion_map.labels == (1,)
    area = float(grown.mineral_fraction.sum()) * SPACING_MM**2
    assert area == pytest.approx(np.pi * 5.0, rel=0.05)
    assert grown.lesion_map.mask.sum() * SPACING_MM**2 == pytest.approx(np.pi * 5.0, rel=0.08)


@pytest.mark.parametrize("diameter_mm", [1.0, 1.4, 2.0, 3.0])
def test_area_of_a_lesion_as_small_as_the_blur_is_not_that_of_the_blur(diameter_mm):
    grown = grow(drawn((ellipse(diameter_mm, diameter_mm), 1000.0)))
    area = float(grown.mineral_fraction.sum()) * SPACING_MM**2
    assert area == pytest.approx(np.pi / 4 * diameter_mm**2, rel=0.25)


def test_faint_and_small_places_are_no_lesions():
    assert grow(drawn((ellipse(4.0, 4.0), 150.0))).lesion_map.labels == ()
    speck = np.zeros(SIZE)
    speck[30, 30] = 400.0
    assert grow(speck).lesion_map.labels == ()
    assert grow(
        speck, settings=GrowthSettings(minimum_area_mm2=0.1, minimum_signal_hu_mm2=0.0)
    ).lesion_map.labels == (1,)


def test_a_bright_lesion_does_not_swallow_a_faint_neighbour():
    grown = grow(
        drawn(
            (ellipse(4.0, 4.0, centre=(-4.0, 0.0)), 1100.0),
            (ellipse(4.0, 4.0, centre=(4.0, 0.0)), 350.0),
        )
    )
    assert grown.lesion_map.labels == (1, 2)


def test_parts_closer_than_the_blur_are_one_lesion():
    halves = np.zeros(SIZE)
    halves[28:30, 20:40] = halves[30:33, 20:40] = 600.0
    halves[:, 30] = 0.0
    assert grow(halves).lesion_map.labels == (1, 2)
    wide = GrowthSettings()
    labels = np.zeros(SIZE, dtype=int)
    bones = Segmentation(labels, GRID, {})
    evidence = BoneEvidence(bones, np.zeros(GRID.shape, np.float32), None, "drawn")
    blurred = Remainder(halves[None], np.zeros(GRID.shape), 0.9)
    assert grow_lesions(Image(halves, GRID), evidence, blurred, wide).lesion_map.labels == (1,)


def test_a_rim_along_bone_is_no_lesion():
    bone = np.zeros(SIZE, dtype=bool)
    bone[10:50, 20:40] = True
    rim = np.where(ndimage.binary_dilation(bone, iterations=1) & ~bone, 500.0, 0.0)
    assert grow(rim, bone).lesion_map.labels == ()


def test_a_lesion_that_touches_bone_is_grown_without_leaking_along_it():
    bone = np.zeros(SIZE, dtype=bool)
    bone[5:55, 20:30] = True
    rim = np.where(ndimage.binary_dilation(bone, iterations=1) & ~bone, 500.0, 0.0)
    shape = ellipse(5.0, 5.0, centre=(0.0, 2.0))
    lesion = drawn((shape, 800.0))
    grown = grow(np.maximum(rim, lesion), bone)
    assert grown.lesion_map.labels == (1,)
    true_mm2 = (np.where(bone, 0.0, pixel_coverage(SIZE, (SPACING_MM,) * 2, shape))).sum() * 0.16
    assert grown.lesion_map.mask.sum() * 0.16 == pytest.approx(true_mm2, rel=0.25)


def test_mineral_lies_in_and_around_lesions_only():
    grown = grow(drawn((ellipse(4.0, 4.0), 900.0)) + 100.0)
    distance = ndimage.distance_transform_edt(~grown.lesion_map.mask[0], sampling=SPACING_MM)
    assert distance[grown.mineral_fraction[0] > 0].max() <= 2 * SIGMA_MM + 1e-6
    assert 0.0 <= grown.mineral_fraction.min() <= grown.mineral_fraction.max() <= 1.0


def test_grown_lesions_are_locked_also_after_pickling():
    grown = grow(drawn((ellipse(4.0, 4.0), 900.0)))
    again = pickle.loads(pickle.dumps(grown))
    assert again.lesion_map == grown.lesion_map
    assert np.array_equal(again.mineral_fraction, grown.mineral_fraction)
    assert not again.mineral_fraction.flags.writeable
