import numpy as np
import pytest
from scipy import ndimage

from calcimetry.plausible.motion import double_contour_mm
from tests.drawing import finger
from tests.solids import BONE, FINGER, MARROW, coverage, volume_grid


def test_a_still_finger_has_single_contours():
    assert double_contour_mm(finger()[0].array[0], (0.4, 0.4)) is None


@pytest.mark.parametrize("spacing_mm", [0.3, 0.4])
def test_a_finger_that_moved_has_double_ones_as_far_apart(spacing_mm):
    hu = finger(spacing_mm)[0].array[0]
    shift = np.array([2.4, 1.8]) / spacing_mm
    double = 0.5 * (hu + ndimage.shift(hu, shift, order=1, mode="nearest"))
    assert double_contour_mm(double, (spacing_mm,) * 2) == pytest.approx(3.0, abs=0.4)


def test_a_volume_that_moved_has_double_contours():
    grid = volume_grid()
    hu = -1000.0 + 1040.0 * coverage(grid, FINGER)
    hu += 1300.0 * (coverage(grid, BONE) - coverage(grid, MARROW))
    assert double_contour_mm(hu, grid.spacing) is None
    shift = np.array([2.0, 2.0, 2.0]) / grid.spacing
    double = 0.5 * (hu + ndimage.shift(hu, shift, order=1, mode="nearest"))
    assert double_contour_mm(double, grid.spacing) == pytest.approx(3.5, abs=0.8)


def test_what_is_even_has_no_contours():
    assert double_contour_mm(np.zeros((40, 40)), (0.4, 0.4)) is None
