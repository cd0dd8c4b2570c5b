"""Turns, and one surface laid onto another."""

import numpy as np
import pytest

from calcimetry.followup.rigid import (
    Motion,
    misfit,
    refined,
    shortest_turn,
    turn_about,
    turn_of_points,
)
from calcimetry.followup.surface import bone_surfaces
from tests.followup.lesions import bones_of, turned

X, Y, Z = np.eye(3)


@pytest.fixture(scope="module")
def wedge():
    """A bone that looks alike from no two sides: an L with a slope."""
    from calcimetry.model import Grid

    grid = Grid((40, 24, 24), np.diag([0.8, 0.8, 0.8, 1.0]))
    z, y, x = np.indices(grid.shape)
    inside = (z > 4) & (z < 35) & (y > 4) & (x > 4) & (y < 18 - z / 5) & (x < 16)
    return bones_of((inside & ~((z < 15) & (x > 10))) * 21, grid)


def test_turns():
    assert turn_about(Z, np.pi / 2) @ X == pytest.approx(Y)
    assert shortest_turn(X, Y) @ X == pytest.approx(Y)
    np.testing.assert_allclose(shortest_turn(X, X), np.eye(3))
    back = shortest_turn(X, -X)
    assert back @ X == pytest.approx(-X)
    assert np.linalg.det(back) == pytest.approx(1.0)


def test_motions_undo_and_meet():
    motion = Motion.about(turn_about(Z, 0.4), X, Y)
    assert motion.of(X) == pytest.approx(Y)
    points = np.arange(12.0).reshape(4, 3)
    assert motion.back().of(motion.of(points)) == pytest.approx(points)


def test_the_turn_of_points_and_how_sure_it_is():
    points = np.random.default_rng(1).normal(0.0, 10.0, (6, 3))
    turn = turn_about(np.array([0.6, 0.0, 0.8]), 2.0)
    found, spread = turn_of_points(points, points @ turn.T + [1.0, 2.0, 3.0])
    np.testing.assert_allclose(found, turn, atol=1e-12)
    assert spread > 4.0
    line = np.outer(np.arange(5.0), X)
    assert turn_of_points(line, line)[1] == pytest.approx(0.0, abs=1e-9)
    assert turn_of_points(line[:1], line[:1])[1] == 0.0


def test_a_surface_finds_its_place(wedge):
    motion = Motion(turn_about(Z, 0.3), np.array([1.5, -1.0, 2.0]))
    first = bone_surfaces(wedge, 10)[21]
    last = bone_surfaces(turned(wedge, motion.turn, motion.shift_mm), 10)[21]
    points, normals = last.thinned(1000)
    found = refined(Motion(np.eye(3), first.centre - last.centre), points, normals, first)
    assert found.of(last.points_mm) == pytest.approx(first.points_mm, abs=0.01)
    assert misfit(found, points, normals, first) < 1e-4
    assert misfit(Motion(np.eye(3), np.zeros(3)), points, normals, first) > 0.1
    inside_out = misfit(found, points, -normals, first)
    assert inside_out == 1.0


def test_nothing_faces_what_is_inside_out(wedge):
    surface = bone_surfaces(wedge, 10)[21]
    points, normals = surface.thinned(500)
    start = Motion(np.eye(3), np.zeros(3))
    assert refined(start, points, -normals, surface) is start
