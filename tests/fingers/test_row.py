"""Digits by their order, and the directions of the hand."""

from types import SimpleNamespace

import numpy as np
import pytest

import calcimetry.fingers.row as row_module
from calcimetry.fingers.bones import find_single_bones
from calcimetry.fingers.chain import Naming, find_chains
from calcimetry.fingers.row import name_row
from calcimetry.model.anatomy import Bone
from tests.hands import draw, fused, sticks, types

DISTAL, MIDDLE = Bone.DISTAL_PHALANX, Bone.MIDDLE_PHALANX
PROXIMAL, METACARPAL = Bone.PROXIMAL_PHALANX, Bone.METACARPAL


def row(digits=(1, 2, 3, 4, 5), keep=(1, 2, 3, 4), wrist=None, bend=10.0):
    labels, grid = draw([s for s in sticks(bend, digits) if s.label % 10 in keep])
    return name_row(find_chains(find_single_bones(types(labels, grid))), wrist)


def test_the_directions_are_those_of_the_hand():
    found = row()
    assert found.distal @ [0, 1, 0] > 0.98
    assert found.radial @ [1, 0, 0] > 0.95


def test_a_lone_digit_has_no_direction_across():
    found = row((4,))
    assert found.distal @ [0, 1, 0] > 0.9
    assert found.radial is None
    assert found.across is None


@pytest.mark.parametrize("wrist", [(0.0, -15.0, 0.0), (0.0, 90.0, 0.0)])
def test_the_wrist_tells_the_ends_of_one_bone(wrist):
    found = row((3,), keep=(4,), wrist=np.array(wrist))
    assert np.sign(found.distal[1]) == (1 if wrist[1] < 0 else -1)


def test_one_bone_alone_has_no_ends():
    assert row((3,), keep=(4,)).distal is None


@pytest.mark.parametrize(
    ("evidence", "thumb", "why"),
    [
        ([(0.2, 3.1), (3.0, -0.1), (-np.inf, 0.0)], 0, "two joined bones are no thumb elsewhere"),
        ([(3.0, -0.1), (0.2, 3.1), (-np.inf, 0.0)], 1, "in any order"),
        ([(3.0, 2.0), (0.2, 1.0), (-np.inf, 0.0)], 0, "by far the most evidence"),
        ([(1.5, 1.0), (1.0, 1.6), (-np.inf, 0.0)], None, "neither stands apart clearly"),
        ([(-3.0, 3.0), (-np.inf, 0.0), (-np.inf, 0.0)], None, "too little speaks for it"),
    ],
)
def test_where_several_may_be_the_thumb_the_one_that_stands_like_one_is(
    monkeypatch, evidence, thumb, why
):
    labels, grid = draw([s for s in sticks(10.0, (2, 3, 4)) if s.label % 10 in (1, 4)])
    chains = find_chains(find_single_bones(types(labels, grid)))
    given = dict(zip(map(id, chains), evidence, strict=True))
    monkeypatch.setattr(row_module, "_thumb_evidence", lambda chain, _all, _out: given[id(chain)])
    found = row_module._find_thumb(chains, None)
    assert found is (None if thumb is None else chains[thumb]), why


@pytest.mark.parametrize(("stance", "is_thumb"), [(1.2, True), (-1.2, False)])
def test_the_only_one_of_five_that_may_be_the_thumb_is_one_if_it_stands_like_one(
    monkeypatch, stance, is_thumb
):
    labels, grid = draw([s for s in sticks(10.0) if s.label % 10 in (1, 4)])
    chains = find_chains(find_single_bones(types(labels, grid)))
    given = {id(chain): (-np.inf, 0.0) for chain in chains} | {id(chains[2]): (-3.0, stance)}
    monkeypatch.setattr(row_module, "_thumb_evidence", lambda chain, _all, _out: given[id(chain)])
    assert row_module._find_thumb(chains, None) is (chains[2] if is_thumb else None)
    assert row_module._find_thumb(chains[:3], None) is None


def of(bones):
    labels, grid = draw(bones)
    return name_row(find_chains(find_single_bones(types(labels, grid))))


def test_a_finger_whose_bones_did_not_come_apart_is_no_thumb():
    found = of(fused(sticks(0.0), 52, 51))
    assert [digit for digit, _, _ in found.digits] == [1, 2, 3, 4, 5]
    assert found.radial @ [1, 0, 0] > 0.9


def finger_of(*bones, at_border=False):
    """A finger of (name, type by its votes, length in mm)."""
    singles = tuple(
        (name, SimpleNamespace(kind=kind, rod=SimpleNamespace(length_mm=mm), at_border=at_border))
        for name, kind, mm in bones
    )
    return SimpleNamespace(naming=Naming(singles, 0.0))


WHOLE = finger_of(
    (DISTAL, DISTAL, 16),
    (MIDDLE, MIDDLE, 21),
    (PROXIMAL, PROXIMAL, 38),
    (METACARPAL, METACARPAL, 68),
)
#: A shorter one, whose proximal phalanx and metacarpal did not come apart.
FUSED = ((DISTAL, DISTAL, 14), (MIDDLE, MIDDLE, 19), (PROXIMAL, METACARPAL, 90))


@pytest.mark.parametrize(
    ("outer", "last_is_little", "why"),
    [
        ((WHOLE, finger_of(*FUSED)), True, "from tip to metacarpal it is the shorter one"),
        ((finger_of(*FUSED), WHOLE), False, "in any order"),
        ((WHOLE, finger_of(*FUSED[:2])), True, "bone by bone where one is not seen whole"),
        ((WHOLE, finger_of(*FUSED, at_border=True)), None, "what is cut off has no length"),
        ((WHOLE, WHOLE), None, "neither is shorter"),
    ],
)
def test_the_little_finger_is_the_shorter_one(outer, last_is_little, why):
    assert row_module._last_is_little(list(outer)) is last_is_little, why


def test_metacarpals_alone_spread_towards_the_fingers():
    found = row((2, 3, 4, 5), keep=(4,))
    assert found.distal @ [0, 1, 0] > 0.9
    assert [digit for digit, _, _ in found.digits] == [2, 3, 4, 5]


def test_outer_fingers_of_one_length_tell_no_little_finger():
    labels, grid = draw([s for s in sticks(0.0, (2, 3, 4)) if s.label % 10 in (1, 4)])
    width = labels.shape[0]
    # The index finger once more, beyond the ring finger: both ends of the row alike.
    again = np.zeros((width + 20, *labels.shape[1:]), int)
    again[20:] = labels
    index = labels // 10 == 2
    low, high = np.flatnonzero(index.any(axis=(1, 2)))[[0, -1]]
    copy = again[2 : 2 + high - low + 1]
    copy[index[low : high + 1]] = labels[low : high + 1][index[low : high + 1]]
    found = name_row(
        find_chains(find_single_bones(types(again, type(grid)(again.shape, grid.affine))))
    )
    assert [digit for digit, _, _ in found.digits] == [0, 0, 0, 0]
    assert "neither outer finger is clearly the shorter one" in found.digits[0][2]
