import numpy as np
import pytest

from calcimetry.errors import InputError
from calcimetry.model import Grid
from calcimetry.resample import grid_with_spacing, resample_image

GRID = Grid.picture((20, 14), 0.4)


@pytest.fixture
def array() -> np.ndarray:
    return np.random.default_rng(3).normal(size=GRID.shape).astype(np.float32)


@pytest.mark.parametrize("order", [0, 1])
def test_the_same_grid_changes_nothing(array, order):
    assert np.allclose(resample_image(array, GRID, GRID, order), array, atol=1e-5)


@pytest.mark.parametrize("axis", [1, 2])
@pytest.mark.parametrize("order", [0, 1])
def test_flipped_grid_gives_the_flipped_array_and_back(array, axis, order):
    flipped = resample_image(array, GRID, GRID.flipped(axis), order)
    assert np.allclose(flipped, np.flip(array, axis), atol=1e-5)
    assert np.allclose(resample_image(flipped, GRID.flipped(axis), GRID, order), array, atol=1e-5)


@pytest.mark.parametrize("order", [0, 1])
def test_turned_grid_gives_the_turned_array_and_back(array, order):
    turned = resample_image(array, GRID, GRID.rotated_90(), order)
    assert np.allclose(turned, np.rot90(array, axes=(1, 2)), atol=1e-5)
    assert np.allclose(resample_image(turned, GRID.rotated_90(), GRID, order), array, atol=1e-5)


def test_labels_keep_their_type_and_their_values():
    labels = np.array([[[0, 7], [9, 300]]], dtype=np.uint16)
    grid = Grid.picture((2, 2), 1.0)
    fine = resample_image(labels, grid, grid_with_spacing(grid, 0.5), order=0)
    assert fine.dtype == np.uint16
    assert fine[0].tolist() == [[0, 0, 7, 7], [0, 0, 7, 7], [9, 9, 300, 300], [9, 9, 300, 300]]


def test_a_plane_survives_going_finer_and_back():
    row, column = np.indices(GRID.shape[1:])
    plane = (2.0 * row - 3.0 * column)[None].astype(np.float32)
    fine = grid_with_spacing(GRID, 0.2)
    back = resample_image(resample_image(plane, GRID, fine), fine, GRID)
    assert np.abs(back - plane)[:, 1:-1, 1:-1].max() < 0.01


def test_coarsening_averages_instead_of_picking():
    checks = (np.indices((40, 40)).sum(axis=0) % 2)[None].astype(np.float32)
    grid = Grid.picture((40, 40), 0.1)
    coarse = resample_image(checks, grid, grid_with_spacing(grid, 0.5))
    assert coarse.shape == (1, 8, 8)
    assert np.abs(coarse - 0.5).max() < 0.02


def test_outside_the_source_is_fill_and_its_outer_half_pixel_is_not():
    ones = np.ones((1, 4, 4), dtype=np.float32)
    source = Grid.picture((4, 4), 1.0)
    affine = source.affine.copy()
    affine[:2, 3] = -2.0
    around = resample_image(ones, source, Grid((1, 8, 8), affine), fill=-300.0)
    assert (around[0, 2:6, 2:6] == 1.0).all()
    assert (around[0, :2] == -300.0).all()
    fine = resample_image(ones, source, grid_with_spacing(source, 0.25), fill=-300.0)
    assert (fine == 1.0).all()


@pytest.mark.parametrize("spacing_mm", [0.13, 0.4, 1.0])
def test_new_spacing_keeps_the_outer_corner_and_covers_the_picture(spacing_mm):
    grid = grid_with_spacing(GRID, spacing_mm)
    assert grid.spacing == pytest.approx((1.0, spacing_mm, spacing_mm))
    assert grid.index_to_mm([0, -0.5, -0.5]) == pytest.approx(GRID.index_to_mm([0, -0.5, -0.5]))
    corner = grid.mm_to_index(GRID.index_to_mm([0, 19.5, 13.5]))
    assert (np.array(grid.shape[1:]) - 0.5 - corner[1:] < 1.0).all()
    assert (np.array(grid.shape[1:]) - 0.5 - corner[1:] > -1e-6).all()


def test_spacing_that_is_not_positive_is_refused():
    with pytest.raises(InputError, match="must be positive"):
        grid_with_spacing(GRID, 0.0)


def test_an_array_of_another_shape_is_refused():
    with pytest.raises(InputError, match="not the source grid's"):
        resample_image(np.zeros((1, 2, 2)), GRID, GRID)


@pytest.mark.parametrize("order", [0, 1])
def test_some_samples_are_read_as_all_would_be_and_the_others_hold_fill(order):
    rng = np.random.default_rng(4)
    source = Grid((8, 9, 7), np.diag([1.0, 0.5, 0.5, 1.0]))
    values = rng.normal(size=source.shape).astype(np.float32)
    turned = np.eye(4)
    turned[1:3, 1:3] = [[0.8, -0.6], [0.6, 0.8]]
    target = Grid((9, 6, 6), turned @ np.diag([0.9, 0.7, 0.7, 1.0]))
    where = rng.random(target.shape) < 0.3
    whole = resample_image(values, source, target, order, fill=-5.0)
    some = resample_image(values, source, target, order, fill=-5.0, where=where)
    assert (whole == -5.0).any(), "some of it lies outside"
    np.testing.assert_allclose(some, np.where(where, whole, -5.0), atol=1e-6)
    assert some.dtype == whole.dtype
