"""CT series with their masks: DICOM SEG, or files named after the series."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.uid import SegmentationStorage

from calcimetry.dicom.find import find_series
from calcimetry.dicom.found import Volume
from calcimetry.dicom.instance import Instance
from calcimetry.dicom.kinds import refusal_of
from calcimetry.dicom.pixels import load_stack
from calcimetry.dicom.scan import scan
from calcimetry.dicom.series import Series, group_series
from calcimetry.dicom.stack import MIN_SLICES, Slice, Stack, pixels_of
from calcimetry.errors import InputError, SpacingError
from calcimetry.model import DualEnergyImage, Grid, Image
from calcimetry.training.marked import Marked, Source, values_of
from calcimetry.training.mask_files import BONES, LESIONS, find_mask
from calcimetry.training.picture_pairs import marked_picture, no_mask
from calcimetry.training.planes import cut_volume
from calcimetry.training.segments import read_segments, referenced_series
from calcimetry.training.volume_pairs import marked_volume

_SEG_OR = "a DICOM SEG drawn on it, or "


def find_dicom(root: Path) -> tuple[list[Source], list[Path]]:
    """The CT volumes and single slices of a folder, and its files that are no DICOM.

    Parameters
    ----------
    root : Path

    Returns
    -------
    sources : list of Source
        Something that should be CT and cannot be read is one that raises.
    other_files : list of Path
    """
    found = find_series([root])
    if not (found.volumes or found.left):
        return [], list(found.other_files)
    instances = scan([root]).instances
    segs = [one for one in instances if one.sop_class == SegmentationStorage]
    sources = [Source(one.name, partial(_read_volume, one, segs, root)) for one in found.volumes]
    short = [one for one in group_series(instances) if _is_short(one)]
    for series in short:
        for number, instance in enumerate(series.instances):
            name = series.name + (f"-{number + 1}" if number else "")
            sources.append(Source(name, partial(_read_slice, instance, name, segs, root)))
    known = {series.own_label for series in short}
    sources += [
        Source(left.what, partial(_fail, left.what, left.reason))
        for left in found.left
        if left.failed and left.what not in known
    ]
    return sources, list(found.other_files)


def _fail(what: str, reason: str) -> Marked:
    raise InputError(f"Reading {what}: {reason}.")


def _is_short(series: Series) -> bool:
    """Whether a series is CT of too few slices for a volume, one in each file."""
    usable = all(refusal_of(one) is None and len(one.frames) == 1 for one in series.instances)
    return usable and len(series.instances) < MIN_SLICES


def _read_volume(volume: Volume, segs: Sequence[Instance], root: Path) -> Marked:
    loaded = volume.load()
    image = loaded.mixed if isinstance(loaded, DualEnergyImage) else loaded
    pieces = [piece.instance for one in volume.scans for piece in one.stack.slices]
    series = {one.series_uid for one in pieces}
    marked = _with_segments(image, volume.patient, series, segs)
    if marked is not None:
        return marked
    folder = Path(os.path.commonpath({one.source.path.parent for one in pieces}))
    as_file = folder / f"{volume.name}.nii.gz"
    masks = find_mask(as_file, root, BONES), find_mask(as_file, root, LESIONS)
    expected = f"{_SEG_OR}{volume.name}{BONES}.nii.gz"
    return marked_volume(image, volume.patient, masks, root, expected)


def _read_slice(instance: Instance, name: str, segs: Sequence[Instance], root: Path) -> Marked:
    piece = Slice(instance, 0)
    grid = _slice_grid(piece, name)
    image = Image(load_stack(Stack((piece,), grid)), grid, "HU", name=name)
    marked = _with_segments(image, instance.patient, {instance.series_uid}, segs)
    if marked is not None:
        return marked
    as_picture = instance.source.path.with_suffix(".png")
    bones, lesions = (find_mask(as_picture, root, kind) for kind in (BONES, LESIONS))
    if bones is None:
        raise no_mask(name, f"{_SEG_OR}{as_picture.stem}{BONES}.png")
    return marked_picture(image, instance.patient, bones, lesions)


def _slice_grid(piece: Slice, name: str) -> Grid:
    """Where a slice lies; it has a nominal thickness of 1 mm."""
    frame, pixels = piece.frame, pixels_of(piece)
    if frame.spacing is None or frame.orientation is None or frame.position is None:
        raise SpacingError(
            f"Reading {name}: its header states no PixelSpacing or no place in the patient. Export "
            "the slice from the scanner's own series."
        )
    along_row, down_column = np.array(frame.orientation).reshape(2, 3)
    affine = np.eye(4)
    affine[:3, 0] = np.cross(along_row, down_column)
    affine[:3, 1] = down_column * frame.spacing[0]
    affine[:3, 2] = along_row * frame.spacing[1]
    affine[:3, 3] = frame.position
    uid = piece.instance.frame_of_reference_uid
    return Grid((1, pixels.rows, pixels.columns), affine, uid)


def _with_segments(
    image: Image, patient: str, series: set[str], segs: Sequence[Instance]
) -> Marked | None:
    """An image with the SEG objects that belong to it; None where there is none."""
    own = [one for one in segs if referenced_series(one.source) & series]
    place = image.grid.frame_of_reference_uid
    own = own or [one for one in segs if place and one.frame_of_reference_uid == place]
    bones: tuple[str, NDArray[np.int64]] | None = None
    deposits: NDArray[np.bool_] | None = None
    for one in own:
        found = read_segments(one.source, image.grid)
        if found.bones.any():
            if bones is not None:
                raise InputError(
                    f"Reading {image.name}: {bones[0]} and {one.source.name} both hold its bones. "
                    "Keep one of them in the folder."
                )
            bones = one.source.name, found.bones
        if found.deposits is not None:
            deposits = found.deposits if deposits is None else deposits | found.deposits
    if not own:
        return None
    if bones is None:
        raise InputError(
            f"Reading {image.name}: no DICOM SEG that belongs to it marks bone; "
            f"{own[0].source.name} does not. Mark the bones, or take the series out of the folder."
        )
    name, numbers = bones
    return Marked(
        image.name, patient, name, values_of(numbers, name), cut_volume(image, numbers, deposits)
    )
