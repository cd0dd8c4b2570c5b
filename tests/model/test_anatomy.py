from itertools import product

import pytest

from calcimetry.errors import InputError
from calcimetry.model import Bone, Digit, Laterality, Phalanx, bone_name


def test_the_thumb_has_no_middle_phalanx():
    with pytest.raises(InputError, match="thumb has no middle phalanx"):
        Phalanx(Digit.THUMB, Bone.MIDDLE_PHALANX)


@pytest.mark.parametrize("label", [0, 6, 9, 12, 60, 66, 201, -1])
def test_numbers_that_no_finger_bone_has_are_refused(label):
    with pytest.raises(InputError):
        Phalanx.from_label(label)


def test_a_label_out_of_range_is_repeated_in_the_message():
    with pytest.raises(InputError, match="label 66 is none of"):
        Phalanx.from_label(66)


@pytest.mark.parametrize("laterality", [None, Laterality.LEFT])
def test_every_bone_comes_back_from_its_label(laterality):
    for digit, bone in product(Digit, Bone):
        if (digit, bone) == (Digit.THUMB, Bone.MIDDLE_PHALANX):
            continue
        phalanx = Phalanx(digit, bone, laterality)
        assert Phalanx.from_label(phalanx.label) == phalanx


def test_right_hand_and_unknown_hand_share_their_numbers():
    right = Phalanx(Digit.RING, Bone.METACARPAL, Laterality.RIGHT)
    assert right.label == Phalanx(Digit.RING, Bone.METACARPAL).label == 44
    assert Phalanx(Digit.RING, Bone.METACARPAL, Laterality.LEFT).label == 144


@pytest.mark.parametrize(
    ("label", "name"),
    [
        (1, "proximal phalanx"),
        (4, "metacarpal"),
        (23, "index distal phalanx"),
        (141, "left ring proximal phalanx"),
        (60, "carpal"),
        (162, "left ulna"),
    ],
)
def test_bones_are_named_in_plain_english(label, name):
    assert bone_name(label) == name
