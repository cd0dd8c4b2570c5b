"""The networks' own view of a picture: upright, at one pixel spacing, cut to the finger.

Pictures come rotated, mirrored, at any pixel spacing and with any amount of air. A
network sees them all alike: turned so that the finger's long axis runs along the
rows (either end up), at 0.4 mm, with a small margin of air. `calcimetry.resample`
carries the picture there and the network's answer back. Networks of three dimensions see
the straightened fingers of volumes in the same window, at 0.6 mm.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calcimetry.model import Grid
from calcimetry.resample import resample_image

SPACING_MM = 0.4
#: Rows and columns of what they see are multiples of this: it is halved four times.
SIDES = 16
#: Of the blocks that networks of three dimensions see.
BLOCK_SPACING_MM = 0.6
#: What lies outside the picture, and the lowest value shown to a network: air.
AIR_HU = -300.0
#: The highest value shown to a network; the paper's exports hold no higher one.
MINERAL_HU = 1200.0

_FLESH_HU = -200.0  # anything brighter is the finger
_MARGIN_MM = 4.0
_ELONGATED = 2.0  # a finger this much longer than wide has an axis worth turning to
_TIE = 1e-6  # halves are rounded up, whatever rounding has left of them
_TURN_STEP = np.deg2rad(15.0)  # the network copes with half a step either way


def working_grid(picture: NDArray[np.float32], grid: Grid) -> Grid:
    """Choose the network's view of one picture.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns)
        HU.
    grid : Grid
        The picture's own, of one slice.

    Returns
    -------
    Grid
        One slice of square 0.4 mm pixels around the finger's middle.
        A picture without flesh is taken whole.
    """
    spacing = np.array(grid.spacing[1:])
    flesh = picture > _FLESH_HU
    points = np.argwhere(flesh if flesh.any() else np.ones_like(flesh)) * spacing
    turn = _rotation_to_upright(points)
    cos, sin = np.cos(turn), np.sin(turn)
    down, right = np.array([cos, sin]), np.array([-sin, cos])  # in picture millimetres
    seen = points @ np.stack([down, right]).T
    low, high = seen.min(axis=0) - _MARGIN_MM, seen.max(axis=0) + _MARGIN_MM
    # As many pixels as it takes, around the middle: so the view of a picture turned by half is
    # this one turned, and pixels of 0.4 mm that are not turned come to lie on the picture's own.
    size = np.floor((high - low) / SPACING_MM + 0.5 + _TIE).astype(int) + 1
    first = (low + high) / 2.0 - (size - 1) / 2.0 * SPACING_MM
    to_picture = np.eye(4)
    to_picture[1:3, 1] = down * SPACING_MM / spacing
    to_picture[1:3, 2] = right * SPACING_MM / spacing
    to_picture[1:3, 3] = (first[0] * down + first[1] * right) / spacing
    return Grid((1, int(size[0]), int(size[1])), grid.affine @ to_picture)


def show_to_network(picture: NDArray[np.float32], grid: Grid, view: Grid) -> NDArray[np.float32]:
    """The picture in HU (rows, columns) on the grid of the network, cut to its window."""
    clipped = np.clip(picture, AIR_HU, MINERAL_HU)
    seen = resample_image(clipped[None], grid, view, fill=AIR_HU)[0]
    return np.asarray(seen, dtype=np.float32)


def _rotation_to_upright(points_mm: NDArray[np.float64]) -> float:
    """Angle of the long axis of a cloud of points (n, 2) from the row direction, in steps."""
    centred = points_mm - points_mm.mean(axis=0)
    spread, axes = np.linalg.eigh(centred.T @ centred / len(centred))
    if spread[1] < _ELONGATED**2 * max(spread[0], 1e-9):
        return 0.0
    angle = np.arctan2(axes[1, 1], axes[0, 1])
    angle = (angle + np.pi / 2) % np.pi - np.pi / 2  # an axis has no direction
    return float(np.round(angle / _TURN_STEP) * _TURN_STEP)
