"""The palm, and right from left."""

import numpy as np
import pytest

from calcimetry.fingers.bones import find_single_bones
from calcimetry.fingers.chain import find_chains
from calcimetry.fingers.row import name_row
from calcimetry.fingers.side import find_side
from calcimetry.model import Laterality
from tests.hands import Stick, draw, sticks, types

NONE = np.zeros((0, 3))


def row(bones):
    return name_row(find_chains(find_single_bones(types(*draw(bones)))))


@pytest.fixture(scope="module")
def hand():
    return row(sticks())


@pytest.fixture(scope="module")
def flat():
    """A board of a hand: nothing in it tells its two faces apart."""
    level = np.array([1.0, 1.0, 0.0])
    return row([Stick(s.label, s.base * level, s.tip * level) for s in sticks(0.0)])


def test_the_palm_and_the_side_are_found(hand):
    side = find_side(hand, NONE)
    assert side.laterality is Laterality.RIGHT
    assert side.palmar @ [0, 0, 1] > 0.95
    assert side.reason == ""


def test_a_flat_hand_does_not_say(flat):
    side = find_side(flat, NONE)
    assert side.laterality is None
    assert side.palmar is None
    assert "do not show clearly enough where the palm is" in side.reason


@pytest.mark.parametrize("height", [-9.0, 9.0])
def test_sesamoids_tell_the_palm_of_a_flat_hand(flat, height):
    knuckle = next(posture.knuckle for digit, posture, _ in flat.digits if digit == 2)
    side = find_side(flat, knuckle[None] + [0.0, 0.0, height])
    assert side.palmar @ [0, 0, np.sign(height)] > 0.95
    assert side.laterality is (Laterality.RIGHT if height > 0 else Laterality.LEFT)


@pytest.mark.parametrize("stated", list(Laterality))
def test_a_stated_side_tells_the_palm_of_a_flat_hand(flat, stated):
    side = find_side(flat, NONE, stated)
    assert side.laterality is stated
    assert side.palmar[2] * (1 if stated is Laterality.RIGHT else -1) > 0.95
    assert side.reason == ""


def test_a_contradiction_keeps_the_stated_side_and_the_seen_palm(hand):
    side = find_side(hand, NONE, Laterality.LEFT)
    assert side.laterality is Laterality.LEFT
    assert side.palmar @ [0, 0, 1] > 0.95
    assert "check the file's side" in side.reason
