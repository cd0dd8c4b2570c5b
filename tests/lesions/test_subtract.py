import pickle

import numpy as np
import pytest

from calcimetry.bone.method import BoneEvidence
from calcimetry.lesions.subtract import Remainder, subtract_bone
from calcimetry.model import Grid, Image, Segmentation
from tests.drawing import SOFT_HU, ellipse, finger
from tests.solids import ball, coverage, finger_volume, volume_grid

DEPOSIT = (ellipse(4.0, 3.0, centre=(-10.0, 7.0)), 800.0)


def evidence(bones: Segmentation) -> BoneEvidence:
    return BoneEvidence(bones, bones.mask.astype(np.float32), None, "truth")


@pytest.mark.parametrize("blur_mm", [0.25, 0.45])
def test_bone_leaves_no_rim_that_could_be_a_lesion(blur_mm):
    image, truth = finger(blur_mm=blur_mm)
    remainder = subtract_bone(image, evidence(truth))
    assert (remainder.excess_hu[truth.mask] == 0.0).all()
    left, before = remainder.excess_hu, np.where(truth.mask, 0.0, image.array - SOFT_HU)
    assert (left > 180.0).sum() < 0.35 * (before > 180.0).sum()


def test_a_deposit_away_from_bone_keeps_its_signal():
    image, truth = finger(deposits=(DEPOSIT,))
    remainder = subtract_bone(image, evidence(truth))
    centre = remainder.excess_hu[0, round(40 / 0.4), round(25 / 0.4)]
    assert centre == pytest.approx(800.0 - SOFT_HU, abs=60.0)


def test_bone_that_is_only_grazed_explains_what_it_shows():
    # Three tenths of cortex from beside the plane, where no pixel is bone for the most part.
    image, truth = finger()
    strip = (0, slice(90, 130), slice(62, 66))
    assert not truth.mask[strip].any()
    dense = np.percentile(image.array[truth.mask], 98)
    array = image.array.copy()
    array[strip] = SOFT_HU + 0.3 * (dense - SOFT_HU)
    fraction = truth.mask.astype(np.float32)
    fraction[strip] = 0.3
    grazed = BoneEvidence(truth, fraction, None, "truth")
    middle = (0, slice(95, 125), slice(63, 65))
    left = subtract_bone(Image(array, image.grid), grazed).excess_hu[middle]
    assert left.max() < 0.4 * (array[middle] - SOFT_HU).min()


def test_soft_tissue_is_found_and_air_has_no_excess():
    image, truth = finger()
    remainder = subtract_bone(image, evidence(truth))
    assert remainder.soft_tissue_hu[0, 150, 30] == pytest.approx(SOFT_HU, abs=15.0)
    assert remainder.excess_hu[0, 5, 5] == 0.0
    assert remainder.blur_sigma_mm == pytest.approx(0.27, abs=0.06)


def test_a_picture_without_soft_tissue_is_no_crash():
    grid = Grid.picture((20, 20), 0.4)
    image = Image(np.full((20, 20), 800.0), grid)
    bones = Segmentation(np.zeros(grid.shape), grid, {})
    assert subtract_bone(image, evidence(bones)).soft_tissue_hu.max() == 0.0


def test_a_remainder_is_a_locked_copy_also_after_pickling():
    remainder = Remainder(np.ones((1, 2, 2)), np.zeros((1, 2, 2)), 0.3)
    for one in (remainder, pickle.loads(pickle.dumps(remainder))):
        assert not one.excess_hu.flags.writeable
        assert not one.soft_tissue_hu.flags.writeable
        assert one.blur_sigma_mm == 0.3


@pytest.fixture(scope="module")
def shaft():
    deposits = ((ball(4.0, (7.5, 0.0, 0.0)), 800.0),)
    return finger_volume(volume_grid((26, 40, 40), (0.6, 0.5, 0.5), tilt=(0.3, 0.2)), deposits)


def test_bone_of_a_volume_leaves_no_rim_and_a_deposit_keeps_its_signal(shaft):
    image, evidence = shaft
    remainder = subtract_bone(image, evidence)
    bone = evidence.bones.mask
    assert (remainder.excess_hu[bone] == 0.0).all()
    deposit = tuple(np.rint(image.grid.mm_to_index([7.5, 0.0, 0.0])).astype(int))
    assert remainder.excess_hu[deposit] == pytest.approx(800.0 - SOFT_HU, abs=80.0)
    away = image.grid.index_to_mm(np.indices(bone.shape).transpose(1, 2, 3, 0))[..., 0] < 0.0
    left = (remainder.excess_hu > 250.0) & away
    before = (image.array - SOFT_HU > 250.0) & ~bone & away
    assert left.sum() < 0.1 * before.sum()


def test_soft_tissue_and_blur_of_a_volume_are_found(shaft):
    image, evidence = shaft
    remainder = subtract_bone(image, evidence)
    place = tuple(np.rint(image.grid.mm_to_index([-7.5, 0.0, 0.0])).astype(int))
    assert remainder.soft_tissue_hu[place] == pytest.approx(SOFT_HU, abs=15.0)
    assert remainder.blur_sigma_mm == pytest.approx(0.38, rel=0.3)
    assert remainder.excess_hu.dtype == np.float32


def test_what_the_method_claims_as_calcium_does_not_change_the_fit_of_bone(shaft):
    image, evidence = shaft
    claimed = coverage(image.grid, ball(4.0, (7.5, 0.0, 0.0))) * (1.0 - evidence.bone_fraction)
    told = BoneEvidence(evidence.bones, evidence.bone_fraction, claimed, "truth")
    assert subtract_bone(image, told).blur_sigma_mm <= subtract_bone(image, evidence).blur_sigma_mm
