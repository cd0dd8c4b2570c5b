"""What looks like a sesamoid is one at the knuckle alone."""

import numpy as np
import pytest

from calcimetry.bone.picture_sesamoids import settle_sesamoids
from calcimetry.model import Grid

GRID = Grid.picture((100, 40), 0.5)
PROXIMAL, METACARPAL, SESAMOID, DEPOSIT = 0, 3, 4, 5
KNUCKLE, SHAFT = (slice(58, 64), slice(26, 32)), (slice(20, 26), slice(28, 34))


def finger(*, proximal=True, metacarpal=True):
    parts = np.zeros((6, *GRID.shape[1:]))
    if proximal:
        parts[PROXIMAL, 10:55, 14:22] = 1.0
    if metacarpal:
        parts[METACARPAL, 59:100, 12:22] = 1.0
    return parts


def with_thing(parts, where, sesamoid):
    parts[SESAMOID][where], parts[DEPOSIT][where] = sesamoid, 0.9 - sesamoid
    return parts


@pytest.mark.parametrize(
    ("where", "sesamoid", "expected"),
    [(KNUCKLE, 0.6, SESAMOID), (KNUCKLE, 0.3, DEPOSIT), (SHAFT, 0.6, DEPOSIT)],
)
def test_a_thing_is_of_one_material(where, sesamoid, expected):
    parts = with_thing(finger(), where, sesamoid)
    before = parts.copy()
    settled = settle_sesamoids(parts, GRID)
    other = DEPOSIT if expected == SESAMOID else SESAMOID
    np.testing.assert_allclose(settled[expected][where], 0.9)
    assert not settled[other].any()
    np.testing.assert_array_equal(parts, before)
    np.testing.assert_array_equal(settled[:4], before[:4])


@pytest.mark.parametrize("bones", [{"metacarpal": False}, {"proximal": False}])
def test_one_bone_of_the_joint_will_do(bones):
    parts = with_thing(finger(**bones), KNUCKLE, 0.8)
    assert settle_sesamoids(parts, GRID)[SESAMOID][KNUCKLE].all()


def test_without_either_bone_there_is_none():
    parts = with_thing(finger(proximal=False, metacarpal=False), KNUCKLE, 0.8)
    assert not settle_sesamoids(parts, GRID)[SESAMOID].any()


def test_nothing_is_larger_than_a_sesamoid():
    parts = with_thing(finger(), (slice(40, 70), slice(24, 36)), 0.8)
    assert settle_sesamoids(parts, GRID)[DEPOSIT].sum() > 0.8 * 30 * 12


def test_the_blurred_border_goes_with_it():
    parts = with_thing(finger(), KNUCKLE, 0.8)
    parts[DEPOSIT, 57, 26:32] = 0.3
    parts[SESAMOID, 20, 30] = 0.2
    settled = settle_sesamoids(parts, GRID)
    np.testing.assert_allclose(settled[SESAMOID, 57, 26:32], 0.3)
    assert settled[DEPOSIT, 20, 30] == pytest.approx(0.2)
