"""Masks as PNG: every way in which programs store one number per pixel."""

import numpy as np
import PIL.Image
import pytest

from calcimetry.errors import UnreadableFile
from calcimetry.training.mask_files import BONES, find_mask, read_mask_png
from tests.training.pictures import bones, save


def test_grey_of_8_and_16_bits_and_black_and_white(tmp_path):
    np.testing.assert_array_equal(read_mask_png(save(tmp_path / "a.png", bones())), bones())
    wide = bones().astype(np.uint16) * 100
    np.testing.assert_array_equal(read_mask_png(save(tmp_path / "b.png", wide)), wide)
    binary = save(tmp_path / "c.png", bones() > 0)
    np.testing.assert_array_equal(read_mask_png(binary), bones() > 0)


def test_of_a_palette_the_indices_count(tmp_path):
    picture = PIL.Image.fromarray(bones(), "L").convert("P")
    picture.putpalette([9, 9, 9, 255, 0, 0, 0, 255, 0, 0, 0, 255])
    picture.putdata(bones().ravel().tolist())
    picture.save(tmp_path / "p.png")
    np.testing.assert_array_equal(read_mask_png(tmp_path / "p.png"), bones())


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"", "is empty"), (b"not a picture", "not a PNG picture"), (None, "no such file")],
)
def test_a_file_that_is_no_png(tmp_path, content, told):
    path = tmp_path / "a.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=told):
        read_mask_png(path)


def test_a_damaged_file(tmp_path):
    path = save(tmp_path / "a.png", np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8))
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(UnreadableFile, match=r"a\.png: the file is damaged"):
        read_mask_png(path)


def test_the_nearest_mask_counts(tmp_path):
    far = save(tmp_path / "truth" / "a" / "ring_bones.png", bones())
    assert find_mask(tmp_path / "a" / "ring.png", tmp_path, BONES) == far
    near = save(tmp_path / "a" / "masks" / "ring_bones.png", bones())
    assert find_mask(tmp_path / "a" / "ring.png", tmp_path, BONES) == near
    assert find_mask(tmp_path / "a" / "index.png", tmp_path, BONES) is None
