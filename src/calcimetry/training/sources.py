"""What a folder holds to learn from: pictures, NIfTI and DICOM, masks left out."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from calcimetry.errors import InputError
from calcimetry.files.inputs import Input, find_inputs
from calcimetry.files.nifti import VOLUME_ENDINGS
from calcimetry.training.dicom_pairs import find_dicom
from calcimetry.training.marked import Source
from calcimetry.training.mask_files import is_mask
from calcimetry.training.picture_pairs import read_marked_picture
from calcimetry.training.volume_pairs import read_marked_nifti


def find_training_sources(folder: Path, window_hu: float, level_hu: float) -> list[Source]:
    """List the images of a folder and how each is read.

    Parameters
    ----------
    folder : Path
    window_hu, level_hu : float
        That the pictures were exported with.

    Returns
    -------
    list of Source
        DICOM first, then the files in the order of names or of the manifest.

    Raises
    ------
    InputError
        If there is no such folder, or nothing in it.
    """
    if not folder.is_dir():
        raise InputError(
            f"Reading training data: expected a folder, found none called {folder.name}."
        )
    sources, others = find_dicom(folder)
    files = find_inputs([folder], {os.path.realpath(path) for path in others})
    for one in files.found:
        if not is_mask(one.path) and one.path != folder:
            sources.append(_source(one, folder, window_hu, level_hu))
    if not sources:
        raise InputError(
            f"Reading training data in {folder.name}: no picture or volume in it, masks aside. "
            "Name the folder that holds the images."
        )
    return sources


def _source(one: Input, folder: Path, window_hu: float, level_hu: float) -> Source:
    if one.path.name.lower().endswith(VOLUME_ENDINGS):
        return Source(one.image, partial(read_marked_nifti, one, folder))
    return Source(one.image, partial(read_marked_picture, one, folder, window_hu, level_hu))
