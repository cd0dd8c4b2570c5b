"""Finger pictures as a PACS exports them: reading JPEG and PNG, writing label maps."""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageOps
from numpy.typing import NDArray

from calcimetry.errors import (
    InputError,
    OutputError,
    SettingsError,
    SpacingError,
    UnreadableFile,
    UnsupportedImage,
)
from calcimetry.files.opening import refuse_no_file, unreadable
from calcimetry.files.tables import write_bytes
from calcimetry.model import Grid, Image, Segmentation

#: Endings by which a picture is recognised in a folder; compared in lower case.
PICTURE_ENDINGS = (".jfif", ".jpe", ".jpeg", ".jpg", ".png")
#: Larger pictures are refused from their header alone, before any pixel is decoded.
MAX_PIXELS = 64_000_000
#: No finger fits in fewer pixels than this along either side.
MIN_SIDE = 16
#: Legal pixel spacing in mm. Measuring is tested from 0.1 to 1.0 mm.
SPACING_RANGE_MM = (0.05, 2.0)
#: Largest difference between red, green and blue of a grey pixel that JPEG may cause, in levels.
GREY_TOLERANCE = 8
#: The largest value of 12-bit data, as CT stores it.
MAX_12_BIT = 4095


def read_picture(
    path: str | PathLike[str],
    pixel_spacing_mm: float | None,
    window_hu: float = 1500.0,
    level_hu: float = 450.0,
) -> Image:
    """Read one grey picture and turn its grey levels into HU.

    ``HU = level - window / 2 + grey / max * window``, where max is 255 or 65535:
    the lowest and the highest grey level stand for the ends of the window, and
    whatever lay outside was clipped when the picture was exported.

    Colour saved from grey is taken back to grey, 16-bit colour at 8 bits. The
    EXIF orientation is applied. Colour profiles and gamma are ignored: the grey
    level is the number stored.

    Parameters
    ----------
    path : path-like
        A JPEG or PNG file.
    pixel_spacing_mm : float or None
        Distance between pixel centres in mm, 0.05 to 2.0. It must be given: the
        dots per inch that JPEG and PNG (pHYs) may carry describe printing, not
        the patient, and are never used.
    window_hu, level_hu : float
        Width and centre in HU of the window that the picture was exported with.

    Returns
    -------
    Image
        Shape (1, rows, columns) in HU, named after the file; `clipped_hu` holds
        the ends of the window.

    Raises
    ------
    UnreadableFile
        If the file is missing, a folder, empty, truncated, no JPEG or PNG, or
        may not be opened.
    UnsupportedImage
        If the picture is in colour or CMYK, black and white only, transparent,
        animated, smaller than 16 pixels along a side or larger than 64
        megapixels, or holds 12-bit values in 16 bits.
    SpacingError
        If the pixel spacing is missing, not a number, or out of range.
    SettingsError
        If the window is not positive or the level is not finite.
    """
    path = Path(path)
    low, high = window_range_hu(window_hu, level_hu)
    with _opened(path) as picture:
        grey, top = _grey_levels(picture, path.name)
    spacing = checked_spacing(pixel_spacing_mm, path.name)
    hu = (low + grey.astype(np.float64) / top * window_hu).astype(np.float32)
    rows, columns = grey.shape
    return Image(
        hu, Grid.picture((rows, columns), spacing), "HU", clipped_hu=(low, high), name=path.name
    )


def checked_spacing(pixel_spacing_mm: float | None, name: str) -> float:
    """The pixel spacing of the picture called `name`, where it is one that can be used.

    Raises
    ------
    SpacingError
        If it is missing, not a number, or out of range.
    """
    how = (
        "Give it as --pixel-spacing 0.4 (mm), or name the folder with a manifest.csv that has "
        "the columns image,pixel_spacing_mm."
    )
    if pixel_spacing_mm is None:
        raise SpacingError(f"Reading {name}: its pixel spacing is not known. {how}")
    low, high = SPACING_RANGE_MM
    # NaN fails both comparisons, so it is refused here too.
    if not low <= pixel_spacing_mm <= high:
        raise SpacingError(
            f"Reading {name}: the pixel spacing must lie between {low} and {high} mm, "
            f"found {pixel_spacing_mm} mm. {how}"
        )
    return float(pixel_spacing_mm)


def window_range_hu(window_hu: float, level_hu: float) -> tuple[float, float]:
    """Lowest and highest HU that a window shows.

    Raises
    ------
    SettingsError
        If the window is not positive or either is not finite.

    Examples
    --------
    >>> window_range_hu(1500.0, 450.0)
    (-300.0, 1200.0)
    """
    if not (math.isfinite(window_hu) and window_hu > 0 and math.isfinite(level_hu)):
        raise SettingsError(
            "Reading pictures: the window must be a positive number of HU and the level finite, "
            f"found window {window_hu} and level {level_hu}; --window 1500 --level 450 is what "
            "most exports use."
        )
    return level_hu - window_hu / 2, level_hu + window_hu / 2


def write_label_png(path: str | PathLike[str], segmentation: Segmentation) -> None:
    """Write the label map of a picture as a grey PNG whose grey level is the label number.

    Eight bits, or sixteen where a label is above 255. The file appears whole or
    not at all.

    Parameters
    ----------
    path : path-like
        Where to write; folders are made as needed.
    segmentation : Segmentation
        A label map of one slice, shape (1, rows, columns).

    Raises
    ------
    OutputError
        If the label map has several slices, or the file cannot be written.
    """
    path = Path(path)
    labels = segmentation.label_map
    if labels.shape[0] != 1:
        raise OutputError(
            f"Writing {path.name}: a PNG holds one slice, the label map has {labels.shape[0]}."
        )
    wide = int(labels.max()) > 255
    buffer = io.BytesIO()
    PIL.Image.fromarray(labels[0].astype(np.uint16 if wide else np.uint8)).save(buffer, "PNG")
    write_bytes(path, buffer.getvalue())


@contextmanager
def _opened(path: Path) -> Iterator[PIL.Image.Image]:
    """Open a picture, and turn whatever goes wrong until it is closed into our errors."""
    name = path.name
    try:
        refuse_no_file(path, "a JPEG or PNG file")
        with warnings.catch_warnings():
            # Pillow warns of odd metadata, which is not used, and of size, which is checked here.
            warnings.simplefilter("ignore")
            with PIL.Image.open(path, formats=("JPEG", "PNG")) as picture:
                yield picture
    except InputError:
        raise
    except PIL.UnidentifiedImageError as error:
        raise UnreadableFile(
            f"Reading {name}: not a JPEG or PNG picture, or its beginning is damaged. "
            "Export the picture as JPEG or PNG."
        ) from error
    except PIL.Image.DecompressionBombError as error:
        raise UnsupportedImage(_too_large(name, "more pixels than are safe to open")) from error
    except Exception as error:
        raise unreadable(name, error) from error


def _grey_levels(picture: PIL.Image.Image, name: str) -> tuple[NDArray[np.generic], int]:
    """Grey levels, shape (rows, columns), and the largest that could be stored."""
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise UnsupportedImage(_too_large(name, f"{width} x {height}"))
    if min(width, height) < MIN_SIDE:
        raise UnsupportedImage(
            f"Reading {name}: at least {MIN_SIDE} x {MIN_SIDE} pixels are needed to show a "
            f"finger, found {width} x {height}."
        )
    if getattr(picture, "n_frames", 1) > 1:
        raise UnsupportedImage(
            f"Reading {name}: expected one picture, found {getattr(picture, 'n_frames', 1)} "
            "frames. Save the frame to measure as its own file."
        )
    if picture.mode == "CMYK":
        raise UnsupportedImage(
            f"Reading {name}: found CMYK colours, which are for printing; expected grey. "
            "Export the picture from the PACS as grey."
        )
    if picture.mode == "1":
        raise UnsupportedImage(
            f"Reading {name}: found black and white only; expected a CT picture with its grey "
            "levels."
        )
    upright = PIL.ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I"):
        return _grey_16_bit(upright, name), 65535
    return _grey_8_bit(upright, name), 255


def _grey_8_bit(picture: PIL.Image.Image, name: str) -> NDArray[np.generic]:
    if picture.mode == "L" and not picture.has_transparency_data:
        return np.asarray(picture)
    colours = np.asarray(picture.convert("RGBA"))
    if colours[..., 3].min() < 255:
        raise UnsupportedImage(_transparent(name))
    red_green_blue = colours[..., :3].astype(np.int16)
    difference = red_green_blue.max(axis=-1) - red_green_blue.min(axis=-1)
    coloured = int((difference > GREY_TOLERANCE).sum())
    if coloured:
        raise UnsupportedImage(
            f"Reading {name}: expected grey, found colour in {coloured} pixels "
            f"({100 * coloured / difference.size:.2g}%). Export the picture as grey and "
            "without coloured marks."
        )
    return np.asarray(red_green_blue.mean(axis=-1))


def _grey_16_bit(picture: PIL.Image.Image, name: str) -> NDArray[np.generic]:
    grey = np.asarray(picture)
    transparent = picture.info.get("transparency")
    if transparent is not None and (grey == transparent).any():
        raise UnsupportedImage(_transparent(name))
    if 0 < grey.max() <= MAX_12_BIT:
        raise UnsupportedImage(
            f"Reading {name}: a 16-bit picture must use 0 to 65535 for the window, but its "
            f"brightest pixel is {grey.max()}: these look like 12-bit values. Export the "
            "picture with the window applied."
        )
    return grey


def _too_large(name: str, found: str) -> str:
    return (
        f"Reading {name}: at most {MAX_PIXELS // 1_000_000} megapixels are read, found {found}. "
        "Cut the finger out, without resizing it."
    )


def _transparent(name: str) -> str:
    return (
        f"Reading {name}: parts of the picture are transparent, so their grey level is not "
        "known. Export it without transparency."
    )
