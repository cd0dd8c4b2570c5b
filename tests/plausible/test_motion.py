import numpy as np
import pytest
from scipy import ndimage

from calcimetry.phantom.hand_settings import PLAIN_HAND
from calcimetry.phantom.volume import finger_volume
from calcimetry.plausible.motion import double_contour_mm
from tests.drawing import finger


def test_a_still_finger_has_single_contours():
    assert double_contour_mm(finger()[0].array[0], (0.4, 0.4)) is None


def test_a_finger_that_moved_has_double_ones_as_far_apart():
    hu = finger(0.4)[0].array[0]
    double = 0.5 * (hu + ndimage.shift(hu, np.array([2.4, 2.0]) / 0.4, order=1, mode="nearest"))
    assert double_contour_mm(double, (0.4, 0.4)) == pytest.approx(3.1, abs=0.4)


def test_a_volume_that_moved_has_double_contours():
    image = finger_volume(np.random.default_rng((77, 6)), 0.8, PLAIN_HAND).image.mixed
    spacing = image.grid.spacing
    assert double_contour_mm(image.array, spacing) is None
    moved = ndimage.shift(image.array, np.full(3, 2.0) / spacing, order=1, mode="nearest")
    double = double_contour_mm(0.5 * (image.array + moved), spacing)
    assert double == pytest.approx(3.5, abs=0.8)


def test_what_is_even_has_no_contours():
    assert double_contour_mm(np.zeros((40, 40)), (0.4, 0.4)) is None
