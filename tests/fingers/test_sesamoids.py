"""Sesamoids are told from deposits by the pair at the thumb's knuckle."""

import numpy as np
import pytest

from calcimetry.fingers.name import name_fingers
from tests.fingers.test_wrist import parts_of
from tests.hands import draw, sticks

BONES = {bone.label: bone for bone in sticks()}


def knuckle(digit, palmar, aside=0.0, along=-2.0):
    """A place beside the head of a metacarpal, in mm."""
    bone = BONES[10 * digit + 4]
    way = (bone.tip - bone.base) / np.linalg.norm(bone.tip - bone.base)
    out = np.array([-0.6, 0.0, 0.7]) if digit == 1 else np.array([0.0, 0.0, 1.0])
    out = out - (out @ way) * way
    out /= np.linalg.norm(out)
    return bone.tip + along * way + palmar * out + aside * np.cross(way, out)


def named_with(places, radius=2.4):
    labels, grid = draw(sticks(), spacing=0.8)
    points = grid.index_to_mm(np.stack(np.indices(labels.shape), -1))
    balls = [np.linalg.norm(points - place, axis=-1) < radius for place in places]
    for ball in balls:
        labels[ball] = 99
    kinds, parts = parts_of(labels, grid)
    found = name_fingers(kinds, None, parts).bones.label_map
    return [int(np.bincount(found[ball & (labels == 99)]).argmax()) for ball in balls]


PAIR = [knuckle(1, 9.0, -4.5), knuckle(1, 9.0, 4.5)]


def test_the_thumbs_pair_is_named():
    assert named_with(PAIR) == [15, 15]


def test_with_the_pair_a_single_one_of_the_index_finger_is_too():
    assert named_with([*PAIR, knuckle(2, 9.5)])[2] == 25


@pytest.mark.parametrize(
    "places",
    [
        PAIR[:1],  # a pair is needed
        [PAIR[0], knuckle(1, -9.0, 0.0)],  # on either side of the bone
        [PAIR[0], knuckle(1, 9.0, 4.5, along=6.0)],  # one much farther along
        [knuckle(2, 9.5)],  # a single one of another finger says nothing
    ],
)
def test_anything_else_is_left_to_be_measured(places):
    assert all(label % 10 != 5 for label in named_with(places))


def test_behind_the_hand_lies_no_sesamoid_of_the_index_finger():
    assert named_with([*PAIR, knuckle(2, -9.5)])[2] != 25
