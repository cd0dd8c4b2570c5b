"""Bone with its marrow, from dense bone alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

BoolArray = NDArray[np.bool_]

#: A gap in bone that a plane encloses is filled if it is thicker than about twice this: marrow,
#: not the gap of a joint whose one bone sits in the other's hollow.
_JOINT_HALF_MM = 0.7


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
    for axis in range(3):
        holes |= _enclosed_in_planes(mask, axis)
    steps = max(1, round(_JOINT_HALF_MM / float(np.prod(spacing)) ** (1.0 / 3.0)))
    marrow = ndimage.binary_opening(holes, iterations=steps)
    return np.asarray(ndimage.binary_fill_holes(mask) | marrow)


def _enclosed_in_planes(mask: BoolArray, axis: int) -> BoolArray:
    """Gaps that the mask encloses in the planes across an axis, all planes at once."""
    in_plane = np.moveaxis(ndimage.generate_binary_structure(3, 1), axis, 0).copy()
    in_plane[[0, 2]] = False
    gaps, count = ndimage.label(~mask, np.moveaxis(in_plane, 0, axis))
    enclosed = np.ones(count + 1, bool)
    enclosed[0] = False
    planes = np.moveaxis(gaps, axis, 0)
    for edge in (planes[:, 0], planes[:, -1], planes[:, :, 0], planes[:, :, -1]):
        enclosed[edge] = False
    return np.asarray(enclosed[gaps])
