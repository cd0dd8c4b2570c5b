"""Sesamoids in pictures: what a network takes for one is one only where one may be."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcimetry.model import Bone, Grid
from calcimetry.regions import (
    component_sizes,
    components_near,
    connected_components,
    distance_to,
)

Array = NDArray[np.floating[Any]]
BoolArray = NDArray[np.bool_]

#: No plane shows more of a sesamoid. Those of the thumb are the largest, some 8 mm long.
_MOST_MM2 = 40.0
#: It lies so close to the metacarpal and to the proximal phalanx, those of them that are seen.
_REACH_MM = 8.0
#: Its blurred border reaches so far.
_BORDER_MM = 1.0


def settle_sesamoids(parts: Array, grid: Grid) -> Array:
    """Make each thing that a network half takes for a sesamoid one, or a deposit.

    Both are small and apart from bones. By looks alone a network cannot always tell them, and
    says a part of each; a deposit elsewhere in the finger would lose that part.

    Parameters
    ----------
    parts : ndarray, shape (6, rows, columns)
        Part of each pixel that the proximal, middle and distal phalanx, the metacarpal,
        sesamoids and deposits fill.
    grid : Grid
        Of the picture.

    Returns
    -------
    ndarray
        The same, but each piece of sesamoid or deposit is of one material: sesamoid if most of
        it is, and it is no larger than one and lies at the knuckle; else deposit.
    """
    both = parts[-2:].sum(axis=0)
    pieces = connected_components((both >= 0.5)[None])[0]
    more = np.bincount(pieces.ravel(), (parts[-2] - parts[-1]).ravel())
    small = component_sizes(pieces, grid) <= _MOST_MM2
    allowed = small & (more > 0.0)
    allowed[0] = False
    if allowed.any():  # in most pictures nothing is, and looking for knuckles takes its time
        allowed &= _at_knuckle(pieces, parts[:-2], grid)
    sesamoid = allowed[pieces]
    if allowed.any():
        beside = pieces == 0
        sesamoid[beside] = np.isfinite(distance_to(sesamoid, grid, beside, _BORDER_MM))
    settled = parts.copy()
    settled[-2], settled[-1] = np.where(sesamoid[0], both, 0.0), np.where(sesamoid[0], 0.0, both)
    return settled


def _at_knuckle(pieces: NDArray[np.int32], bones: Array, grid: Grid) -> BoolArray:
    """Which pieces lie near both the metacarpal and the proximal phalanx, if both are seen."""
    label_map = np.where(bones.sum(axis=0) >= 0.5, bones.argmax(axis=0) + 1, 0)[None]
    near = [
        components_near(pieces, label_map == bone, grid, _REACH_MM)
        for bone in (Bone.METACARPAL, Bone.PROXIMAL_PHALANX)
        if (label_map == bone).any()
    ]
    return np.all(near, axis=0) if near else np.zeros(int(pieces.max()) + 1, bool)
