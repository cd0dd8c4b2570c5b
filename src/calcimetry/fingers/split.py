"""Bones of one type that touch, taken apart again."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.segmentation import watershed

from calcimetry.fingers.rod import FloatArray, Rod, fit_rod

IntArray = NDArray[np.int32]

#: Bridges thinner than twice this are cut.
BRIDGE_MM = 1.0
#: A core smaller than this is roughness, not a bone.
LEAST_CORE_MM3 = 10.0
#: Depths that wider bridges than the thin ones may lie above.
CORE_DEPTHS_MM = tuple(np.arange(1.5, 4.1, 0.5))
#: Half thicknesses between that of a shaft and that of the ends of bones, to be tried.
SHAFT_RADII_MM = tuple(np.arange(3.0, 9.0, 1.0))
#: The shaft of a bone: at least so long, of such a width, and longer than wide by this factor.
SHAFT_LENGTH_MM, SHAFT_WIDTH_MM, SHAFT_SLENDERNESS = 15.0, (4.0, 17.0), 1.5
#: Bones of one type have shafts of like lengths: what is shorter than this share is an edge.
SHORTEST_SHARE = 0.35
#: Two cores are one bone where their axes differ by less and either lies on the other's line.
SAME_BONE_COSINE, SAME_BONE_OFFSET_MM = 0.94, 6.0
#: Axes that differ by more (cosine) may cross.
CROSSING_COSINE = 0.8
#: How far a shaft is drawn out along its axis, to claim the ends of its own bone.
DRAWN_OUT_MM = 25.0


def split_touching(
    index: NDArray[np.intp],
    points: FloatArray,
    spacing: tuple[float, float, float],
    widest_mm: float,
    thin_bridges: bool = True,
) -> IntArray:
    """Say which bone each voxel of a connected part belongs to.

    Parameters
    ----------
    index : array of int, shape (n, 3)
        Voxels of one part.
    points : array, shape (n, 3)
        The same in mm.
    spacing : (float, float, float)
        Voxel size in mm.
    widest_mm : float
        Greatest width of one bone; what is wider is more than one.
    thin_bridges : bool
        False where thin bridges were cut before.

    Returns
    -------
    array of int32, shape (n,)
        Numbered from 0.

    Notes
    -----
    Thin bridges are cut first. What is still wider than any bone is parted by its shafts. They
    are what is left below some depth, where the bones touch lightly. Failing that,
    what a ball too thick for a shaft does not reach (the mask less its opening) falls apart
    into shafts even where the ends of neighbouring metacarpals are one lump, which no erosion
    parts without dissolving the shafts first. Each shaft is drawn out along its own axis, and
    a watershed floods the depth below the surface from there.
    """
    parts = np.ones(len(index), np.int32)
    if thin_bridges:
        mask, place = _masked(index)
        depth = ndimage.distance_transform_edt(mask, sampling=spacing)
        cores = _cores(depth, float(np.prod(spacing)))
        if cores.max() > 1:
            parts = _flood(depth, cores, mask)[place]
    return _split_each(parts, index, points, spacing, widest_mm)


def _masked(index: NDArray[np.intp]) -> tuple[NDArray[np.bool_], tuple[NDArray[np.intp], ...]]:
    """A mask with a rim of one voxel around the given ones, and their places in it."""
    low = index.min(axis=0) - 1
    place = tuple((index - low).T)
    mask = np.zeros(index.max(axis=0) - low + 2, dtype=bool)
    mask[place] = True
    return mask, place


def _split_each(
    parts: IntArray,
    index: NDArray[np.intp],
    points: FloatArray,
    spacing: tuple[float, float, float],
    widest_mm: float,
) -> IntArray:
    """Split each part further where it is too wide; numbered anew from 0."""
    result = np.zeros(len(index), dtype=np.int32)
    count = 0
    for part in np.unique(parts):
        own = parts == part
        inner = _split_wide(index[own], points[own], spacing, widest_mm)
        result[own] = inner + count
        count += int(inner.max()) + 1
    return result


def _cores(depth: FloatArray, voxel_mm3: float) -> IntArray:
    """Connected parts that lie deeper than a thin bridge and are no mere roughness."""
    labels, _ = ndimage.label(depth > BRIDGE_MM)
    keep = np.bincount(labels.ravel()) * voxel_mm3 >= LEAST_CORE_MM3
    keep[0] = False
    return np.asarray(np.where(keep, np.cumsum(keep), 0)[labels], dtype=np.int32)


def _flood(depth: FloatArray, markers: IntArray, mask: NDArray[np.bool_]) -> IntArray:
    return np.asarray(watershed(-depth, markers, mask=mask), dtype=np.int32)


def _split_wide(
    index: NDArray[np.intp],
    points: FloatArray,
    spacing: tuple[float, float, float],
    widest_mm: float,
) -> IntArray:
    """Part what is wider than any bone by its shafts; all 0 where there is only one."""
    whole = np.zeros(len(index), dtype=np.int32)
    if fit_rod(points).width_mm <= widest_mm:
        return whole
    mask, place = _masked(index)
    depth = ndimage.distance_transform_edt(mask, sampling=spacing)
    shafts = _one_for_each_bone(
        [rod for thin in _candidates(depth, spacing) for rod in _shafts(points, place, thin)]
    )
    if len(shafts) < 2:
        return whole
    markers = np.zeros(mask.shape, dtype=np.int32)
    markers[place] = _claimed(points, shafts)
    flooded = _flood(depth, markers, mask)[place]
    if flooded.min() == flooded.max():
        return whole
    return _split_each(flooded, index, points, spacing, widest_mm)


def _candidates(
    depth: FloatArray, spacing: tuple[float, float, float]
) -> Iterator[NDArray[np.bool_]]:
    """Masks in which the bones of a lump may have fallen apart."""
    for least in CORE_DEPTHS_MM:
        yield depth > least
    for radius in SHAFT_RADII_MM:
        reached = ndimage.distance_transform_edt(depth < radius, sampling=spacing) < radius
        yield (depth > BRIDGE_MM) & ~reached


def _shafts(
    points: FloatArray, place: tuple[NDArray[np.intp], ...], thin: NDArray[np.bool_]
) -> list[Rod]:
    """Rods among the connected parts of the thin voxels."""
    labels, count = ndimage.label(thin)
    part = labels[place]
    rods: list[Rod] = []
    for number in range(1, count + 1):
        own = points[part == number]
        if len(own) < 8:
            continue
        rod = fit_rod(own)
        slender = rod.length_mm >= max(SHAFT_LENGTH_MM, SHAFT_SLENDERNESS * rod.width_mm)
        if slender and SHAFT_WIDTH_MM[0] <= rod.width_mm <= SHAFT_WIDTH_MM[1]:
            rods.append(rod)
    return rods


def _one_for_each_bone(rods: list[Rod]) -> list[Rod]:
    """The best of the rods that are one bone's, without edges and rows of joined ends."""
    separate: list[Rod] = []
    # Long and slender: where bones are joined a rod is longer, but wider too.
    for rod in sorted(rods, key=lambda rod: -(rod.length_mm**2) / rod.width_mm):
        if not any(_same_bone(rod, other) for other in separate):
            separate.append(rod)
    separate.sort(key=lambda rod: -rod.length_mm)
    # Two shafts run into a row of ends; of two rods that cross, the longer is the shaft.
    candidates = [rod for rod in separate if sum(_runs_into(o, rod) for o in separate) < 2]
    shafts: list[Rod] = []
    for rod in candidates:
        if not any(_runs_into(longer, rod) for longer in shafts):
            shafts.append(rod)
    least = SHORTEST_SHARE * max((rod.length_mm for rod in shafts), default=0.0)
    return [rod for rod in shafts if rod.length_mm >= least]


def _runs_into(one: Rod, other: Rod) -> bool:
    """True where the first, drawn out, passes through the second from the side."""
    if abs(one.axis @ other.axis) > CROSSING_COSINE:
        return False
    steps = np.linspace(one.low - DRAWN_OUT_MM, one.high + DRAWN_OUT_MM, 60)
    offsets = one.centre + steps[:, None] * one.axis - other.centre
    along = offsets @ other.axis
    aside = np.linalg.norm(offsets - along[:, None] * other.axis, axis=1)
    within = (along > other.low) & (along < other.high)
    return bool((aside[within] < other.width_mm / 2.0).any())


def _same_bone(first: Rod, second: Rod) -> bool:
    """True where the two lie on one line."""
    way = second.centre - first.centre
    beside = np.linalg.norm(way - (way @ first.axis) * first.axis)
    return bool(abs(first.axis @ second.axis) > SAME_BONE_COSINE and beside < SAME_BONE_OFFSET_MM)


def _claimed(points: FloatArray, shafts: list[Rod]) -> IntArray:
    """Number, from 1, the voxels that lie around the drawn-out axis of a shaft; 0 elsewhere."""
    distance = np.full((len(shafts), len(points)), np.inf)
    for row, rod in enumerate(shafts):
        offsets = points - rod.centre
        along = offsets @ rod.axis
        aside = np.linalg.norm(offsets - along[:, None] * rod.axis, axis=1)
        reached = (along > rod.low - DRAWN_OUT_MM) & (along < rod.high + DRAWN_OUT_MM)
        distance[row, reached] = aside[reached]
    nearest = distance.argmin(axis=0)
    # Within half the smallest width no axis claims a voxel of the neighbour.
    claimed = distance.min(axis=0) < min(rod.width_mm for rod in shafts) / 2.0
    return np.asarray(np.where(claimed, nearest + 1, 0), dtype=np.int32)
