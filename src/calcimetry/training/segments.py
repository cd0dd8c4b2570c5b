"""Masks as DICOM SEG: which segment is which bone, and where its frames lie."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset

from calcimetry.dicom.source import Reader, Source
from calcimetry.errors import InputError, UnreadableFile, UnsupportedImage
from calcimetry.model import Bone, Digit, Grid
from calcimetry.model.anatomy import LEFT_HAND_OFFSET
from calcimetry.training.mask_values import label_class

#: What stands for bone without a name, and for a deposit, among label numbers.
ANY_BONE, LESION = 255, -1
#: A pixel may lie this part of a voxel off the image's own place.
_SAME_PLACE = 0.1
_BONE = re.compile(r"(proximal|middle|distal) phalanx|metacarpal|sesamoid")
_LESION = re.compile(r"lesion|calcif|calcinos|deposit")


@dataclass(frozen=True, eq=False, slots=True)
class Segments:
    """What one SEG object marks: label numbers, and deposits or None, of an image's shape."""

    bones: NDArray[np.int64]
    deposits: NDArray[np.bool_] | None


def referenced_series(source: Source) -> frozenset[str]:
    """SeriesInstanceUIDs that a SEG object says it was drawn on."""
    ds = _dataset(source, pixels=False)
    return frozenset(str(one.SeriesInstanceUID) for one in ds.get("ReferencedSeriesSequence", ()))


def read_segments(source: Source, grid: Grid) -> Segments:
    """Read a SEG object onto the grid of the image that it was drawn on.

    Parameters
    ----------
    source : Source
        Where the object lies.
    grid : Grid
        Of the image.

    Returns
    -------
    Segments

    Raises
    ------
    UnreadableFile
        If it is damaged.
    UnsupportedImage
        If no segment is called a bone or a lesion.
    InputError
        If its frames do not lie on the grid.
    """
    ds = _dataset(source, pixels=True)
    try:
        numbers = {
            int(one.SegmentNumber): label_number(str(one.SegmentLabel))
            for one in ds.SegmentSequence
        }
        frames = list(_frames(ds, grid, source.name))
    except InputError:
        raise
    except Exception as error:
        # Damaged objects make a parser or decoder raise anything.
        raise _damaged(source, error) from error
    if not any(numbers.values()):
        raise UnsupportedImage(
            f"Reading {source.name}: none of its {len(numbers)} segments is called a bone or a "
            "lesion. Give each SegmentLabel a name such as 'right ring proximal phalanx', or its "
            "label number."
        )
    bones = np.zeros(grid.shape, np.int64)
    deposits = np.zeros(grid.shape, bool)
    for segment, index in frames:
        number = numbers.get(segment)
        if number == LESION:
            deposits[tuple(index.T)] = True
        elif number:
            bones[tuple(index.T)] = number
    return Segments(bones, deposits if LESION in numbers.values() else None)


def label_number(label: str) -> int | None:
    """Label number of a segment by what it is called; None where it is none of ours.

    Parameters
    ----------
    label : str
        SegmentLabel.

    Returns
    -------
    int or None
        ``10 x digit + bone`` (+ 100 if left); `ANY_BONE` for bone without more, `LESION`.

    Examples
    --------
    >>> [label_number(one) for one in ("Left ring proximal phalanx", "23", "Metacarpal", "skin")]
    [141, 23, 4, None]
    >>> label_number("middle middle phalanx"), label_number("bones"), label_number("Lesion 3")
    (32, 255, -1)
    """
    words = label.strip().lower().replace("_", " ")
    if words.isdigit():
        return int(words) if label_class(int(words)) is not None else None
    if _LESION.search(words):
        return LESION
    found = _BONE.search(words)
    if found is None:
        return ANY_BONE if words in ("bone", "bones") else None
    bone = Bone[found[0].upper().replace(" ", "_")]
    rest = words[: found.start()] + words[found.end() :]
    digit = next((one for one in list(Digit)[1:] if one.name.lower() in rest.split()), 0)
    left = LEFT_HAND_OFFSET if "left" in rest.split() else 0
    return left + 10 * int(digit) + int(bone)


def _dataset(source: Source, *, pixels: bool) -> Dataset:
    try:
        with Reader() as reader, reader.open(source) as stream:
            return dcmread(stream, stop_before_pixels=not pixels)
    except InputError:
        raise
    except Exception as error:
        raise _damaged(source, error) from error


def _damaged(source: Source, error: Exception) -> UnreadableFile:
    # Not str() of the error, which may quote the header.
    return UnreadableFile(
        f"Reading {source.name}: this DICOM SEG is damaged or incomplete "
        f"({type(error).__name__}). Export or copy it again."
    )


def _frames(ds: Dataset, grid: Grid, name: str) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Number of the segment, and the samples of the grid that it fills, frame by frame."""
    pixels = ds.pixel_array.reshape(-1, int(ds.Rows), int(ds.Columns))
    shared = ds.SharedFunctionalGroupsSequence[0]
    half = 0.5 if ds.SegmentationType == "BINARY" else int(ds.MaximumFractionalValue) / 2.0
    for plane, own in zip(pixels, ds.PerFrameFunctionalGroupsSequence, strict=True):
        segment = _group(own, shared, "SegmentIdentificationSequence").ReferencedSegmentNumber
        position = _group(own, shared, "PlanePositionSequence").ImagePositionPatient
        orientation = _group(own, shared, "PlaneOrientationSequence").ImageOrientationPatient
        spacing = _group(own, shared, "PixelMeasuresSequence").PixelSpacing
        steps = np.array(orientation, float).reshape(2, 3)[::-1] * np.array(spacing, float)[:, None]
        places = np.argwhere(plane > half) @ steps + np.array(position, float)
        index = grid.mm_to_index(places)
        whole = np.rint(index).astype(np.intp)
        _refuse_elsewhere(index, whole, (grid, np.linalg.norm(steps, axis=1)), name)
        yield int(segment), whole


def _group(own: Dataset, shared: Dataset, keyword: str) -> Dataset:
    """The macro of one frame, its own or the one that all frames share."""
    found: Dataset = (own if keyword in own else shared)[keyword][0]
    return found


def _refuse_elsewhere(
    index: NDArray[np.float64],
    whole: NDArray[np.intp],
    frame: tuple[Grid, NDArray[np.float64]],
    name: str,
) -> None:
    grid, spacing = frame
    inside = (whole >= 0).all() and (whole < grid.shape).all()
    near = not len(index) or float(np.abs(index - whole).max()) <= _SAME_PLACE
    if not (inside and near and np.allclose(spacing, grid.spacing[1:], rtol=1e-2)):
        raise InputError(
            f"Reading {name}: its frames do not lie on the pixels of the series it belongs to "
            f"({' x '.join(map(str, grid.shape))}). Draw the segments on that series, uncropped "
            "and unscaled."
        )
