"""Lesions of a later visit where they lie at the baseline, carried by their bones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from calcimetry.followup.match import Nearness
from calcimetry.followup.result import BoneAlignment
from calcimetry.followup.visit import Box, Visit, boxes_of, points_of
from calcimetry.model.anatomy import LEFT_HAND_OFFSET, WRIST_BONES

FloatArray = NDArray[np.float64]

#: Lesions whose samples come no nearer than this are not looked at.
NEAR_MM = 4.0
#: A lesion farther from every bone that was aligned moves as nobody knows.
_FAR_MM = 15.0


@dataclass(frozen=True, eq=False, slots=True)
class Carried:
    """One lesion of a visit.

    Parameters
    ----------
    number : int
    box : tuple of slice
        Part of the lesion map that holds it.
    points_mm : array, shape (n, 3)
        Its samples, where they lie at its own visit.
    volume_mm3 : float
        Of the samples.
    carrier : BoneAlignment or None
        Of the nearest bone that was aligned; None where there is none near.
    tree : cKDTree
        Of the points.
    """

    number: int
    box: Box
    points_mm: FloatArray
    volume_mm3: float
    carrier: BoneAlignment | None
    tree: cKDTree


def carried_lesions(
    visit: Visit, alignments: Sequence[BoneAlignment], is_baseline: bool
) -> dict[int, Carried]:
    """The lesions of a visit with the bone that carries each.

    Parameters
    ----------
    visit : Visit
    alignments : sequence of BoneAlignment
        Only accepted ones carry.
    is_baseline : bool
        Which of the two visits it is.

    Returns
    -------
    dict of int to Carried
        By number. The carrier is the nearest bone where that was aligned, otherwise the
        nearest of the same digit; of lesions that are no finger's, any that is near.
    """
    usable = {
        one.bone if is_baseline else one.later_bone: one for one in alignments if one.accepted
    }
    bones, boxes = boxes_of(visit.bones), boxes_of(visit.lesion_map)
    found = {}
    for lesion in visit.lesions:
        box = boxes[lesion.number]
        points = points_of(visit.lesion_map, lesion.number, box)
        carrier = usable.get(lesion.bone) or _nearest(lesion.bone, points, usable, visit, bones)
        volume = len(points) * visit.lesion_map.grid.voxel_mm3
        found[lesion.number] = Carried(lesion.number, box, points, volume, carrier, cKDTree(points))
    return found


def _nearest(
    bone: int,
    points_mm: FloatArray,
    usable: Mapping[int, BoneAlignment],
    visit: Visit,
    boxes: Mapping[int, Box],
) -> BoneAlignment | None:
    """The nearest bone that was aligned, of a finger's lesion that of the same digit."""
    in_digit = bone and bone % LEFT_HAND_OFFSET not in WRIST_BONES
    near = {
        label: float(cKDTree(points_of(visit.bones, label, boxes[label])).query(points_mm)[0].min())
        for label in usable
        if not in_digit or label // 10 == bone // 10
    }
    label = min(near, key=lambda one: near[one], default=0)
    return usable[label] if label and near[label] <= _FAR_MM else None


def nearness_of(
    baseline: Visit, first: Mapping[int, Carried], last: Mapping[int, Carried]
) -> dict[tuple[int, int], Nearness]:
    """How lesions of both visits lie to each other at the baseline.

    Parameters
    ----------
    baseline : Visit
    first, last : mapping of int to Carried
        The baseline's and the later visit's.

    Returns
    -------
    dict of (int, int) to Nearness
        Of pairs that come within some millimetres. Near a joint two bones may each claim a
        lesion: it is tried with that of either visit, and the nearer of the two counts.
    """
    found: dict[tuple[int, int], Nearness] = {}
    for later in last.values():
        for one in first.values():
            carriers = {
                id(carrier): carrier
                for carrier in (later.carrier, one.carrier)
                if carrier is not None
            }
            tried = [_nearness(baseline, one, later, carrier) for carrier in carriers.values()]
            best = max(
                (near for near in tried if near is not None),
                key=lambda near: (near.overlap, -near.gap_mm, -near.shift_mm),
                default=None,
            )
            if best is not None:
                found[one.number, later.number] = best
    return found


def _nearness(
    baseline: Visit, one: Carried, later: Carried, carrier: BoneAlignment
) -> Nearness | None:
    moved = carrier.to_baseline(later.points_mm)
    apart = np.maximum(moved.min(axis=0) - one.points_mm.max(axis=0), 0.0)
    apart = np.maximum(apart, one.points_mm.min(axis=0) - moved.max(axis=0))
    if float(np.linalg.norm(apart)) > NEAR_MM:
        return None
    distance, _ = one.tree.query(moved, distance_upper_bound=NEAR_MM)
    gap = float(distance.min())
    if not np.isfinite(gap):
        return None
    grid = baseline.lesion_map.grid
    index = np.rint(grid.mm_to_index(moved)).astype(np.intp)
    seen = ((index >= 0) & (index < grid.shape)).all(axis=1)
    hit = baseline.lesion_map.label_map[tuple(index[seen].T)] == one.number
    shared = float(hit.sum()) / len(moved) * later.volume_mm3
    overlap = min(1.0, shared / min(one.volume_mm3, later.volume_mm3))
    shift = float(np.linalg.norm(moved.mean(axis=0) - one.points_mm.mean(axis=0)))
    return Nearness(overlap, 0.0 if overlap else gap, shift)


def in_view(points_mm: FloatArray, carrier: BoneAlignment, other: Visit, is_baseline: bool) -> bool:
    """Whether the place of a lesion can be seen at the other visit.

    Parameters
    ----------
    points_mm : array, shape (n, 3)
        Of the lesion, at its own visit.
    carrier : BoneAlignment
    other : Visit
    is_baseline : bool
        Whether the other visit is the baseline.
    """
    moved = carrier.to_baseline(points_mm) if is_baseline else carrier.to_later(points_mm)
    grid = other.bones.grid
    index = grid.mm_to_index(moved)
    inside = ((index >= -0.5) & (index <= np.array(grid.shape) - 0.5)).all(axis=1)
    return float(inside.mean()) >= 0.5
