"""Words and frames in pixels are found; bones, metal and noise are none."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from calcimetry.dicom.painted import is_painted


@pytest.fixture
def slice_of_ct():
    rng = np.random.default_rng(4)
    hu = rng.normal(-1000, 15, (256, 256))
    rows, columns = np.indices(hu.shape)
    flesh = (rows - 128) ** 2 + (columns - 128) ** 2 < 60**2
    hu[flesh] = rng.normal(40, 15, flesh.sum())
    bone = (rows - 120) ** 2 + (columns - 140) ** 2 < 18**2
    hu[bone] = rng.normal(1100, 80, bone.sum())
    return hu.astype(np.int16)


def written(text, size=(256, 256), at=(20, 30), height=12):
    picture = Image.new("1", size[::-1])
    ImageDraw.Draw(picture).text(at, text, fill=1, font_size=height)
    return np.array(picture)


@pytest.mark.parametrize("height", [8, 12, 20])
def test_words_are_found(slice_of_ct, height):
    slice_of_ct[written("DOE JANE 1950-01-12", height=height)] = 3071
    assert is_painted(slice_of_ct)


def test_a_frame_is_found(slice_of_ct):
    slice_of_ct[3, 3:-3] = slice_of_ct[-4, 3:-3] = 3071
    slice_of_ct[3:-3, 3] = slice_of_ct[3:-3, -4] = 3071
    assert is_painted(slice_of_ct)


def test_a_slice_of_ct_is_not_painted(slice_of_ct):
    assert not is_painted(slice_of_ct)
    assert not is_painted(np.zeros((64, 64), np.int16))


def test_saturated_metal_is_not_writing(slice_of_ct):
    for row, column, size in ((100, 60, 5), (101, 80, 9), (150, 90, 30)):
        slice_of_ct[row : row + size, column : column + size] = 3071
    assert not is_painted(slice_of_ct)


def test_a_slice_cut_at_its_brightest_is_not_writing(slice_of_ct):
    assert not is_painted(np.minimum(slice_of_ct, 1000))
    assert not is_painted(np.minimum(slice_of_ct, 1200))
    assert not is_painted(np.minimum(slice_of_ct, -980))


def test_a_padded_slice_is_not_writing(slice_of_ct):
    rows, columns = np.indices(slice_of_ct.shape)
    slice_of_ct[(rows - 128) ** 2 + (columns - 128) ** 2 > 120**2] = -2000
    assert not is_painted(slice_of_ct)
