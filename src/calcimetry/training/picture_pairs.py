"""A JPEG or PNG picture with its masks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from calcimetry.errors import InputError
from calcimetry.files.inputs import Input, without_ending
from calcimetry.files.manifest import MANIFEST_NAME
from calcimetry.files.raster import read_picture
from calcimetry.model import Image
from calcimetry.training.marked import Cut, Marked, refuse_other_size, values_of
from calcimetry.training.mask_files import BONES, LESIONS, PLACES, find_mask, read_mask_png

#: Columns of manifest.csv that name the masks and say whose a picture is.
MASK_COLUMN, LESIONS_COLUMN, PATIENT_COLUMN = "mask", "lesions", "patient"


def read_marked_picture(source: Input, root: Path, window_hu: float, level_hu: float) -> Marked:
    """Read a picture and its masks.

    Parameters
    ----------
    source : Input
        A picture that `calcimetry.files.inputs.find_inputs` found.
    root : Path
        The folder that was searched.
    window_hu, level_hu : float
        Of the picture's export.

    Returns
    -------
    Marked
        Of one cut.

    Raises
    ------
    InputError
        If either cannot be read, the bone mask is missing or empty, or their sizes differ.
    """
    if source.problem:
        raise InputError(f"Reading {source.image}: {source.problem}.")
    image = read_picture(source.path, source.pixel_spacing_mm, window_hu, level_hu)
    image = replace(image, name=source.image)
    bones, lesions = mask_of(source, root, BONES), mask_of(source, root, LESIONS)
    return marked_picture(image, source.columns.get(PATIENT_COLUMN, ""), bones, lesions)


def marked_picture(image: Image, patient: str, bones: Path | None, lesions: Path | None) -> Marked:
    """A picture whose masks lie in PNG files.

    Parameters
    ----------
    image : Image
        One slice; its name is told.
    patient : str
        A pseudonym, or empty.
    bones, lesions : Path or None

    Returns
    -------
    Marked
        Of one cut.

    Raises
    ------
    InputError
        If there is no bone mask, or it is empty, or one cannot be read or has another size.
    """
    if bones is None:
        raise no_mask(image.name, f"{_stem(image.name)}{BONES}.png")
    size = image.array.shape[1:]
    numbers = _read(bones, size, image.name)
    deposits = None if lesions is None else _read(lesions, size, image.name) != 0
    values = values_of(numbers, bones.name)
    cut = Cut(image.name, image, numbers, deposits)
    return Marked(image.name, patient, bones.name, values, (cut,))


def mask_of(source: Input, root: Path, kind: str) -> Path | None:
    """The mask that the manifest names, or else the one that lies where masks do.

    Parameters
    ----------
    source : Input
        A picture, or a volume in one file.
    root : Path
        The folder that was searched.
    kind : str
        `BONES` or `LESIONS`.

    Returns
    -------
    Path or None
        None where there is none. One that is named need not be there.
    """
    named = source.columns.get(MASK_COLUMN if kind == BONES else LESIONS_COLUMN, "")
    if named:
        return _manifest_folder(source.path, root) / named.replace("\\", "/")
    return find_mask(source.path, root, kind)


def no_mask(name: str, expected: str) -> InputError:
    """The error, yet to be raised, of an image without a bone mask.

    Parameters
    ----------
    name : str
        Of the image.
    expected : str
        Name of the mask that was looked for.
    """
    places = ", ".join(place for place in PLACES if place != ".")
    return InputError(
        f"Reading {name}: its bone mask is missing. Expected {expected} beside it or in {places}, "
        f"or, for a file, its name in the column {MASK_COLUMN} of {MANIFEST_NAME}."
    )


def _stem(name: str) -> str:
    return PurePosixPath(without_ending(name)[0]).name


def _manifest_folder(path: Path, root: Path) -> Path:
    """The folder of the manifest that names a picture: the outermost one counts."""
    above = [folder for folder in path.parents if folder == root or root in folder.parents]
    for folder in reversed(above):
        if any(path.name.lower() == MANIFEST_NAME for path in folder.iterdir()):
            return folder
    return path.parent


def _read(path: Path, size: tuple[int, ...], name: str) -> NDArray[np.int64]:
    numbers = read_mask_png(path)
    refuse_other_size(numbers.shape, size, path.name, name)
    return numbers
