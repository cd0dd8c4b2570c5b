"""A whole hand as a network sees it that tells the kinds of bone: turned to its own axes, coarse.

Kinds can be told without fine detail, and from far around only: which bone is a proximal
phalanx is seen by what lies before and behind it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calcimetry.model import Grid

#: Side of the samples.
HAND_SPACING_MM = 1.5
#: What a network of kinds may be asked for: a bone of the wrist or forearm is one kind.
KINDS = (
    "other",
    "proximal",
    "middle",
    "distal",
    "metacarpal",
    "wrist",
    "sesamoid",
    "deposit",
)
#: The network halves a hand's size four times.
MULTIPLE = 16

#: Brighter samples lay out the axes.
_MINERAL_HU = 300.0
_MARGIN_MM = 4.0
#: Enough places to tell the axes by.
_PLACES = 20_000


def hand_view(array: NDArray[np.floating], grid: Grid) -> Grid:
    """Choose the view of a volume's mineral.

    Parameters
    ----------
    array : array, shape of the grid
        HU.
    grid : Grid

    Returns
    -------
    Grid
        Samples of 1.5 mm along the mineral's longest, second and shortest axis (its principal
        ones; either way along each), around all of it; sides are multiples of 16. The grid's
        own axes where there is too little mineral to tell.
    """
    places = np.argwhere(array > _MINERAL_HU)
    if len(places) < 3:
        places = np.array([[0, 0, 0], np.array(grid.shape) - 1])
        axes = grid.affine[:3, :3] / np.linalg.norm(grid.affine[:3, :3], axis=0)
        points = grid.index_to_mm(places)
    else:
        points = grid.index_to_mm(places[:: max(1, len(places) // _PLACES)])
        _, axes = np.linalg.eigh(np.cov(points.T))
        axes = axes[:, ::-1]
    return view_along(points, axes)


def view_along(points: NDArray[np.floating], axes: NDArray[np.floating]) -> Grid:
    """Samples of 1.5 mm along given axes around points.

    Parameters
    ----------
    points : array, shape (n, 3)
        mm.
    axes : array, shape (3, 3)
        One unit vector a column.
    """
    along = points @ axes
    low, high = along.min(axis=0) - _MARGIN_MM, along.max(axis=0) + _MARGIN_MM
    size = np.ceil(((high - low) / HAND_SPACING_MM + 1) / MULTIPLE).astype(int) * MULTIPLE
    start = (low + high - (size - 1) * HAND_SPACING_MM) / 2.0
    affine = np.eye(4)
    affine[:3, :3] = axes * HAND_SPACING_MM
    affine[:3, 3] = axes @ start
    return Grid((int(size[0]), int(size[1]), int(size[2])), affine)
