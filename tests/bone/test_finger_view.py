"""A finger shown to a network without its neighbours, and the answer where there is something."""

import numpy as np

from calcimetry.bone.finger_view import read_back, show_finger
from calcimetry.model import Grid

GRID = Grid((20, 30, 24), np.diag([0.6, 0.6, 0.6, 1.0]))
VIEW = Grid((10, 40, 32), np.diag([1.0, 0.4, 0.4, 1.0]))


def scan():
    """Two bars of bone in flesh, each in its own half of the rows."""
    hu = np.full(GRID.shape, 40.0, np.float32)
    hu[6:14, 5:9, 4:20] = 900.0
    hu[6:14, 20:24, 4:20] = 900.0
    own = np.zeros(GRID.shape, bool)
    own[:, :15] = True
    return hu, own


def test_what_is_nearer_to_another_finger_is_air():
    hu, own = scan()
    seen = show_finger(hu, GRID, own, VIEW)
    assert seen.shape == VIEW.shape
    assert (seen[:, :21] > -300.0).all()
    assert seen[5, 10, 15] > 600.0
    assert (seen[:, 24:] == -300.0).all()


def test_answers_are_read_where_something_is_bright_and_the_fingers_own():
    hu, own = scan()
    everywhere = np.full(VIEW.shape, 0.7, np.float32)
    box, bone, deposit = read_back((everywhere, everywhere / 2), VIEW, hu, GRID, own, GRID)
    np.testing.assert_allclose(bone[own[box] & (hu[box] > 100)], 0.7, atol=1e-6)
    np.testing.assert_allclose(deposit, bone / 2, atol=1e-6)
    assert not bone[~own[box]].any()
    # A sample's width of blurred border is read with it, flesh beyond is not.
    assert bone[10, 4, 10] > 0.0
    assert not bone[10, 12:, 10].any()
