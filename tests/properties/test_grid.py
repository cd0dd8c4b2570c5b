"""Geometry that must hold for every grid, against numpy's own flips and turns."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from calcimetry.model import Grid
from tests import strategies

#: Far below any pixel, far above what float64 loses over a scanner's 500 mm.
CLOSE_MM = 1e-9

points = hnp.arrays(np.float64, (5, 3), elements=strategies.numbers(-300, 300))


def every_index(grid: Grid) -> np.ndarray:
    """Index of each sample, shape (*grid.shape, 3)."""
    return np.moveaxis(np.indices(grid.shape), 0, -1)


def naive_index_to_mm(grid: Grid, index: np.ndarray) -> np.ndarray:
    return np.array([(grid.affine @ [*one, 1.0])[:3] for one in index])


@given(strategies.grids(), points)
def test_index_to_mm_is_the_affine_applied_to_one_point_at_a_time(grid, index):
    np.testing.assert_allclose(
        grid.index_to_mm(index), naive_index_to_mm(grid, index), rtol=0, atol=CLOSE_MM
    )


@given(strategies.grids(), points)
def test_index_comes_back_from_millimetres(grid, index):
    there_and_back = grid.mm_to_index(grid.index_to_mm(index))
    np.testing.assert_allclose(there_and_back, index, rtol=0, atol=1e-7)


@given(strategies.grids(), points)
def test_millimetres_come_back_from_index(grid, points_mm):
    there_and_back = grid.index_to_mm(grid.mm_to_index(points_mm))
    np.testing.assert_allclose(there_and_back, points_mm, rtol=0, atol=1e-7)


@given(strategies.grids())
def test_one_point_and_many_points_agree(grid):
    many = grid.index_to_mm(every_index(grid))
    assert many.shape == (*grid.shape, 3)
    last = tuple(n - 1 for n in grid.shape)
    np.testing.assert_allclose(grid.index_to_mm(last), many[last], rtol=0, atol=CLOSE_MM)


@given(strategies.grids(), st.sampled_from([0, 1, 2]))
def test_flipping_grid_and_array_leaves_each_sample_in_its_place(grid, axis):
    places = grid.index_to_mm(every_index(grid))
    flipped = grid.flipped(axis)
    np.testing.assert_allclose(
        flipped.index_to_mm(every_index(flipped)), np.flip(places, axis), rtol=0, atol=CLOSE_MM
    )


@given(strategies.grids())
def test_turning_grid_and_array_leaves_each_sample_in_its_place(grid):
    places = grid.index_to_mm(every_index(grid))
    turned = grid.rotated_90()
    assert turned.shape == np.rot90(np.empty(grid.shape), axes=(1, 2)).shape
    np.testing.assert_allclose(
        turned.index_to_mm(every_index(turned)),
        np.rot90(places, axes=(1, 2)),
        rtol=0,
        atol=CLOSE_MM,
    )


@given(strategies.grids(), st.sampled_from([0, 1, 2]))
def test_two_flips_and_four_turns_change_nothing(grid, axis):
    twice = grid.flipped(axis).flipped(axis)
    around = grid.rotated_90().rotated_90().rotated_90().rotated_90()
    for same in (twice, around):
        assert same.shape == grid.shape
        assert same.frame_of_reference_uid == grid.frame_of_reference_uid
        np.testing.assert_allclose(same.affine, grid.affine, rtol=0, atol=CLOSE_MM)


@given(strategies.grids(), st.sampled_from([0, 1, 2]))
def test_flips_and_turns_keep_sizes(grid, axis):
    slice_mm, row_mm, column_mm = grid.spacing
    np.testing.assert_allclose(grid.flipped(axis).spacing, grid.spacing)
    np.testing.assert_allclose(grid.rotated_90().spacing, (slice_mm, column_mm, row_mm))
    np.testing.assert_allclose(grid.pixel_area_mm2, row_mm * column_mm, rtol=1e-9)
    np.testing.assert_allclose(grid.rotated_90().pixel_area_mm2, grid.pixel_area_mm2)


@given(st.integers(1, 2000), st.integers(1, 2000), strategies.numbers(0.05, 2.0))
def test_a_picture_has_square_pixels_of_the_spacing_given(rows, columns, spacing):
    grid = Grid.picture((rows, columns), spacing)
    assert grid.shape == (1, rows, columns)
    np.testing.assert_allclose(grid.spacing, (1.0, spacing, spacing))
    np.testing.assert_allclose(grid.pixel_area_mm2, spacing**2)
