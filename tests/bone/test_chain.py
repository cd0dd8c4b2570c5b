import numpy as np
import pytest

from calcimetry.bone.chain import Piece, in_series, main_axis, name_bones, touches_border
from calcimetry.model import Bone

SPACING = (0.5, 0.5)
SHAPE = (200, 40)


def piece(first: int, last: int, width: int = 8, column: int = 20) -> Piece:
    mask = np.zeros(SHAPE, dtype=bool)
    mask[first:last, column - width // 2 : column + width // 2] = True
    return Piece(mask, float(mask.sum()) * 0.25)


def body(first: int = 5, last: int = 200) -> np.ndarray:
    mask = np.zeros(SHAPE, dtype=bool)
    mask[first:last, 8:32] = True
    return mask


DISTAL, MIDDLE, PROXIMAL = piece(15, 40), piece(43, 85), piece(88, 160)


def names(chain, tissue):
    return [bone for bone, _ in name_bones(chain, tissue, SPACING)]


def test_main_axis_is_the_direction_of_spread():
    points = np.outer(np.arange(10.0), [3.0, 4.0])
    assert abs(main_axis(points) @ [0.6, 0.8]) == pytest.approx(1.0)


def test_border_is_the_outermost_row_or_column():
    mask = np.zeros((4, 4), dtype=bool)
    mask[1:3, 1:3] = True
    assert not touches_border(mask)
    mask[1, 3] = True
    assert touches_border(mask)


def test_pieces_come_in_their_order_and_what_lies_beside_a_larger_one_is_left_out():
    beside = piece(100, 130, width=4, column=34)
    chain = in_series([MIDDLE, beside, PROXIMAL, DISTAL], SPACING)
    assert {id(one) for one in chain} == {id(one) for one in (DISTAL, MIDDLE, PROXIMAL)}
    assert chain[1] is MIDDLE


def test_nothing_gives_nothing():
    assert in_series([], SPACING) == []
    assert name_bones([], body(), SPACING) == []


@pytest.mark.parametrize("order", [1, -1])
def test_three_bones_are_named_from_the_smaller_end(order):
    named = name_bones([DISTAL, MIDDLE, PROXIMAL][::order], body(), SPACING)
    assert named == [
        (Bone.DISTAL_PHALANX, DISTAL),
        (Bone.MIDDLE_PHALANX, MIDDLE),
        (Bone.PROXIMAL_PHALANX, PROXIMAL),
    ]


def test_a_bone_that_the_border_cuts_is_the_base_however_small():
    stump = piece(190, 200)
    named = name_bones([stump, PROXIMAL, MIDDLE, DISTAL], body(), SPACING)
    assert named[-1] == (Bone.METACARPAL, stump)
    assert named[0] == (Bone.DISTAL_PHALANX, DISTAL)


def test_two_bones_at_a_tip_are_distal_and_middle():
    assert names([MIDDLE, DISTAL], body()) == [Bone.DISTAL_PHALANX, Bone.MIDDLE_PHALANX]


def test_two_bones_far_from_a_tip_are_middle_and_proximal():
    assert names([MIDDLE, PROXIMAL], body(first=0)) == [Bone.MIDDLE_PHALANX, Bone.PROXIMAL_PHALANX]


def test_one_bone_is_distal_only_at_a_tip():
    assert names([DISTAL], body()) == [Bone.DISTAL_PHALANX]
    assert names([PROXIMAL], body(first=0)) == [Bone.PROXIMAL_PHALANX]
