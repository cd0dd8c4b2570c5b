"""Surfaces of bones as points with normals."""

import numpy as np
import pytest

from calcimetry.followup.surface import bone_surfaces
from calcimetry.model import Grid
from tests.followup.lesions import bones_of


def ball(radius=6.0, spacing=(0.8, 0.5, 0.5), cut=0):
    grid = Grid((24 - cut, 40, 40), np.diag([*spacing, 1.0]))
    index = np.stack(np.indices(grid.shape), axis=-1)
    centre = np.array([9.2, 9.75, 9.75])
    inside = np.linalg.norm(grid.index_to_mm(index) - centre, axis=-1) <= radius
    return bones_of(inside * 21, grid), centre


def test_a_ball_has_its_radius_and_looks_outwards():
    bones, centre = ball()
    surface = bone_surfaces(bones, 10)[21]
    away = surface.points_mm - centre
    radius = np.linalg.norm(away, axis=1)
    assert radius.mean() == pytest.approx(6.0, abs=0.1)
    assert radius.std() < 0.12
    assert ((away / radius[:, None]) * surface.normals).sum(axis=1).min() > 0.9
    assert surface.centre == pytest.approx(centre, abs=0.1)
    assert surface.length_mm == pytest.approx(12.0, abs=0.9)


def test_the_border_of_the_volume_is_no_surface():
    bones, centre = ball(cut=12)  # slices end beyond the middle
    surface = bone_surfaces(bones, 10)[21]
    radius = np.linalg.norm(surface.points_mm - centre, axis=1)
    assert radius.min() > 5.5


def test_small_bones_are_left_out():
    bones, _ = ball(radius=1.0)
    assert bone_surfaces(bones, 1000) == {}


def test_a_bone_that_fills_all_there_is_has_no_surface():
    assert bone_surfaces(bones_of(np.full((5, 5, 5), 21), Grid((5, 5, 5), np.eye(4))), 4) == {}


def test_a_bone_of_one_sample_has_no_surface():
    labels = np.zeros((5, 5, 5), int)
    labels[2, 2, 2] = 21
    assert bone_surfaces(bones_of(labels, Grid((5, 5, 5), np.eye(4))), 4) == {}


def test_thinning_keeps_points_with_their_normals():
    surface = bone_surfaces(ball()[0], 10)[21]
    points, normals = surface.thinned(100)
    assert 50 < len(points) <= 100
    at = surface.tree.query(points)[1]
    np.testing.assert_array_equal(normals, surface.normals[at])
