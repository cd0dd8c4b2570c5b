import numpy as np
import pytest

from calcimetry.errors import InputError
from calcimetry.model import Grid, Image

GRID = Grid.picture((4, 5), 0.4)


def test_a_picture_may_be_given_as_rows_and_columns():
    image = Image(np.ones((4, 5)), GRID)
    assert image.array.shape == (1, 4, 5)
    assert image.array.dtype == np.float32
    assert image.is_picture


def test_several_slices_are_no_picture():
    assert not Image(np.ones((2, 4, 5)), Grid((2, 4, 5), np.eye(4))).is_picture


def test_array_must_fit_the_grid():
    with pytest.raises(InputError, match=r"'thumb.png': the array's shape \(1, 5, 4\)"):
        Image(np.ones((5, 4)), GRID, name="thumb.png")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e39])
def test_intensities_must_be_finite_in_float32(bad):
    array = np.zeros((4, 5))
    array[2, 3] = bad
    with pytest.raises(InputError, match="NaN or infinity"):
        Image(array, GRID)


def test_unit_must_be_known():
    with pytest.raises(InputError, match="found 'hu'"):
        Image(np.zeros((4, 5)), GRID, unit="hu")


@pytest.mark.parametrize("clipped", [(1200.0, -300.0), (0.0, 0.0), (np.nan, 1.0)])
def test_clipping_range_must_increase(clipped):
    with pytest.raises(InputError, match="clipped_hu must increase"):
        Image(np.zeros((4, 5)), GRID, clipped_hu=clipped)


def test_array_is_a_read_only_copy():
    source = np.zeros((1, 4, 5), np.float32)
    image = Image(source, GRID)
    source[:] = 9.0
    assert (image.array == 0.0).all()
    with pytest.raises(ValueError, match="read-only"):
        image.array[0, 0, 0] = 9.0
