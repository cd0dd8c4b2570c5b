"""Bones joined to fingers: which bone follows which, and which of them each is."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from calcimetry.fingers.bones import SingleBone
from calcimetry.fingers.rod import FloatArray
from calcimetry.model.anatomy import Bone

#: From the tip inwards.
FINGER = (Bone.DISTAL_PHALANX, Bone.MIDDLE_PHALANX, Bone.PROXIMAL_PHALANX, Bone.METACARPAL)
THUMB = (Bone.DISTAL_PHALANX, Bone.PROXIMAL_PHALANX, Bone.METACARPAL)
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
#: A bone shorter than this many times its width has no axis to speak of.
STUBBY = 1.4
#: A joint bends to little beyond a right angle, seen from the end of either bone.
SHARPEST_JOINT_COSINE = -0.4
MOST_JOINT_COST = 5.0
#: Over a bone that is missing or resorbed: so far, and so nearly in line (cosine).
GAP_REACH_MM = 45.0
GAP_COSINE = 0.85
#: Length of a bone over that of the next one inwards, and its spread (of the logarithm).
LENGTH_RATIO = {
    (Bone.DISTAL_PHALANX, Bone.MIDDLE_PHALANX): 0.68,
    (Bone.MIDDLE_PHALANX, Bone.PROXIMAL_PHALANX): 0.60,
    (Bone.PROXIMAL_PHALANX, Bone.METACARPAL): 0.63,
    (Bone.DISTAL_PHALANX, Bone.PROXIMAL_PHALANX): 0.65,
}
LENGTH_SPREAD = 0.18
#: What a bone missing from the middle of a finger costs, in the same logarithmic unit.
MISSING_COST = 2.0
#: And what a gap costs that is named as if no bone were missing there.
EMPTY_GAP_COST = 4.0


@dataclass(frozen=True, eq=False, slots=True)
class Joint:
    """Two bones that follow each other; sides are -1 at the low end of a rod, +1 at the high."""

    first: int
    second: int
    first_side: int
    second_side: int
    cost: float
    #: False where the joint itself was not seen: a bone may be missing in between.
    close: bool = True


@dataclass(frozen=True, eq=False, slots=True)
class Naming:
    """Bones of a chain from the tip inwards, each with its name, and how well that fits."""

    bones: tuple[tuple[Bone, SingleBone], ...]
    score: float

    def get(self, name: Bone) -> SingleBone | None:
        """The bone of that name, or None."""
        return dict(self.bones).get(name)


@dataclass(frozen=True, eq=False, slots=True)
class Chain:
    """The bones of one digit, named as a finger's and as a thumb's; None: it cannot be one."""

    as_finger: Naming
    as_thumb: Naming | None

    @property
    def best(self) -> Naming:
        """The better of the two."""
        if self.as_thumb is None or self.as_finger.score >= self.as_thumb.score:
            return self.as_finger
        return self.as_thumb

    @property
    def volume_mm3(self) -> float:
        """Volume of all its bones."""
        return sum(bone.volume_mm3 for _, bone in self.as_finger.bones)


def find_chains(bones: list[SingleBone]) -> list[Chain]:
    """Join bones to digits.

    Parameters
    ----------
    bones : list of SingleBone

    Returns
    -------
    list of Chain
        Every bone in exactly one.

    Notes
    -----
    Two bones make a joint where their ends lie close, each beyond the other's end, and their
    types may follow each other. The cheapest joints are taken first, each end of a bone once.
    Ends left over are then joined in a line over the gap of a missing bone. A bone's name is
    decided last and for the whole chain at once, from the votes of all its bones and from how
    long each is beside the next, so that one bone of the wrong type does not matter.
    """
    accepted: list[Joint] = []
    for joint in sorted(_joints(bones), key=lambda joint: joint.cost):
        _accept(joint, accepted, bones)
    for joint in sorted(_gaps(bones, accepted), key=lambda joint: joint.cost):
        _accept(joint, accepted, bones)
    return [_name(chain, links) for chain, links in _walk(bones, accepted)]


def _joints(bones: list[SingleBone]) -> list[Joint]:
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
    return joints


def _joint_at(
    place: FloatArray, gap: float, pair: tuple[int, int], bones: list[SingleBone]
) -> Joint | None:
    """The joint of two bones whose surfaces come closest at `place`; None where it is none."""
    sides, cosines = [], []
    for own, other in (pair, pair[::-1]):
        rod = bones[own].rod
        along = float((place - rod.centre) @ rod.axis)
        side = 1 if along > 0 else -1
        if rod.length_mm < STUBBY * rod.width_mm:
            # A resorbed fingertip may be wider than long: its axis says nothing.
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
    belief = max(
        weight * _belief(near, outer) * _belief(far, inner)
        for (outer, inner), weight in NEIGHBOURS.items()
        for near, far in ((first, second), (second, first))
    )
    return -math.log(belief)


def _belief(bone: SingleBone, name: Bone) -> float:
    return max(bone.votes[name], LEAST_BELIEF)


def _gaps(bones: list[SingleBone], accepted: list[Joint]) -> list[Joint]:
    """Links in line between free ends, over the place of a bone that is missing."""
    used = _used_ends(accepted)
    free = [(n, side) for n in range(len(bones)) for side in (-1, 1) if (n, side) not in used]
    gaps = []
    for (a, side_a), (b, side_b) in itertools.combinations(free, 2):
        rod_a, rod_b = bones[a].rod, bones[b].rod
        way = rod_b.end(side_b) - rod_a.end(side_a)
        gap = float(np.linalg.norm(way))
        if a == b or not 0 < gap <= GAP_REACH_MM:
            continue
        cosine = min(float(way @ rod_a.axis) * side_a, -float(way @ rod_b.axis) * side_b) / gap
        cost = gap / 10.0 + 10.0 * (1.0 - cosine)
        if cosine >= GAP_COSINE and _may_follow_over_gap(bones[a], bones[b]):
            gaps.append(Joint(a, b, side_a, side_b, cost, close=False))
    return gaps


def _may_follow_over_gap(first: SingleBone, second: SingleBone) -> bool:
    """True where the two are different bones of a finger by their votes."""
    return first.kind is not second.kind


def _used_ends(joints: list[Joint]) -> set[tuple[int, int]]:
    ends = {(joint.first, joint.first_side) for joint in joints}
    return ends | {(joint.second, joint.second_side) for joint in joints}


def _accept(joint: Joint, accepted: list[Joint], bones: list[SingleBone]) -> None:
    """Append a joint unless an end is taken, or the chain would close or grow too long."""
    used = _used_ends(accepted)
    if (joint.first, joint.first_side) in used or (joint.second, joint.second_side) in used:
        return
    left, right = (_members(n, accepted) for n in (joint.first, joint.second))
    if joint.second in left or len(left) + len(right) > len(FINGER):
        return
    if not joint.close and not _distinct(left | right, bones):
        return
    accepted.append(joint)


def _distinct(members: set[int], bones: list[SingleBone]) -> bool:
    """True where no two bones have the same type by their votes."""
    return len({bones[n].kind for n in members}) == len(members)


def _members(start: int, joints: list[Joint]) -> set[int]:
    """All bones that hang together with one."""
    found = {start}
    grew = True
    while grew:
        more = {n for j in joints for n in (j.first, j.second) if {j.first, j.second} & found}
        grew = not more <= found
        found |= more
    return found


def _walk(
    bones: list[SingleBone], joints: list[Joint]
) -> list[tuple[list[SingleBone], list[bool]]]:
    """The bones of each chain in their order, and which of its links were seen as joints."""
    neighbours: dict[int, list[tuple[int, bool]]] = {n: [] for n in range(len(bones))}
    for joint in joints:
        neighbours[joint.first].append((joint.second, joint.close))
        neighbours[joint.second].append((joint.first, joint.close))
    chains, seen = [], set[int]()
    for start in range(len(bones)):
        if start in seen or len(neighbours[start]) > 1:
            continue
        order, links = [start], list[bool]()
        seen.add(start)
        while following := [step for step in neighbours[order[-1]] if step[0] not in seen]:
            order.append(following[0][0])
            links.append(following[0][1])
            seen.add(order[-1])
        chains.append(([bones[n] for n in order], links))
    return chains


def _name(bones: list[SingleBone], links: list[bool]) -> Chain:
    finger = max(_namings(bones, links, FINGER), key=lambda naming: naming.score)
    thumbs = _namings(bones, links, THUMB)
    return Chain(finger, max(thumbs, key=lambda naming: naming.score, default=None))


def _namings(
    bones: list[SingleBone], links: list[bool], template: tuple[Bone, ...]
) -> list[Naming]:
    """Every way to read bones in series, from either end, as those of a digit."""
    namings = []
    for order, gaps in ((bones, links), (bones[::-1], links[::-1])):
        for places in itertools.combinations(range(len(template)), len(order)):
            steps = [inner - outer for outer, inner in itertools.pairwise(places)]
            if any(close and step > 1 for step, close in zip(steps, gaps, strict=True)):
                continue
            named = tuple(zip([template[n] for n in places], order, strict=True))
            missing = sum(steps) - len(steps)
            empty = sum(step == 1 for step, close in zip(steps, gaps, strict=True) if not close)
            cost = MISSING_COST * missing + EMPTY_GAP_COST * empty
            namings.append(Naming(named, _score(named) - cost))
    return namings


def _score(named: tuple[tuple[Bone, SingleBone], ...]) -> float:
    """Logarithm of how well votes and lengths agree with the names."""
    score = sum(math.log(_belief(bone, name)) for name, bone in named)
    for (outer, first), (inner, second) in itertools.pairwise(named):
        expected = LENGTH_RATIO.get((outer, inner))
        if expected is None or first.at_border or second.at_border:
            continue
        found = first.rod.length_mm / second.rod.length_mm
        # Capped: a resorbed fingertip is short, and is still one.
        score -= min((math.log(found / expected) / LENGTH_SPREAD) ** 2 / 2.0, 3.0)
    return score
