"""The baseline's calliper directions, read again at a later visit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.followup.result import BoneAlignment, SameAxes
from calcimetry.followup.visit import Box
from calcimetry.measurement.section import largest_section
from calcimetry.model.geometry import Grid
from calcimetry.model.lesion import Lesion
from calcimetry.model.segmentation import Segmentation

FloatArray = NDArray[np.float64]

#: Samples left around a lesion, and the Gaussian (samples) that smooths its map's stairs.
_MARGIN, _SMOOTH = 3, 0.3


@dataclass(frozen=True, eq=False, slots=True)
class Shown:
    """Lesions of one visit that belong together.

    Parameters
    ----------
    lesion_map : Segmentation
        Of the visit.
    lesions : sequence of Lesion
        At least one.
    boxes : mapping of int to tuple of slice
        Part of the map that holds each of them, by their numbers.
    """

    lesion_map: Segmentation
    lesions: Sequence[Lesion]
    boxes: Mapping[int, Box]


def axis_directions(lesion: Lesion) -> FloatArray | None:
    """Directions of a lesion's section.

    Parameters
    ----------
    lesion : Lesion
        Of a volume.

    Returns
    -------
    array, shape (3, 3), or None
        Unit vectors as columns: across the section, along the long axis, along the short
        one. None where the lesion has no section.
    """
    if lesion.plane is None:
        return None
    start, end = (
        lesion.plane.index_to_mm([0.0, row, column]) for row, column in lesion.long_axis_ends
    )
    across = np.cross(lesion.plane.affine[:3, 1], lesion.plane.affine[:3, 2])
    across = across / np.linalg.norm(across)
    along = end - start - ((end - start) @ across) * across
    length = float(np.linalg.norm(along))
    if length == 0.0:
        return None
    along = along / length
    return np.stack([across, along, np.cross(across, along)], axis=1)


def chords_mm(
    lesion_map: Segmentation, boxes: Mapping[int, Box], directions: FloatArray
) -> tuple[float, float]:
    """The longest chords of some lesions, taken together, along two given directions.

    Parameters
    ----------
    lesion_map : Segmentation
    boxes : mapping of int to tuple of slice
        Part of the map that holds each of the lesions, by their numbers.
    directions : array, shape (3, 3)
        As `axis_directions` gives them.

    Returns
    -------
    long, short : float
        Of all planes across the first direction in the one where the lesions' area is
        largest, the longest chord along the second, and along the third. The outline lies
        where the map, smoothed by 0.3 samples, falls through one half of its maximum; a chord
        may leave it in between, as a long axis may.
    """
    mask, grid = _cut(lesion_map, boxes)
    smooth = ndimage.gaussian_filter(mask.astype(np.float32), _SMOOTH, mode="constant")
    section = largest_section(smooth, mask, grid, directions)
    shown = np.pad(section.fraction, 1)
    level = float(shown.max()) / 2.0
    rows_mm, columns_mm = section.grid.spacing[1:]
    return (
        max(_extent(line, level) for line in shown.T) * rows_mm,
        max(_extent(line, level) for line in shown) * columns_mm,
    )


def _cut(lesion_map: Segmentation, boxes: Mapping[int, Box]) -> tuple[NDArray[np.bool_], Grid]:
    """Lesions cut out with some room, and where that lies."""
    sides = zip(*boxes.values(), strict=True)
    box = tuple(
        slice(min(one.start for one in side), max(one.stop for one in side)) for side in sides
    )
    cut = np.pad(np.isin(lesion_map.label_map[box], list(boxes)), _MARGIN)
    affine = lesion_map.grid.affine.copy()
    affine[:3, 3] = lesion_map.grid.index_to_mm([part.start - _MARGIN for part in box])
    return cut, Grid((cut.shape[0], cut.shape[1], cut.shape[2]), affine)


def _extent(line: FloatArray, level: float) -> float:
    """From where a profile first rises through the level to where it last falls, in samples."""
    high = np.flatnonzero(line >= level)
    if not len(high):
        return 0.0
    first, last = int(high[0]), int(high[-1])
    rise = (line[first] - level) / (line[first] - line[first - 1])
    fall = (line[last] - level) / (line[last] - line[last + 1])
    return float(last - first + rise + fall)


def same_axes(
    first: Shown,
    last: Shown,
    carrier: BoneAlignment,
) -> SameAxes | None:
    """Read the baseline's directions at both visits.

    Parameters
    ----------
    first, last : Shown
        The lesions that belong together, at the baseline and the later visit.
    carrier : BoneAlignment
        Of the bone that carries them.

    Returns
    -------
    SameAxes or None
        Of several lesions the baseline's largest gives the directions. None where it has no
        section.
    """
    directions = axis_directions(max(first.lesions, key=lambda one: one.volume_mm3 or 0.0))
    if directions is None:
        return None
    before = chords_mm(first.lesion_map, first.boxes, directions)
    carried = carrier.turn.T @ directions
    after = chords_mm(last.lesion_map, last.boxes, carried)
    own = axis_directions(max(last.lesions, key=lambda one: one.volume_mm3 or 0.0))
    turned = None
    if own is not None:
        cosine = min(1.0, abs(float(own[:, 1] @ carried[:, 1])))
        turned = float(np.degrees(np.arccos(cosine)))
    return SameAxes(before[0], after[0], before[1], after[1], turned)
