"""Simulated images into files: DICOM, NIfTI, or sagittal pictures with their label maps."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from calcimetry.dicom.ct import CtStudy, write_ct
from calcimetry.files.nifti import write_ct_nifti, write_label_nifti
from calcimetry.files.raster import window_range_hu, write_label_png
from calcimetry.files.tables import write_bytes
from calcimetry.model import Report, Segmentation
from calcimetry.phantom.reformat import QUALITIES, FingerReformat
from calcimetry.phantom.volume import HandVolume
from calcimetry.study.phantom_output import PhantomOutput

#: The source paper's window.
WINDOW_HU, LEVEL_HU = 1500.0, 450.0
#: How far from the edge the frame of a viewer lies that is burned in, in pixels.
_FRAME_PIXEL = 2


def write_volume_images(
    folder: Path,
    volume: HandVolume,
    output: PhantomOutput,
    study: CtStudy,
    on_slice: Callable[[int, int], None] | None = None,
) -> None:
    """Write both energies of a volume as DICOM or NIfTI.

    Parameters
    ----------
    folder : Path
        Gets a folder per series, or a file per energy, named after the tube setting.
    volume : HandVolume
    output : PhantomOutput
        Whose format is not JPEG.
    study : CtStudy
        For the DICOM headers.
    on_slice : callable, optional
        Told how many slices are written, and of how many.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    if output.format == "dicom":
        write_ct(folder, volume.image, study, on_slice)
        return
    image = volume.image
    for number, (one, setting) in enumerate(
        ((image.low, image.low_setting), (image.high, image.high_setting)), start=1
    ):
        write_ct_nifti(folder / f"{setting}kV.nii.gz", one)
        if on_slice is not None:
            on_slice(number, 2)


def write_volume_labels(folder: Path, volume: HandVolume, report: Report) -> None:
    """Write the true label maps of a volume as NIfTI, one file for each map it has.

    Parameters
    ----------
    folder : Path
    volume : HandVolume
        Any field whose name ends in ``_map`` is written.
    report : Report
        Of the same volume; its bones have their side in their labels.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    write_label_nifti(folder / "bones.nii.gz", report.bones)
    for one in fields(volume):
        stem = one.name.removesuffix("_map")
        if one.name.endswith("_map") and stem != "bone":
            labels = np.asarray(getattr(volume, one.name))
            meanings = {int(n): f"{stem} {n}" for n in np.unique(labels) if n}
            write_label_nifti(
                folder / f"{stem}s.nii.gz", Segmentation(labels, volume.image.grid, meanings)
            )


def write_picture(path: Path, picture: FingerReformat, quality: int, border: bool) -> None:
    """Write a sagittal picture as 8-bit JPEG, window 1500, level 450.

    Parameters
    ----------
    path : Path
    picture : FingerReformat
    quality : int
        Of JPEG, 1 to 100.
    border : bool
        Whether a white frame is burned in, one pixel wide and two from the edge.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    grey = _windowed(picture.report.image.array[0])
    if border:
        low, high = _FRAME_PIXEL, -1 - _FRAME_PIXEL
        grey[low, low : high + 1] = grey[high, low : high + 1] = 255
        grey[low : high + 1, low] = grey[low : high + 1, high] = 255
    packed = io.BytesIO()
    PIL.Image.fromarray(grey).save(packed, "JPEG", quality=quality)
    write_bytes(path, packed.getvalue())


def write_picture_labels(folder: Path, stem: str, picture: FingerReformat) -> None:
    """Write the true bones and lesions of a picture as PNG label maps.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    write_label_png(folder / f"{stem}_bones.png", picture.report.bones)
    write_label_png(folder / f"{stem}_lesions.png", picture.report.lesion_map)


def drawn_quality(output: PhantomOutput, rng: np.random.Generator) -> int:
    """Quality of one JPEG: that asked for, or else a drawn one from 60 to 98."""
    if output.quality is not None:
        return output.quality
    low, high = QUALITIES
    return int(rng.integers(low, high, endpoint=True))


def _windowed(hu: NDArray[np.floating]) -> NDArray[np.uint8]:
    low, high = window_range_hu(WINDOW_HU, LEVEL_HU)
    share = np.clip((hu.astype(np.float64) - low) / (high - low), 0.0, 1.0)
    return np.rint(share * 255.0).astype(np.uint8)
