import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calcimetry.measurement.nearest import BoneSamples
from calcimetry.measurement.surface import Surface, orthogonal_axes, skin_points
from calcimetry.model import Grid, Image, Segmentation
from tests.solids import ball, coverage, ellipsoid, volume_grid

GRID = volume_grid((34, 36, 38), (0.5, 0.4, 0.45), tilt=(0.4, 0.2))


def turned(points, angles):
    for angle, (first, second) in zip(angles, ((0, 1), (1, 2), (0, 2)), strict=True):
        turn = np.eye(3)
        turn[first, first] = turn[second, second] = np.cos(angle)
        turn[first, second], turn[second, first] = -np.sin(angle), np.sin(angle)
        points = points @ turn
    return points


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(5, 40),
    angles=st.tuples(*[st.floats(-3.0, 3.0)] * 3),
)
def test_axes_are_those_that_a_search_over_all_points_finds(seed, count, angles):
    points = np.random.default_rng(seed).normal(0.0, 1.0, (count, 3)) * (3.0, 2.0, 1.0)
    axes = orthogonal_axes(points)
    start, end = max(
        itertools.combinations(points, 2), key=lambda pair: np.linalg.norm(pair[0] - pair[1])
    )
    assert axes.first_mm == pytest.approx(np.linalg.norm(end - start))
    along = (end - start) / axes.first_mm
    shade = points - np.outer(points @ along, along)
    low, high = max(
        itertools.combinations(shade, 2), key=lambda pair: np.linalg.norm(pair[0] - pair[1])
    )
    assert axes.second_mm == pytest.approx(np.linalg.norm(high - low))
    across = np.cross(along, (high - low) / axes.second_mm)
    assert axes.third_mm == pytest.approx(np.ptp(points @ across))
    again = orthogonal_axes(turned(points, angles))
    for name in ("first_mm", "second_mm", "third_mm"):
        assert getattr(again, name) == pytest.approx(getattr(axes, name), rel=1e-6)


def test_of_equal_diameters_the_one_with_the_largest_others_counts():
    # The four diagonals of a cube are equally long; with one corner cut they differ aside.
    cube = np.array(list(itertools.product((0.0, 1.0), repeat=3)))
    axes = orthogonal_axes(cube)
    assert axes.first_mm == pytest.approx(np.sqrt(3))
    assert axes.second_mm == pytest.approx(np.sqrt(8 / 3))
    assert axes.third_mm == pytest.approx(np.sqrt(2))


@pytest.mark.parametrize("lengths", [(7.0, 4.0, 3.0), (3.0, 3.5, 9.0), (5.0, 5.0, 5.0)])
def test_axes_and_area_of_an_ellipsoid(lengths):
    surface = Surface.of(coverage(GRID, ellipsoid(lengths)), GRID)
    axes = surface.axes()
    found = (axes.first_mm, axes.second_mm, axes.third_mm)
    assert found == pytest.approx(sorted(lengths, reverse=True), abs=0.25)
    p, (a, b, c) = 1.6075, np.array(lengths) / 2
    area = 4 * np.pi * (((a * b) ** p + (a * c) ** p + (b * c) ** p) / 3) ** (1 / p)
    assert surface.area_mm2 == pytest.approx(area, rel=0.03)
    assert axes.ellipsoid_mm3 == pytest.approx(0.52 * np.prod(found))


def test_nothing_is_near_where_there_is_no_bone():
    surface = Surface.of(coverage(GRID, ball(4.0)), GRID)
    bones = BoneSamples.of(Segmentation(np.zeros(GRID.shape), GRID, {}))
    assert surface.near_bone_mm2(bones, 1.0) == 0.0


def test_the_whole_surface_is_near_what_is_all_around():
    solid = coverage(GRID, ball(4.0))
    bones = BoneSamples.of(Segmentation((solid == 0).astype(int), GRID, {1: "one"}))
    surface = Surface.of(solid, GRID)
    assert surface.near_bone_mm2(bones, 1.0) == pytest.approx(surface.area_mm2)


def test_skin_lies_where_air_turns_to_tissue():
    body = coverage(GRID, ball(12.0))
    skin = skin_points(Image(-1000.0 + 1050.0 * body, GRID))
    away = np.linalg.norm(skin.data, axis=1)
    assert np.median(away) == pytest.approx(6.0, abs=0.05)
    assert abs(away - 6.0).max() < 0.25


@pytest.mark.parametrize("hu", [40.0, -1000.0])
def test_a_volume_all_of_one_kind_shows_no_skin(hu):
    grid = Grid((4, 5, 6), np.eye(4))
    assert skin_points(Image(np.full(grid.shape, hu), grid)) is None
