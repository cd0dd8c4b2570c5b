from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calcimetry.errors import (
    CalcimetryError,
    OutputError,
    SettingsError,
    SpacingError,
    UnreadableFile,
    UnsupportedImage,
)
from calcimetry.files import raster
from calcimetry.files.raster import read_picture, write_label_png
from calcimetry.model import Grid, Segmentation
from tests.fakes import finger_levels, save_picture


@pytest.fixture
def levels():
    return np.linspace(0, 255, 40 * 24).astype(np.uint8).reshape(40, 24)


def test_grey_levels_become_hu_of_the_window(tmp_path, levels):
    image = read_picture(save_picture(tmp_path / "a.png", levels), 0.4)
    assert image.array.shape == (1, 40, 24)
    assert image.array.min() == -300.0
    assert image.array.max() == 1200.0
    np.testing.assert_allclose(image.array[0], -300 + levels / 255 * 1500, atol=1e-3)
    assert image.clipped_hu == (-300.0, 1200.0)
    assert image.unit == "HU"
    assert image.name == "a.png"
    assert image.grid.spacing == pytest.approx((1.0, 0.4, 0.4))


def test_window_and_level_are_used(tmp_path, levels):
    image = read_picture(save_picture(tmp_path / "a.png", levels), 0.4, 400.0, 40.0)
    assert image.clipped_hu == (-160.0, 240.0)
    assert (image.array.min(), image.array.max()) == (-160.0, 240.0)


def test_16_bit_grey_keeps_its_steps(tmp_path):
    fine = np.linspace(0, 65535, 40 * 24).astype(np.uint16).reshape(40, 24)
    image = read_picture(save_picture(tmp_path / "a.png", fine), 0.4)
    np.testing.assert_allclose(image.array[0], -300 + fine / 65535 * 1500, atol=1e-3)


@pytest.mark.parametrize("quality", [30, 75, 95])
def test_grey_saved_as_colour_reads_like_grey(tmp_path, levels, quality):
    PIL.Image.fromarray(levels).save(tmp_path / "grey.jpg", quality=quality)
    colour = PIL.Image.fromarray(np.dstack([levels] * 3))
    colour.save(tmp_path / "colour.jpg", quality=quality)
    grey = read_picture(tmp_path / "grey.jpg", 0.4).array
    np.testing.assert_allclose(read_picture(tmp_path / "colour.jpg", 0.4).array, grey, atol=12.0)


def test_grey_palette_and_opaque_alpha_read_like_grey(tmp_path, levels):
    expected = read_picture(save_picture(tmp_path / "grey.png", levels), 0.4).array
    picture = PIL.Image.fromarray(levels)
    palette = PIL.Image.fromarray(levels, "L").convert("P")
    palette.save(tmp_path / "palette.png")
    picture.convert("RGBA").save(tmp_path / "rgba.png")
    picture.convert("LA").save(tmp_path / "la.png")
    for name in ("palette.png", "rgba.png", "la.png"):
        np.testing.assert_array_equal(read_picture(tmp_path / name, 0.4).array, expected)


def test_exif_orientation_is_applied(tmp_path, levels):
    exif = PIL.Image.Exif()
    exif[0x0112] = 6  # to be shown turned by 90 degrees clockwise
    turned = PIL.Image.fromarray(np.rot90(levels))
    turned.save(tmp_path / "a.png", exif=exif)
    expected = read_picture(save_picture(tmp_path / "b.png", levels), 0.4)
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png", 0.4).array, expected.array)


def test_dots_per_inch_are_no_pixel_spacing(tmp_path, levels):
    PIL.Image.fromarray(levels).save(tmp_path / "a.png", dpi=(63.5, 63.5))  # 0.4 mm on paper
    with pytest.raises(SpacingError):
        read_picture(tmp_path / "a.png", None)


def test_missing_spacing_says_what_to_type(tmp_path):
    with pytest.raises(SpacingError, match=r"--pixel-spacing 0\.4 .* image,pixel_spacing_mm"):
        read_picture(save_picture(tmp_path / "a.png"), None)


@pytest.mark.parametrize("spacing", [0.0, -0.4, float("nan"), float("inf"), 0.049, 2.01, 400.0])
def test_impossible_spacing_is_refused(tmp_path, spacing):
    with pytest.raises(SpacingError, match=r"between 0.05 and 2.0 mm, found"):
        read_picture(save_picture(tmp_path / "a.png"), spacing)


@pytest.mark.parametrize("window", [(0.0, 450.0), (-1.0, 450.0), (float("nan"), 0.0)])
def test_impossible_window_is_refused(tmp_path, window):
    with pytest.raises(SettingsError, match="--window 1500 --level 450"):
        read_picture(save_picture(tmp_path / "a.png"), 0.4, *window)


def test_infinite_level_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="level"):
        read_picture(save_picture(tmp_path / "a.png"), 0.4, 1500.0, float("inf"))


def _png_header(width: int, height: int) -> bytes:
    """A PNG that declares a size and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height"), [(9000, 9000), (12000, 12000), (60000, 60000)])
def test_huge_declared_size_is_refused_before_decoding(tmp_path, width, height, monkeypatch):
    path = tmp_path / "huge.png"
    path.write_bytes(_png_header(width, height))
    monkeypatch.setattr(PIL.Image.Image, "convert", lambda *_: pytest.fail("was decoded"))
    monkeypatch.setattr(PIL.Image.Image, "tobytes", lambda *_: pytest.fail("was decoded"))
    with pytest.raises(UnsupportedImage, match="at most 64 megapixels"):
        read_picture(path, 0.4)


def test_colour_is_refused_and_counted(tmp_path):
    colours = np.dstack([finger_levels()] * 3)
    colours[3:5, 3:5] = (255, 0, 0)
    with pytest.raises(UnsupportedImage, match=r"found colour in 4 pixels \(0.22%\)"):
        read_picture(save_picture(tmp_path / "a.png", colours), 0.4)


@pytest.mark.parametrize("mode", ["CMYK", "1"])
def test_other_kinds_are_refused(tmp_path, mode):
    path = tmp_path / ("a.jpg" if mode == "CMYK" else "a.png")
    PIL.Image.fromarray(finger_levels()).convert(mode).save(path)
    with pytest.raises(UnsupportedImage, match="CMYK" if mode == "CMYK" else "black and white"):
        read_picture(path, 0.4)


def test_transparency_is_refused(tmp_path):
    picture = PIL.Image.fromarray(finger_levels())
    half = picture.convert("RGBA")
    half.putalpha(128)
    half.save(tmp_path / "half.png")
    picture.save(tmp_path / "key.png", transparency=80)
    wide = PIL.Image.fromarray(finger_levels().astype(np.uint16) * 257)
    wide.save(tmp_path / "wide.png", transparency=80 * 257)
    for name in ("half.png", "key.png", "wide.png"):
        with pytest.raises(UnsupportedImage, match="transparent"):
            read_picture(tmp_path / name, 0.4)


def test_several_frames_are_refused(tmp_path):
    frames = [PIL.Image.fromarray(finger_levels() + shift) for shift in (0, 5)]
    frames[0].save(tmp_path / "a.png", save_all=True, append_images=frames[1:])
    with pytest.raises(UnsupportedImage, match="2 frames"):
        read_picture(tmp_path / "a.png", 0.4)


def test_12_bit_values_in_16_bits_are_refused(tmp_path):
    values = finger_levels().astype(np.uint16) * 16
    with pytest.raises(UnsupportedImage, match="12-bit"):
        read_picture(save_picture(tmp_path / "a.png", values), 0.4)


def test_tiny_pictures_are_refused(tmp_path):
    with pytest.raises(UnsupportedImage, match="found 1 x 1"):
        read_picture(save_picture(tmp_path / "a.png", np.zeros((1, 1), np.uint8)), 0.4)


def test_files_that_are_no_picture(tmp_path):
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("not a picture")
    (tmp_path / "folder.jpg").mkdir()
    for name, told in [
        ("empty.jpg", "empty"),
        ("text.jpg", "not a JPEG or PNG"),
        ("folder.jpg", "found a folder"),
        ("missing.jpg", "no such file"),
    ]:
        with pytest.raises(UnreadableFile, match=told) as raised:
            read_picture(tmp_path / name, 0.4)
        assert str(tmp_path) not in str(raised.value)


def test_devices_are_not_read():
    with pytest.raises(UnreadableFile, match="no regular file"):
        read_picture("/dev/zero", 0.4)


def test_no_permission(tmp_path, monkeypatch):
    path = save_picture(tmp_path / "a.png")

    def locked(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(raster.PIL.Image, "open", locked)
    with pytest.raises(UnreadableFile, match="no permission"):
        read_picture(path, 0.4)


@pytest.mark.parametrize("ending", ["jpg", "png"])
def test_truncated_files_are_refused(tmp_path, ending):
    noise = np.random.default_rng(0).integers(0, 255, (60, 60), np.uint8)
    path = save_picture(tmp_path / f"a.{ending}", noise)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UnreadableFile, match="damaged or incomplete"):
        read_picture(path, 0.4)


@pytest.mark.parametrize("ending", ["JPEG", "PNG"])
@given(data=st.data())
def test_damage_anywhere_gives_a_picture_or_our_error(tmp_path_factory, ending, data):
    buffer = io.BytesIO()
    PIL.Image.fromarray(finger_levels()).save(buffer, ending)
    content = bytearray(buffer.getvalue())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path: Path = tmp_path_factory.mktemp("damaged") / "a"
    path.write_bytes(content)
    try:
        image = read_picture(path, 0.4)
    except CalcimetryError as error:
        assert "\n" not in str(error)  # noqa: PT017 - either end is right
    else:
        assert np.isfinite(image.array).all()


@pytest.mark.parametrize(("highest", "dtype"), [(43, np.uint8), (300, np.uint16)])
def test_label_png_holds_the_label_numbers(tmp_path, highest, dtype):
    labels = np.zeros((5, 7), int)
    labels[2, 3] = highest
    grid = Grid.picture((5, 7), 0.4)
    write_label_png(tmp_path / "sub" / "l.png", Segmentation(labels, grid, {highest: "x"}))
    with PIL.Image.open(tmp_path / "sub" / "l.png") as picture:
        read = np.asarray(picture)
    assert read.dtype == dtype
    np.testing.assert_array_equal(read, labels)


def test_label_png_of_a_volume_is_refused(tmp_path):
    volume = Segmentation(np.zeros((2, 4, 4), int), Grid((2, 4, 4), np.eye(4)), {})
    with pytest.raises(OutputError, match="has 2"):
        write_label_png(tmp_path / "l.png", volume)


def test_a_link_that_leads_in_a_circle_is_not_called_damaged(tmp_path):
    (tmp_path / "a.png").symlink_to(tmp_path / "a.png")
    with pytest.raises(UnreadableFile, match=r"it cannot be opened \(Too many levels"):
        read_picture(tmp_path / "a.png", 0.4)
