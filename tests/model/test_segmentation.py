import numpy as np
import pytest

from calcimetry.errors import InputError
from calcimetry.model import Grid, Segmentation

GRID = Grid.picture((2, 3), 0.4)
MEANINGS = {1: "proximal phalanx", 65535: "the largest label"}


def test_a_picture_may_be_given_as_rows_and_columns():
    segmentation = Segmentation([[0, 1, 1], [0, 0, 65535]], GRID, MEANINGS)
    assert segmentation.label_map.shape == (1, 2, 3)
    assert segmentation.label_map.dtype == np.uint16
    assert segmentation.labels == (1, 65535)
    assert segmentation.mask.sum() == 3


def test_label_map_must_fit_the_grid():
    with pytest.raises(InputError, match=r"shape \(1, 3, 2\) is not the grid's \(1, 2, 3\)"):
        Segmentation(np.zeros((3, 2), int), GRID, MEANINGS)


@pytest.mark.parametrize("bad", [-1, 65536, 0.5, np.nan, np.inf])
def test_labels_must_be_whole_numbers_that_16_bits_hold(bad):
    label_map = np.array([[bad, 0, 0], [0, 0, 0]])
    with pytest.raises(InputError, match="whole numbers from 0 to 65535"):
        Segmentation(label_map, GRID, {int(bad) if np.isfinite(bad) else 1: "bad"})


def test_every_label_present_needs_a_meaning():
    with pytest.raises(InputError, match=r"labels \[2, 7\] have no meaning"):
        Segmentation([[0, 7, 1], [2, 2, 0]], GRID, MEANINGS)


def test_label_map_is_a_read_only_copy():
    source = np.zeros((1, 2, 3), np.uint16)
    segmentation = Segmentation(source, GRID, MEANINGS)
    source[:] = 1
    assert segmentation.labels == ()
    with pytest.raises(ValueError, match="read-only"):
        segmentation.label_map[0, 0, 0] = 1


def test_meanings_are_a_read_only_copy():
    meanings = dict(MEANINGS)
    segmentation = Segmentation(np.zeros((2, 3), int), GRID, meanings)
    meanings[1] = "changed"
    assert segmentation.meanings[1] == "proximal phalanx"
    with pytest.raises(TypeError):
        segmentation.meanings[1] = "changed"
