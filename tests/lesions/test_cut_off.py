"""What the border cuts beside bone is bone; in the flesh, or on bone further within, it is not."""

import numpy as np
import pytest

from calcimetry.lesions.cut_off import without_cut_off
from calcimetry.lesions.grow import GrownLesions
from calcimetry.model import Grid, Segmentation

GRID = Grid.picture((60, 50), 0.4)


def picture(*places):
    bone = np.zeros((1, 60, 50), np.uint8)
    bone[0, 10:, 15:22] = 1
    lesions = np.zeros(bone.shape, np.uint16)
    for number, place in enumerate(places, 1):
        lesions[0][place] = number
    meanings = {n: f"calcification {n}" for n in range(1, len(places) + 1)}
    grown = GrownLesions(Segmentation(lesions, GRID, meanings), (lesions > 0).astype(np.float32))
    return Segmentation(bone, GRID, {1: "proximal phalanx"}), grown


BESIDE_BONE_AT_BORDER = np.s_[54:60, 22:26]
A_PIXEL_FROM_BOTH = np.s_[54:59, 23:26]
IN_THE_FLESH_AT_BORDER = np.s_[54:60, 40:46]
ON_BONE_WITHIN = np.s_[30:36, 22:26]


@pytest.mark.parametrize(
    ("place", "left_out"),
    [
        (BESIDE_BONE_AT_BORDER, 1),
        (A_PIXEL_FROM_BOTH, 1),
        (IN_THE_FLESH_AT_BORDER, 0),
        (ON_BONE_WITHIN, 0),
    ],
)
def test_what_the_border_cuts_beside_bone_is_no_lesion(place, left_out):
    bones, grown = picture(place)
    kept, cut_off = without_cut_off(bones, grown)
    assert cut_off == left_out
    assert kept.lesion_map.mask.any() != bool(left_out)
    assert kept.mineral_fraction.any() != bool(left_out)


def test_the_others_stay_and_are_numbered_anew():
    kept, cut_off = without_cut_off(*picture(BESIDE_BONE_AT_BORDER, ON_BONE_WITHIN))
    assert (cut_off, kept.lesion_map.labels) == (1, (1,))
    assert kept.lesion_map.mask[0][ON_BONE_WITHIN].all()


def test_without_lesions_nothing_is_left_out():
    bones, grown = picture()
    assert without_cut_off(bones, grown) == (grown, 0)
