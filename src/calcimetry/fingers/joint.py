"""Where the end of one bone meets that of the next, seen or over a gap."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from calcimetry.fingers.bones import SingleBone
from calcimetry.fingers.rod import FloatArray, Rod, lies_across
from calcimetry.model.anatomy import Bone

#: Bones that follow each other at a joint, from the tip inwards, and how ready to believe it:
#: a distal phalanx on a proximal one is a thumb, or a middle phalanx of the wrong type.
NEIGHBOURS = {
    (Bone.DISTAL_PHALANX, Bone.MIDDLE_PHALANX): 1.0,
    (Bone.MIDDLE_PHALANX, Bone.PROXIMAL_PHALANX): 1.0,
    (Bone.PROXIMAL_PHALANX, Bone.METACARPAL): 1.0,
    (Bone.DISTAL_PHALANX, Bone.PROXIMAL_PHALANX): 0.5,
    (Bone.MIDDLE_PHALANX, Bone.METACARPAL): 0.3,
}
#: Least belief in any type, whatever the votes: a whole bone may have the wrong one.
LEAST_BELIEF = 0.03
#: Bones at a joint lie so close, and meet in the outer part of their length.
JOINT_GAP_MM = 7.0
JOINT_PLACE = 0.55
#: A joint bends to little beyond a right angle, seen from the end of either bone.
SHARPEST_JOINT_COSINE = -0.4
MOST_JOINT_COST = 5.0
#: Over a bone that is missing or resorbed: so far, and so nearly in line (cosine).
GAP_REACH_MM = 45.0
GAP_COSINE = 0.85


@dataclass(frozen=True, eq=False, slots=True)
class Joint:
    """Two bones that follow each other; sides are -1 at the low end of a rod, +1 at the high."""

    first: int
    second: int
    first_side: int
    second_side: int
    cost: float
    #: Where no joint was seen, how far apart the ends are: a bone may be missing in between.
    gap_mm: float = 0.0


def find_joints(bones: list[SingleBone]) -> list[Joint]:
    """Every pair of ends that may be a joint, the likeliest first."""
    trees = [cKDTree(bone.points) for bone in bones]
    joints = []
    for a, b in itertools.combinations(range(len(bones)), 2):
        reach = bones[a].rod.length_mm + bones[b].rod.length_mm
        if np.linalg.norm(bones[a].rod.centre - bones[b].rod.centre) > reach:
            continue
        distance, nearest = trees[b].query(bones[a].points, distance_upper_bound=JOINT_GAP_MM)
        if not np.isfinite(distance).any():
            continue
        gap = float(distance.min())
        near = distance <= gap + 1.0
        place = (
            bones[a].points[near].mean(axis=0) + bones[b].points[nearest[near]].mean(axis=0)
        ) / 2
        joint = _joint_at(place, gap, (a, b), bones)
        if joint is not None:
            joints.append(joint)
    return sorted(joints, key=lambda joint: joint.cost)


def _joint_at(
    place: FloatArray, gap: float, pair: tuple[int, int], bones: list[SingleBone]
) -> Joint | None:
    """The joint of two bones whose surfaces come closest at `place`; None where it is none."""
    sides, cosines = [], []
    for own, other in (pair, pair[::-1]):
        rod = bones[own].rod
        along = float((place - rod.centre) @ rod.axis)
        side = 1 if along > 0 else -1
        if lies_across(rod, bones[own].rod.centre - bones[other].rod.centre):
            sides.append(side)
            continue
        if abs(along) < JOINT_PLACE * rod.length_mm / 2:
            return None
        way = bones[other].rod.centre - rod.end(side)
        cosines.append(float(way @ rod.axis) * side / max(float(np.linalg.norm(way)), 1e-9))
        sides.append(side)
    if min(cosines, default=1.0) < SHARPEST_JOINT_COSINE:
        return None
    types = _type_cost(bones[pair[0]], bones[pair[1]])
    cost = gap / 3.0 + sum(1.0 - cosine for cosine in cosines) / 2.0 + types
    return Joint(*pair, sides[0], sides[1], cost) if cost <= MOST_JOINT_COST else None


def _type_cost(first: SingleBone, second: SingleBone) -> float:
    """How little the votes of two bones let them be neighbours, whichever is nearer to the tip."""
    best = max(
        weight * belief(near, outer) * belief(far, inner)
        for (outer, inner), weight in NEIGHBOURS.items()
        for near, far in ((first, second), (second, first))
    )
    return -math.log(best)


def belief(bone: SingleBone, name: Bone) -> float:
    """How far the votes let a bone have a name, above 0: a whole bone may have slipped."""
    return max(bone.votes[name], LEAST_BELIEF)


def find_gaps(bones: list[SingleBone], accepted: list[Joint]) -> list[Joint]:
    """Links in line between ends not in a joint, over the place of a bone that is missing."""
    used = used_ends(accepted)
    free = [(n, side) for n in range(len(bones)) for side in (-1, 1) if (n, side) not in used]
    gaps = []
    for (a, side_a), (b, side_b) in itertools.combinations(free, 2):
        if a == b or not _may_follow_over_gap(bones[a], bones[b]):
            continue
        between = bones[b].rod.centre - bones[a].rod.centre
        end_a, way_a = _free_end(bones[a].rod, side_a, between)
        end_b, way_b = _free_end(bones[b].rod, side_b, -between)
        gap = float(np.linalg.norm(end_b - end_a))
        if not 0 < gap <= GAP_REACH_MM:
            continue
        cosine = min(float((end_b - end_a) @ way_a), float((end_a - end_b) @ way_b)) / gap
        cost = gap / 10.0 + 10.0 * (1.0 - cosine)
        if cosine >= GAP_COSINE:
            gaps.append(Joint(a, b, side_a, side_b, cost, gap))
    return sorted(gaps, key=lambda joint: joint.cost)


def _free_end(rod: Rod, side: int, towards: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Where a bone ends, and the unit vector that it would go on along."""
    if lies_across(rod, towards):
        return rod.centre, towards / np.linalg.norm(towards)
    return rod.end(side), rod.axis * side


def _may_follow_over_gap(first: SingleBone, second: SingleBone) -> bool:
    """True where the two are different bones of a finger by their votes."""
    return first.kind is not second.kind


def used_ends(joints: list[Joint]) -> set[tuple[int, int]]:
    """The ends of bones, as (bone, side), that joints take."""
    ends = {(joint.first, joint.first_side) for joint in joints}
    return ends | {(joint.second, joint.second_side) for joint in joints}
