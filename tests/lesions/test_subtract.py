import pickle

import numpy as np
import pytest

from calcimetry.bone.method import BoneEvidence
from calcimetry.errors import NotMeasurable
from calcimetry.lesions.subtract import Remainder, subtract_bone
from calcimetry.model import Grid, Image, Segmentation
from tests.drawing import SOFT_HU, ellipse, finger

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


def test_a_volume_is_refused():
    grid = Grid((2, 3, 3), np.eye(4))
    with pytest.raises(NotMeasurable, match="found 2 slices"):
        subtract_bone(
            Image(np.zeros(grid.shape), grid),
            evidence(Segmentation(np.zeros(grid.shape), grid, {})),
        )
