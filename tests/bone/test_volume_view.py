"""The volume network sees a hand the same way however its samples lie."""

import numpy as np
import pytest

from calcimetry.bone.volume_view import AIR_HU, MINERAL_HU, SPACING_MM, show_to_network, volume_grid
from calcimetry.model import Grid, Image


def block(affine=None, shape=(40, 30, 50)):
    """Flesh with a long bar of mineral that is thicker at one end."""
    affine = np.diag([1.0, 1.0, 1.0, 1.0]) if affine is None else affine
    hu = np.full(shape, -1000.0)
    hu[4:36, 5:22, 6:45] = 50.0
    hu[10:14, 8:12, 10:40] = 900.0
    hu[8:18, 8:16, 34:40] = 1900.0
    return Image(hu, Grid(shape, affine))


def test_the_longest_axis_of_mineral_runs_along_the_slices():
    view = volume_grid(block())
    assert view.spacing == pytest.approx((SPACING_MM,) * 3)
    assert abs(view.affine[2, 0]) > 0.9 * SPACING_MM
    assert all(size % 32 == 0 for size in view.shape)


def test_all_flesh_is_in_view():
    image = block()
    view = volume_grid(image)
    flesh = image.grid.index_to_mm(np.argwhere(image.array > -200))
    index = view.mm_to_index(flesh)
    assert (index >= 0).all()
    assert (index <= np.array(view.shape) - 1).all()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 0, 2)])
@pytest.mark.parametrize("flips", [(), (0,), (1, 2)])
def test_the_order_of_samples_does_not_matter(order, flips):
    image = block()
    affine = image.grid.affine[:, [*order, 3]].copy()
    grid = Grid(tuple(image.grid.shape[k] for k in order), affine)
    array = image.array.transpose(order)
    for axis in flips:
        grid, array = grid.flipped(axis), np.flip(array, axis)
    again = volume_grid(Image(array, grid))
    view = volume_grid(image)
    assert again.shape == view.shape
    np.testing.assert_allclose(again.affine, view.affine, atol=1e-6)


def test_what_is_shown_is_cut_to_the_window():
    image = block()
    seen = show_to_network(image, volume_grid(image))
    assert (seen.min(), seen.max()) == (AIR_HU, MINERAL_HU)


def test_a_volume_of_air_is_taken_whole():
    image = Image(np.full((20, 30, 40), -1000.0), Grid((20, 30, 40), np.eye(4)))
    view = volume_grid(image)
    assert np.array(view.shape).max() * SPACING_MM >= 40
