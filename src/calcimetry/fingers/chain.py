"""Bones joined to fingers: which bone follows which, and which of them each is."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from calcimetry.fingers.bones import SingleBone
from calcimetry.fingers.joint import Joint, belief, find_gaps, find_joints, used_ends
from calcimetry.model.anatomy import Bone

#: From the tip inwards.
FINGER = (Bone.DISTAL_PHALANX, Bone.MIDDLE_PHALANX, Bone.PROXIMAL_PHALANX, Bone.METACARPAL)
THUMB = (Bone.DISTAL_PHALANX, Bone.PROXIMAL_PHALANX, Bone.METACARPAL)
#: Length of a bone over that of the next one inwards, and its spread (of the logarithm).
LENGTH_RATIO = {
    (Bone.DISTAL_PHALANX, Bone.MIDDLE_PHALANX): 0.68,
    (Bone.MIDDLE_PHALANX, Bone.PROXIMAL_PHALANX): 0.60,
    (Bone.PROXIMAL_PHALANX, Bone.METACARPAL): 0.63,
    (Bone.DISTAL_PHALANX, Bone.PROXIMAL_PHALANX): 0.65,
}
LENGTH_SPREAD = 0.18
#: At most so much speaks against a bone that is short beside the next one inwards, as a resorbed
#: fingertip is, and against one that is long: nothing wears the inner bone away.
MOST_SHORT, MOST_LONG = 3.0, 10.0
#: What a bone missing from the middle of a finger costs, in the same logarithmic unit.
MISSING_COST = 2.0
#: And what each mm costs of a gap that is named as if no bone were missing there: little for
#: the floating tuft of a resorbed fingertip, much for the place of a whole phalanx.
EMPTY_GAP_COST = 0.15

#: An end of a chain is cut off where the rest fits better by so much: more than one bone of the
#: wrong type, which costs 3.5.
PRUNED_GAIN = 6.0


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
    def is_complete(self) -> bool:
        """True where no bone of a finger, or of a thumb, is missing."""
        return len(self.best.bones) == len(FINGER if self.best is self.as_finger else THUMB)

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
    long each is beside the next, so that one bone of the wrong type does not matter. What then
    still fits badly at an end, such as a lump of bases beyond a metacarpal, is cut off; not what
    goes on outwards where no distal phalanx is seen yet: two bones that a deposit has joined.
    """
    accepted: list[Joint] = []
    for joint in find_joints(bones):
        _accept(joint, accepted, bones)
    for joint in find_gaps(bones, accepted):
        _accept(joint, accepted, bones)
    named = [_pruned(chain, gaps) for chain, gaps in _walk(bones, accepted)]
    return [chain for parts in named for chain in parts]


def _accept(joint: Joint, accepted: list[Joint], bones: list[SingleBone]) -> None:
    """Append a joint unless an end is taken, or the chain would close or grow too long."""
    used = used_ends(accepted)
    if (joint.first, joint.first_side) in used or (joint.second, joint.second_side) in used:
        return
    left, right = (_members(n, accepted) for n in (joint.first, joint.second))
    if joint.second in left or len(left) + len(right) > len(FINGER):
        return
    if joint.gap_mm and not _distinct(left | right, bones):
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
) -> list[tuple[list[SingleBone], list[float]]]:
    """The bones of each chain in their order, and the gaps in mm between them (0: a joint)."""
    neighbours: dict[int, list[tuple[int, float]]] = {n: [] for n in range(len(bones))}
    for joint in joints:
        neighbours[joint.first].append((joint.second, joint.gap_mm))
        neighbours[joint.second].append((joint.first, joint.gap_mm))
    chains, seen = [], set[int]()
    for start in range(len(bones)):
        if start in seen or len(neighbours[start]) > 1:
            continue
        order, gaps = [start], list[float]()
        seen.add(start)
        while following := [step for step in neighbours[order[-1]] if step[0] not in seen]:
            order.append(following[0][0])
            gaps.append(following[0][1])
            seen.add(order[-1])
        chains.append(([bones[n] for n in order], gaps))
    return chains


def _pruned(bones: list[SingleBone], gaps: list[float]) -> list[Chain]:
    """A chain, or the same without an end that fits it badly, and that end."""
    whole = _name(bones, gaps)
    if len(bones) <= 2:
        return [whole]
    shorter = [
        (_name(bones[1:], gaps[1:]), bones[0]),
        (_name(bones[:-1], gaps[:-1]), bones[-1]),
    ]
    rest, end = max(shorter, key=lambda pair: pair[0].best.score)
    gap, beside = (gaps[0], bones[1]) if end is bones[0] else (gaps[-1], bones[-2])
    outermost, last = rest.best.bones[0]
    goes_on = not gap and beside is last and outermost is not Bone.DISTAL_PHALANX
    if goes_on or rest.best.score - whole.best.score < PRUNED_GAIN:
        return [whole]
    return [rest, _name([end], [])]


def _name(bones: list[SingleBone], gaps: list[float]) -> Chain:
    finger = max(_namings(bones, gaps, FINGER), key=lambda naming: naming.score)
    thumbs = _namings(bones, gaps, THUMB)
    return Chain(finger, max(thumbs, key=lambda naming: naming.score, default=None))


def _namings(
    bones: list[SingleBone], gaps: list[float], template: tuple[Bone, ...]
) -> list[Naming]:
    """Every way to read bones in series, from either end, as those of a digit."""
    namings = []
    for order, widths in ((bones, gaps), (bones[::-1], gaps[::-1])):
        for places in itertools.combinations(range(len(template)), len(order)):
            steps = [inner - outer for outer, inner in itertools.pairwise(places)]
            between = list(zip(steps, widths, strict=True))
            if any(step > 1 and not width for step, width in between):
                continue
            named = tuple(zip([template[n] for n in places], order, strict=True))
            cost = MISSING_COST * (sum(steps) - len(steps))
            cost += EMPTY_GAP_COST * sum(width for step, width in between if step == 1)
            namings.append(Naming(named, _score(named) - cost))
    return namings


def _score(named: tuple[tuple[Bone, SingleBone], ...]) -> float:
    """Logarithm of how well votes and lengths agree with the names."""
    score = sum(math.log(belief(bone, name)) for name, bone in named)
    for (outer, first), (inner, second) in itertools.pairwise(named):
        expected = LENGTH_RATIO.get((outer, inner))
        if expected is None or first.at_border or second.at_border:
            continue
        found = first.rod.length_mm / second.rod.length_mm
        misfit = (math.log(found / expected) / LENGTH_SPREAD) ** 2 / 2.0
        score -= min(misfit, MOST_SHORT if found < expected else MOST_LONG)
    return score
