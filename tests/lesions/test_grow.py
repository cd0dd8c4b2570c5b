import pickle

import numpy as np
import pytest
from scipy import ndimage

from calcimetry.bone.method import BoneEvidence
from calcimetry.lesions.grow import GrowthSettings, grow_lesions
from calcimetry.lesions.subtract import Remainder, subtract_bone
from calcimetry.model import Grid, Image, Segmentation
from calcimetry.regions import sample_size
from tests.drawing import ellipse, pixel_coverage, rectangle
from tests.solids import ball, coverage, ellipsoid, rod, volume_grid

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
    assert grow(drawn((ellipse(4.0, 4.0), 110.0))).lesion_map.labels == ()
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


@pytest.mark.parametrize(("some", "found"), [(0.0, (1,)), (0.05, (1,)), (0.2, ())])
def test_brightness_starts_nothing_where_the_method_sees_some_bone(some, found):
    excess = drawn((ellipse(5.0, 4.0), 700.0))
    bones = Segmentation(np.zeros(SIZE, dtype=int), GRID, {})
    evidence = BoneEvidence(bones, np.full(GRID.shape, some, np.float32), None, "drawn")
    remainder = Remainder(excess[None], np.zeros(GRID.shape), SIGMA_MM)
    assert grow_lesions(Image(excess, GRID), evidence, remainder).lesion_map.labels == found


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


VOLUME = volume_grid((28, 30, 26), (0.6, 0.5, 0.7), tilt=(0.3, 0.2))


def grow_volume(*deposits, bone=None, claimed=None, settings=None, grid=VOLUME):
    """Lesions of blurred deposits, in HU over soft tissue, beside a drawn bone."""
    sharp = sum(hu * coverage(grid, shape) for shape, hu in deposits)
    excess = ndimage.gaussian_filter(sharp, SIGMA_MM / np.array(grid.spacing))
    labels = np.zeros(grid.shape, dtype=int) if bone is None else bone.astype(int)
    bones = Segmentation(labels, grid, {1: "proximal phalanx"})
    evidence = BoneEvidence(bones, bones.mask.astype(np.float32), claimed, "drawn")
    excess = np.where(bones.mask, 0.0, excess)
    # What is read off edges holds the samples' own width too.
    blur_mm = float(np.sqrt(SIGMA_MM**2 + np.mean(np.square(grid.spacing)) / 12))
    remainder = Remainder(excess, np.zeros(grid.shape), blur_mm)
    return grow_lesions(Image(excess, grid), evidence, remainder, settings)


@pytest.mark.parametrize("hu", [350.0, 700.0, 1200.0])
def test_volume_of_a_lesion_does_not_depend_on_its_brightness(hu):
    grown = grow_volume((ellipsoid((5.0, 4.0, 6.0)), hu))
    assert grown.lesion_map.labels == (1,)
    volume = float(grown.mineral_fraction.sum()) * sample_size(VOLUME)
    assert volume == pytest.approx(np.pi / 6 * 120.0, rel=0.05)
    assert grown.lesion_map.mask.sum() * sample_size(VOLUME) == pytest.approx(volume, rel=0.1)


@pytest.mark.parametrize("diameter_mm", [1.6, 2.0, 2.4])
def test_volume_of_a_lesion_as_small_as_the_blur_is_not_that_of_the_blur(diameter_mm):
    grown = grow_volume((ball(diameter_mm), 1200.0))
    volume = float(grown.mineral_fraction.sum()) * sample_size(VOLUME)
    assert volume == pytest.approx(np.pi / 6 * diameter_mm**3, rel=0.3)


def test_lesions_too_small_in_a_volume_are_noise():
    speck = (ball(1.2), 1400.0)
    assert grow_volume(speck).lesion_map.labels == (1,)
    for least in ({"minimum_volume_mm3": 3.0}, {"minimum_signal_hu_mm3": 3000.0}):
        assert grow_volume(speck, settings=GrowthSettings(**least)).lesion_map.labels == ()


def test_a_lesion_larger_than_its_first_box_is_grown_whole():
    # One bright end makes the seed; a long faint tail hangs on.
    tail = ellipsoid((2.5, 13.0, 2.5), (0.0, 0.0, 0.0))
    grown = grow_volume((tail, 400.0), (ball(2.0, (0.0, 5.5, 0.0)), 150.0))
    assert grown.lesion_map.labels == (1,)
    whole = coverage(VOLUME, tail) > 0.6
    assert grown.lesion_map.mask[whole].mean() > 0.95


def test_a_missed_rim_of_bone_in_a_volume_is_no_lesion():
    bone = coverage(VOLUME, rod(8.0)) >= 0.5
    grown = grow_volume((rod(9.4), 1200.0), bone=bone)
    assert grown.lesion_map.labels == ()


def test_a_lesion_that_lies_on_bone_in_a_volume_does_not_leak_along_it():
    bone = coverage(VOLUME, rod(6.0)) >= 0.5
    shape = ball(5.0, (4.0, 0.0, 0.0))
    grown = grow_volume((shape, 800.0), (rod(6.6), 400.0), bone=bone)
    assert grown.lesion_map.labels == (1,)
    truth = coverage(VOLUME, shape) * ~bone
    assert grown.lesion_map.mask.sum() == pytest.approx(truth.sum(), rel=0.3)


def test_what_the_method_claims_is_followed_onto_bone_in_a_volume():
    bone = coverage(VOLUME, rod(6.0)) >= 0.5
    claimed = coverage(VOLUME, ball(4.0, (4.0, 0.0, 0.0)))
    grown = grow_volume((ball(1.0), 0.0), bone=bone, claimed=claimed)
    assert grown.lesion_map.labels == (1,)
    assert (grown.lesion_map.mask & bone).any()
    assert grown.mineral_fraction.sum() == pytest.approx(claimed.sum(), rel=0.05)


def test_a_little_claimed_calcium_lets_a_faint_lesion_of_a_volume_start():
    # Too small to stand out by its mean over a neighbourhood.
    shape, faint = ball(2.6), 240.0
    assert grow_volume((shape, faint)).lesion_map.labels == ()
    claimed = 0.31 * coverage(VOLUME, shape)
    grown = grow_volume((shape, faint), claimed=claimed)
    assert grown.lesion_map.labels == (1,)
    volume = float(grown.mineral_fraction.sum()) * sample_size(VOLUME)
    assert volume == pytest.approx(np.pi / 6 * 2.6**3, rel=0.25)


def test_what_the_border_of_a_volume_cuts_is_left_out():
    edge = VOLUME.index_to_mm([0, 15, 13])
    assert grow_volume((ball(5.0, tuple(edge)), 900.0)).lesion_map.labels == ()


def grow_on(image, evidence, settings=None):
    return grow_lesions(image, evidence, subtract_bone(image, evidence), settings)


def picture_of(bones, deposits, noise_hu=12.0, soft_hu=40.0, blur_mm=0.3):
    """Bones and deposits in soft tissue, and the bones' evidence without any of calcium."""
    bone = np.clip(sum(pixel_coverage(SIZE, (SPACING_MM,) * 2, one) for one in bones), 0.0, 1.0)
    hu = np.full(SIZE, soft_hu) + bone * (1400.0 - soft_hu)
    lies = np.zeros(SIZE)
    for shape, deposit_hu in deposits:
        part = np.minimum(pixel_coverage(SIZE, (SPACING_MM,) * 2, shape), 1.0 - bone)
        hu += part * (deposit_hu - soft_hu)
        lies += part
    hu = ndimage.gaussian_filter(hu, blur_mm / SPACING_MM, mode="nearest")
    hu += np.random.default_rng(1).normal(0.0, noise_hu, SIZE)
    seg = Segmentation((bone >= 0.5).astype(int), GRID, {1: "proximal phalanx"})
    return Image(hu, GRID), BoneEvidence(seg, bone[None], None, "drawn"), lies


SHAFT = rectangle(40.0, 6.0, centre=(0.0, -6.0))
GUARDED = {
    "a lesion on bone": ([SHAFT], [(ellipse(5.0, 5.0, centre=(0.0, -1.5)), 700.0)], 1),
    "a plate along the cortex": ([SHAFT], [(rectangle(9.0, 2.0, centre=(0.0, -2.0)), 700.0)], 1),
    "a lesion between two bones": (
        [SHAFT, rectangle(40.0, 6.0, centre=(0.0, 4.0))],
        [(ellipse(5.0, 4.0, centre=(0.0, -1.0)), 700.0)],
        1,
    ),
    "a thin bridge to bone": (
        [SHAFT],
        [
            (ellipse(4.0, 4.0, centre=(0.0, 2.0)), 700.0),
            (rectangle(0.6, 3.0, centre=(0.0, -1.5)), 700.0),
        ],
        1,
    ),
}


@pytest.mark.parametrize("case", GUARDED)
def test_what_touches_bone_survives_and_does_not_swallow_its_rim(case):
    bones, deposits, count = GUARDED[case]
    image, evidence, lies = picture_of(bones, deposits)
    grown = grow_on(image, evidence)
    assert len(grown.lesion_map.labels) == count
    area = float(grown.mineral_fraction.sum()) * SPACING_MM**2
    assert area == pytest.approx(lies.sum() * SPACING_MM**2, rel=0.25)
    # Nothing of it lies on the rim farther off than bone's border is uncertain.
    rows = np.flatnonzero((lies > 0.05).any(axis=1))
    marked = np.flatnonzero(grown.lesion_map.mask[0].any(axis=1))
    assert marked.min() >= rows.min() - 2
    assert marked.max() <= rows.max() + 2


@pytest.mark.parametrize("noise_hu", [10.0, 40.0])
def test_bare_bones_give_no_lesion(noise_hu):
    bones = [SHAFT, rectangle(40.0, 6.0, centre=(0.0, 4.0))]
    image, evidence, _ = picture_of(bones, [], noise_hu)
    assert grow_on(image, evidence).lesion_map.labels == ()


def test_a_faint_wide_deposit_is_found_where_noise_lets_it():
    shape = ellipse(5.0, 4.0, centre=(0.0, 6.0))
    image, evidence, lies = picture_of([SHAFT], [(shape, 40.0 + 200.0)], noise_hu=15.0)
    grown = grow_on(image, evidence)
    assert grown.lesion_map.labels == (1,)
    area = float(grown.mineral_fraction.sum()) * SPACING_MM**2
    assert area == pytest.approx(lies.sum() * SPACING_MM**2, rel=0.2)
    noisy = picture_of([SHAFT], [], noise_hu=70.0)
    assert grow_on(*noisy[:2]).lesion_map.labels == ()


SOLID = volume_grid((30, 40, 24), (0.6, 0.6, 0.6))
GUARDED_SOLIDS = {
    "a lesion on bone": ([rod(8.0)], [(ball(5.0, (4.8, 0.0, 0.0)), 800.0)]),
    "a plate along the cortex": (
        [rod(8.0)],
        [(ellipsoid((3.0, 7.0, 7.0), (5.0, 0.0, 0.0)), 800.0)],
    ),
    "a lesion between two bones": (
        [rod(8.0, (0.0, -7.0)), rod(8.0, (0.0, 7.0))],
        [(ball(6.0), 800.0)],
    ),
    "a thin bridge to bone": (
        [rod(8.0, (0.0, -5.0))],
        [(ball(4.0, (0.0, 4.0, 0.0)), 800.0), (ellipsoid((1.0, 6.0, 1.0), (0.0, 1.0, 0.0)), 800.0)],
    ),
}


@pytest.mark.parametrize("case", GUARDED_SOLIDS)
def test_what_touches_bone_in_a_volume_survives_and_does_not_swallow_its_rim(case):
    bones, deposits = GUARDED_SOLIDS[case]
    bone = np.clip(sum(coverage(SOLID, one) for one in bones), 0.0, 1.0)
    hu, lies = 40.0 + bone * 1360.0, np.zeros(SOLID.shape)
    for shape, deposit_hu in deposits:
        part = np.minimum(coverage(SOLID, shape), 1.0 - bone - lies)
        hu += part * (deposit_hu - 40.0)
        lies += part
    hu = ndimage.gaussian_filter(hu, 0.35 / 0.6, mode="nearest")
    hu += np.random.default_rng(1).normal(0.0, 15.0, SOLID.shape)
    bones_map = Segmentation((bone >= 0.5).astype(int), SOLID, {1: "proximal phalanx"})
    image = Image(hu, SOLID)
    grown = grow_on(image, BoneEvidence(bones_map, bone, None, "drawn"))
    assert grown.lesion_map.labels == (1,)
    volume = float(grown.mineral_fraction.sum())
    assert volume == pytest.approx(lies.sum(), rel=0.25)
    far = ndimage.distance_transform_edt(lies < 0.05, sampling=0.6)
    assert far[grown.lesion_map.mask].max() <= 1.5
