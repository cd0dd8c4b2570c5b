"""One picture or volume from a path, whatever its kind."""

from __future__ import annotations

import os
from pathlib import Path

from calcimetry.errors import InputError
from calcimetry.files.inputs import without_ending
from calcimetry.files.nifti import VOLUME_ENDINGS
from calcimetry.files.raster import read_picture
from calcimetry.model import DualEnergyImage, Image
from calcimetry.study.sources import VolumeChoice, find_sources, read_volume


def read_one(
    path: Path, pixel_spacing_mm: float | None, window_hu: float, level_hu: float
) -> Image | DualEnergyImage:
    """Read the one picture or volume that a path holds.

    What a manifest.csv says of a picture's spacing counts before `pixel_spacing_mm`.
    Warnings of reading are not told; `measure_study` tells them.

    Parameters
    ----------
    path : Path
        A picture, a NIfTI file, or a file, folder, zip or DICOMDIR of DICOM.
    pixel_spacing_mm : float or None
        Of a picture.
    window_hu, level_hu : float
        Of a picture.

    Returns
    -------
    Image or DualEnergyImage

    Raises
    ------
    InputError
        If it cannot be read, or holds nothing to measure, or more than one thing.
    """
    is_volume = path.name.lower().endswith(VOLUME_ENDINGS)
    # Not Path.is_dir, which raises where a parent is locked.
    if without_ending(path.name)[1] and not is_volume and not os.path.isdir(path):  # noqa: PTH112
        return read_picture(path, pixel_spacing_mm, window_hu, level_hu)
    found = find_sources([path], VolumeChoice()).found
    if len(found) > 1:
        names = ", ".join(source.image for source in found[:5]) + (", ..." if found[5:] else "")
        raise InputError(
            f"Reading {path.name}: expected one picture or volume, found {len(found)}: {names}. "
            "Name one of them, or measure them all with measure_study."
        )
    (source,) = found
    if source.problem:
        raise InputError(f"Reading {source.image}: {source.problem}.")
    if source.load is not None:
        return read_volume(source, source.image).image
    spacing = pixel_spacing_mm if source.pixel_spacing_mm is None else source.pixel_spacing_mm
    return read_picture(source.path, spacing, window_hu, level_hu)
