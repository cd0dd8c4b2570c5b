"""Bone with its marrow, from dense bone alone, whether it has any, and how bright dense bone is."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.model import Grid, Image

BoolArray = NDArray[np.bool_]

#: Bone ends where its brightness falls to this part of dense cortex, within these HU.
_BORDER_SHARE, _BORDER_HU = 0.33, (250.0, 450.0)
#: What may be mineral, and the percentile of it that dense cortex reaches.
_MINERAL_HU, _CORTEX_PERCENTILE = 300.0, 95

#: A gap in bone that a plane encloses is filled if it is thicker than about twice this: marrow,
#: not the gap of a joint whose one bone sits in the other's hollow.
_JOINT_HALF_MM = 0.7
#: A piece is bone if it is so large, and darker by this factor below this depth in mm than the
#: bright quarter of its outer layer.
_LEAST_MM3, _HOLLOW_SHARE, _INSIDE_MM = 500.0, 0.8, 2.0


def filled_bone(mask: BoolArray, spacing: tuple[float, float, float]) -> BoolArray:
    """A mask with what it encloses in space, and the marrow that it encloses in a plane.

    Parameters
    ----------
    mask : array of bool, shape (slices, rows, columns)
        Dense bone.
    spacing : (float, float, float)
        In mm.

    Returns
    -------
    array of bool, shape of the mask
        Not filled is the thin gap of a joint that a plane happens to enclose.
    """
    holes = np.zeros_like(mask)
    for plane in itertools.combinations(range(3), 2):
        holes |= _enclosed(mask, plane)
    steps = max(1, round(_JOINT_HALF_MM / float(np.prod(spacing)) ** (1.0 / 3.0)))
    marrow = ndimage.binary_opening(holes, iterations=steps)
    return np.asarray(mask | _enclosed(mask, (0, 1, 2)) | marrow)


def _enclosed(mask: BoolArray, axes: tuple[int, ...]) -> BoolArray:
    """Gaps that the mask encloses in space, or in all planes along two axes at once."""
    neighbours = np.zeros((3, 3, 3), bool)
    neighbours[1, 1, 1] = True
    for axis in axes:
        np.moveaxis(neighbours, axis, 0)[:, 1, 1] = True
    gaps, count = ndimage.label(~mask, neighbours)
    enclosed = np.ones(count + 1, bool)
    enclosed[0] = False
    for axis in axes:
        ends = np.moveaxis(gaps, axis, 0)
        enclosed[ends[0]] = enclosed[ends[-1]] = False
    return np.asarray(enclosed[gaps])


def border_hu(image: Image) -> float | None:
    """HU where bone ends, a third of dense cortex; None where there is no mineral."""
    mineral = image.array[image.array > _MINERAL_HU]
    if not mineral.size:
        return None
    cortex = float(np.percentile(mineral, _CORTEX_PERCENTILE))
    return float(np.clip(_BORDER_SHARE * cortex, *_BORDER_HU))


def has_marrow(mask: BoolArray, hu: NDArray[np.float32], grid: Grid) -> bool:
    """Whether a piece of mineral is large, and its inside darker than its outer layer.

    `mask`, with its holes filled, and `hu` are of the piece's own box in an image of `grid`.
    """
    if mask.sum() * grid.voxel_mm3 < _LEAST_MM3:
        return False
    padded = np.pad(mask, 1)
    depth = ndimage.distance_transform_edt(padded, sampling=grid.spacing)[1:-1, 1:-1, 1:-1]
    inside, outside = depth > _INSIDE_MM, mask & (depth <= _INSIDE_MM)
    if not inside.any():
        return False
    return bool(hu[inside].mean() < _HOLLOW_SHARE * np.percentile(hu[outside], 75))
