"""A whole hand turned to its own axes."""

import numpy as np
import pytest

from calcimetry.bone.hand_view import HAND_SPACING_MM, hand_view
from calcimetry.model import Grid


def rods(shape=(30, 60, 90)):
    """Mineral 80 mm long, 40 mm across and 10 mm thick along no axis in particular."""
    hu = np.full(shape, -1000.0)
    hu[10:20, 10:50, 5:85] = 900.0
    return hu


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_axes_run_along_the_longest_the_second_and_the_shortest_way(order):
    hu = rods().transpose(order)
    view = hand_view(hu, Grid(hu.shape, np.eye(4)))
    assert view.spacing == pytest.approx((HAND_SPACING_MM,) * 3)
    assert all(side % 16 == 0 for side in view.shape)
    longest = np.abs(view.affine[:3, 0]).argmax()
    assert hu.shape[longest] == 90
    places = view.mm_to_index(np.argwhere(hu > 0.0))
    assert (places >= 0).all()
    assert (places <= np.array(view.shape) - 1).all()
    assert np.ptp(places, axis=0) * HAND_SPACING_MM == pytest.approx([79, 39, 9], abs=0.5)


def test_without_mineral_it_is_all_of_the_grid():
    view = hand_view(np.zeros((20, 30, 40)), Grid((20, 30, 40), np.eye(4)))
    corners = view.mm_to_index(np.array([[0, 0, 0], [19, 29, 39]]))
    assert (corners >= 0).all()
    assert (corners <= np.array(view.shape) - 1).all()
