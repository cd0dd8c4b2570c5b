"""Bones of wrist and forearm are told from fingers, and take no name of theirs."""

import numpy as np
import pytest

from calcimetry.fingers.name import name_fingers
from calcimetry.model import Laterality
from tests.hands import Stick, draw, moved, rotation, sticks, types

#: Centres of carpals behind the metacarpals of `tests.hands`, in mm.
CARPALS = [(x, y, 1.0) for y in (-9.0, -21.0) for x in (-13.0, 0.0, 13.0)]


def with_wrist(forearm=True):
    bones = sticks()
    if forearm:
        bones.append(Stick(34, np.array([8.0, -60.0, 0.0]), np.array([8.0, -30.0, 0.0])))
        bones.append(Stick(31, np.array([-12.0, -60.0, 0.0]), np.array([-12.0, -30.0, 0.0])))
    labels, grid = draw(bones, margin=30.0)
    places = grid.index_to_mm(np.stack(np.indices(grid.shape), -1))
    behind = places[..., 1] < -25.0
    labels[(labels == 34) & behind] = 61
    labels[(labels == 31) & behind] = 62
    for centre in CARPALS:
        ball = np.linalg.norm(places - np.array(centre), axis=-1) < 5.5
        labels[ball & (labels == 0)] = 60
    return labels, grid


def parts_of(labels, grid):
    """Each bone with a number of its own, and all of them guessed to be metacarpals."""
    from scipy import ndimage

    parts = np.zeros(labels.shape, np.int32)
    for label in np.unique(labels[labels > 0]):
        found, _ = ndimage.label(labels == label)
        parts[found > 0] = found[found > 0] + parts.max()
    return types(np.where(labels > 0, 4, 0), grid), parts


@pytest.mark.parametrize("mirror", [False, True])
def test_carpals_radius_and_ulna_are_named_among_fingers_of_unknown_kinds(mirror):
    labels, grid = with_wrist()
    kinds, parts = parts_of(labels, moved(grid, rotation(20, 40, 10), mirror))
    named = name_fingers(kinds, None, parts)
    (hand,) = named.hands
    assert hand.laterality is (Laterality.LEFT if mirror else Laterality.RIGHT)
    assert [finger.digit for finger in hand.fingers] == [1, 2, 3, 4, 5]
    expected = labels + 100 * mirror * (labels > 0)
    assert np.mean(named.bones.label_map[labels > 0] == expected[labels > 0]) > 0.99


def test_without_carpals_nothing_is_one():
    kinds, parts = parts_of(*draw(sticks()))
    assert not {60, 61, 62} & {n % 100 for n in name_fingers(kinds, None, parts).bones.labels}


def test_a_worn_fingertip_is_no_carpal():
    labels, grid = draw(sticks())
    tip = np.argwhere(labels == 33)
    labels[tuple(tip[tip[:, 1] > tip[:, 1].min() + 9].T)] = 0
    kinds, parts = parts_of(labels, grid)
    named = name_fingers(kinds, None, parts)
    assert 60 not in named.bones.labels
    assert np.mean(named.bones.label_map[labels == 33] == 33) > 0.99
