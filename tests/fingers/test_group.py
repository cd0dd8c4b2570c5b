"""Digits sorted into hands."""

import numpy as np

from calcimetry.fingers.bones import find_single_bones
from calcimetry.fingers.chain import find_chains
from calcimetry.fingers.group import (
    THUMB_PROXIMAL_SHARE,
    group_hands,
    is_certain_thumb,
    is_rooted,
    may_be_thumb,
)
from calcimetry.model import Grid
from tests.hands import Stick, draw, fused, sticks, types


def chains(labels, grid):
    return find_chains(find_single_bones(types(labels, grid)))


def test_no_digits_are_no_hands():
    assert group_hands([]) == []


def test_a_hand_is_one_group():
    labels, grid = draw(sticks())
    (hand,) = group_hands(chains(labels, grid))
    assert len(hand) == 5
    assert sum(map(is_certain_thumb, hand)) == 1


def test_a_hand_without_its_metacarpals_is_one_group():
    labels, grid = draw(sticks())
    (hand,) = group_hands(chains(np.where(labels % 10 == 4, 0, labels), grid))
    assert len(hand) == 5


def test_the_larger_of_two_hands_comes_first():
    labels, grid = draw(sticks())
    part = np.where(np.isin(labels // 10, (3, 4)), labels, 0)
    both = np.concatenate([part, np.zeros((25, *labels.shape[1:]), int), labels[::-1]])
    hands = group_hands(chains(both, Grid(both.shape, grid.affine)))
    assert [len(hand) for hand in hands] == [5, 2]


def test_ends_of_fingers_go_to_the_nearest_hand():
    labels, grid = draw(sticks())
    tips = np.where(np.isin(labels, (31, 34)), 0, labels)
    (hand,) = group_hands(chains(tips, grid))
    assert sorted(map(is_rooted, hand)) == [False, True, True, True, True]


def test_a_finger_whose_bones_did_not_come_apart_is_no_second_thumb():
    labels, grid = draw(fused(sticks(0.0), 52, 51))
    found = chains(labels, grid)
    assert sum(map(is_certain_thumb, found)) == 2
    (thumb,) = [one for one in found if is_certain_thumb(one) and may_be_thumb(one, found)]
    assert len(thumb.best.bones) == 3
    (hand,) = group_hands(found)
    assert len(hand) == 5


def test_one_finger_beside_it_does_not_say_how_long_a_thumb_may_be():
    labels, grid = draw(fused(sticks(0.0, (4, 5)), 52, 51))
    found = chains(labels, grid)
    assert any(is_certain_thumb(one) and may_be_thumb(one, found) for one in found)


def test_a_thumb_whose_phalanges_did_not_come_apart_may_be_one():
    labels, grid = draw(fused(sticks(0.0), 13, 11))
    found = chains(labels, grid)
    (thumb,) = [one for one in found if len(one.best.bones) == 2]
    assert may_be_thumb(thumb, found)


def test_a_thumb_whose_phalanges_came_apart_too_far_out_may_be_one():
    bones = {bone.label: bone for bone in sticks(0.0)}
    distal, proximal = bones[13], bones[11]
    border = distal.base + 0.6 * (distal.tip - distal.base)
    moved = [Stick(13, border + 0.1 * (distal.tip - border), distal.tip)]
    moved.append(Stick(11, proximal.base, border))
    labels, grid = draw([*(bones[n] for n in bones if n not in (11, 13)), *moved])
    found = chains(labels, grid)
    (thumb,) = [one for one in found if is_certain_thumb(one)]
    lengths = [bone.rod.length_mm for _, bone in thumb.as_thumb.bones]
    longest = max(bone.rod.length_mm for one in found for n, bone in one.as_finger.bones if n == 1)
    assert lengths[1] > THUMB_PROXIMAL_SHARE * longest
    assert may_be_thumb(thumb, found)
