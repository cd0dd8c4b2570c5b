"""Where in a volume hands lie: boxes around bone, without table, cushions and air."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.errors import NotMeasurable
from calcimetry.fingers.rod import FloatArray
from calcimetry.fingers.voxels import bounding_box
from calcimetry.model.geometry import Grid
from calcimetry.model.image import Image
from calcimetry.regions import wider

BoolArray = NDArray[np.bool_]

#: Size of the coarse samples that hands are looked for on: bones are seen, noise is not.
COARSE_MM = 1.7
#: Over this, the mean of a coarse sample is mineral.
MINERAL_HU = 200.0
#: Air lies below this; a volume in HU holds some.
AIR_HU, LEAST_AIR = -500.0, 0.001
#: Bones so close are of one hand, though its thumb be stretched and its palm out of view, or of
#: two that are looked at together.
ONE_BOX_MM = 40.0
#: Body shown around the bones.
MARGIN_MM = 10.0
#: The least mineral of a finger: two phalanges of a small one.
LEAST_MINERAL_MM3 = 150.0
#: Two hands and their forearms fit into this; a trunk or a leg does not.
MOST_MINERAL_CM3, LONGEST_MM = 600.0, 420.0
#: Anything this large is asked at once whether it is wrapped in soft tissue: a table that comes
#: close to a hand must not end in one box with it.
LARGE_MM = 100.0
#: Bone is wrapped: so much of what lies within this of it is soft tissue.
WRAP_MM, LEAST_WRAP = 5.0, 0.25
SOFT_TISSUE_HU = (-300.0, 200.0)
#: Least correlation between neighbouring samples of a volume of anything.
LEAST_CORRELATION = 0.3


@dataclass(frozen=True, eq=False, slots=True)
class Box:
    """A part of a volume that holds a hand, a finger, or hands that touch.

    Parameters
    ----------
    slices : tuple of 3 slices
        Of the image's array: (slices, rows, columns).
    grid : Grid
        Of that part.
    left_out : tuple of str
        What else was seen in the volume and why it is no hand; the same for all boxes.
    """

    slices: tuple[slice, slice, slice]
    grid: Grid
    left_out: tuple[str, ...] = ()


def locate_hands(image: Image) -> tuple[Box, ...]:
    """Find the parts of a volume that hold hands.

    Parameters
    ----------
    image : Image
        A volume in HU, any orientation.

    Returns
    -------
    tuple of Box
        The one with the most mineral first, each with about 10 mm of body around its bones.

    Raises
    ------
    NotMeasurable
        If the image is not in HU, blank, noise or without air, or holds no mineral that is
        wrapped in soft tissue, or only more of it than two hands have.

    Notes
    -----
    Mineral over 200 HU is sought on a copy of about 1.7 mm. What is bare of soft tissue (a
    table, a splint, a phantom) is left out, and what then lies within 40 mm of each other goes
    into one box: a hand, or two that touch. A piece with too little mineral, and a body too
    large for hands, are left out too; each is told. A cushion is no mineral and needs no rule:
    boxes follow the bones.
    """
    doing = f"Finding hands in {image.name!r}"
    _refuse_unusable(image, doing)
    step = [max(1, round(COARSE_MM / spacing)) for spacing in image.grid.spacing]
    coarse = _coarse(image.array, step)
    spacing = np.array(image.grid.spacing) * step
    mineral = coarse > MINERAL_HU
    if not mineral.any():
        raise NotMeasurable(
            f"{doing}: expected bone, over {MINERAL_HU:g} HU; found at most {coarse.max():.0f} HU "
            f"averaged over {COARSE_MM:g} mm. Does the series show a hand, and is it in HU?"
        )
    boxes, left_out = [], []
    for own in _large_parts(mineral, spacing):
        if _soft_share(own, coarse, spacing) < LEAST_WRAP:
            mineral &= ~own
            left_out.append(f"{_size(own, spacing)}, bare of soft tissue as a table is")
    for own in _clusters(mineral, spacing):
        reason = _why_no_hand(own, coarse, spacing)
        if reason:
            left_out.append(f"{_size(own, spacing)}, {reason}")
        else:
            boxes.append(_box(own, step, image.grid))
    if not boxes:
        raise NotMeasurable(
            f"{doing}: expected bones wrapped in soft tissue; found only {'; '.join(left_out)}. "
            "Choose a series of the hands, or crop it to them."
        )
    return tuple(Box(slices, _part_of(image.grid, slices), tuple(left_out)) for slices in boxes)


def _refuse_unusable(image: Image, doing: str) -> None:
    if image.unit != "HU":
        raise NotMeasurable(f"{doing}: expected intensities in HU, found {image.unit!r}.")
    some = image.array[:: max(1, image.grid.shape[0] // 64)]
    low, high = float(some.min()), float(some.max())
    if high - low < 1.0:
        raise NotMeasurable(f"{doing}: the volume is blank, every sample holds {low:.0f} HU.")
    correlation = _neighbour_correlation(some)
    if correlation < LEAST_CORRELATION:
        raise NotMeasurable(
            f"{doing}: neighbouring samples have nothing to do with each other (correlation "
            f"{correlation:.2f}, a volume has over {LEAST_CORRELATION}): this is noise."
        )
    air = float(np.mean(some < AIR_HU))
    if air < LEAST_AIR:
        raise NotMeasurable(
            f"{doing}: expected air around the hand, below {AIR_HU:g} HU; found {100 * air:.2f}% "
            f"of the volume there, the lowest sample at {low:.0f} HU. Are its values HU "
            "(air -1000, water 0)? Check rescale slope and intercept."
        )


def _neighbour_correlation(array: NDArray[np.float32]) -> float:
    """Correlation of samples with the next one along a row."""
    values = array.astype(np.float64) - array.mean(dtype=np.float64)
    return float(np.mean(values[..., 1:] * values[..., :-1]) / np.mean(values**2))


def _coarse(array: NDArray[np.float32], step: list[int]) -> FloatArray:
    """Means over blocks of `step` samples; blocks at the far ends may be smaller."""
    result: NDArray[np.floating[Any]] = array
    for axis, size in enumerate(step):
        starts = np.arange(0, result.shape[axis], size)
        counts = np.diff(np.append(starts, result.shape[axis]))
        shape = [-1 if k == axis else 1 for k in range(3)]
        sums = np.add.reduceat(result, starts, axis=axis)
        result = sums / counts.astype(np.float32).reshape(shape)
    return np.asarray(result, dtype=np.float64)


def _large_parts(mineral: BoolArray, spacing: FloatArray) -> list[BoolArray]:
    """Connected parts of more than 100 mm."""
    parts, _ = ndimage.label(mineral, np.ones((3, 3, 3)))
    sizes = [
        max((part.stop - part.start) * mm for part, mm in zip(box, spacing, strict=True))
        for box in ndimage.find_objects(parts)
    ]
    return [parts == number for number, size in enumerate(sizes, start=1) if size > LARGE_MM]


def _clusters(mineral: BoolArray, spacing: FloatArray) -> list[BoolArray]:
    """Mineral that lies within reach of each other, the most of it first."""
    if not mineral.any():
        return []
    away = ndimage.distance_transform_edt(~mineral, sampling=spacing)
    parts, count = ndimage.label(away <= ONE_BOX_MM / 2.0)
    sizes = np.bincount(parts[mineral], minlength=count + 1)
    return [mineral & (parts == number) for number in np.argsort(-sizes[1:], kind="stable") + 1]


def _why_no_hand(own: BoolArray, coarse: FloatArray, spacing: FloatArray) -> str:
    """Why a cluster of mineral is no hand; empty where it may be one."""
    volume = float(own.sum() * np.prod(spacing))
    if volume < LEAST_MINERAL_MM3:
        return f"{volume:.0f} mm3 of mineral, less than a finger has"
    if volume > 1000.0 * MOST_MINERAL_CM3 or _extent(own, spacing).max() > LONGEST_MM:
        return f"{volume / 1000.0:.0f} cm3 of mineral, more or longer than hands are"
    if _soft_share(own, coarse, spacing) < LEAST_WRAP:
        return f"{volume:.0f} mm3 of mineral, bare of soft tissue"
    return ""


def _extent(own: BoolArray, spacing: FloatArray) -> FloatArray:
    """Size along each axis in mm."""
    return np.array([part.stop - part.start for part in bounding_box(own)]) * spacing


def _size(own: BoolArray, spacing: FloatArray) -> str:
    return f"a piece of {' x '.join(f'{mm:.0f}' for mm in _extent(own, spacing))} mm"


def _soft_share(own: BoolArray, coarse: FloatArray, spacing: FloatArray) -> float:
    """Share of soft tissue in what lies just around a part, 0 to 1."""
    box = wider(bounding_box(own), tuple(spacing), WRAP_MM)
    away = ndimage.distance_transform_edt(~own[box], sampling=spacing)
    around = coarse[box][(away > 0) & (away <= WRAP_MM)]
    soft = (around > SOFT_TISSUE_HU[0]) & (around < SOFT_TISSUE_HU[1])
    return float(soft.sum() / max(len(around), 1))


def _box(own: BoolArray, step: list[int], grid: Grid) -> tuple[slice, slice, slice]:
    """Box of full samples around coarse ones, with the margin, within the grid."""
    places = np.argwhere(own)
    margin = np.ceil(MARGIN_MM / np.array(grid.spacing)).astype(int)
    low = np.maximum(places.min(axis=0) * step - margin, 0)
    high = np.minimum((places.max(axis=0) + 1) * step + margin, grid.shape)
    a, b, c = (slice(int(start), int(stop)) for start, stop in zip(low, high, strict=True))
    return a, b, c


def _part_of(grid: Grid, slices: tuple[slice, slice, slice]) -> Grid:
    """Grid of a part of an array."""
    affine = grid.affine.copy()
    affine[:3, 3] = grid.index_to_mm([part.start for part in slices])
    a, b, c = (part.stop - part.start for part in slices)
    return Grid((a, b, c), affine, grid.frame_of_reference_uid)
