"""Which digit is which, from the thumb and the order across the hand."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from calcimetry.fingers.chain import Chain, Naming
from calcimetry.fingers.group import MOST_DIGITS, is_rooted, may_be_thumb
from calcimetry.fingers.posture import Posture, posture_of
from calcimetry.fingers.rod import FloatArray
from calcimetry.model.anatomy import Bone, Digit

FINGERS = (Digit.INDEX, Digit.MIDDLE, Digit.RING, Digit.LITTLE)
#: What speaks for a thumb: it leaves the hand at an angle to the fingers (degrees), and its
#: knuckle lies nearer to the wrist than theirs (mm). First where it starts to speak for a
#: thumb, then how much makes one piece of evidence; no cue gives more than MOST_EVIDENCE.
ANGLE_DEG, KNUCKLE_MM = (20.0, 10.0), (12.0, 6.0)
MOST_EVIDENCE = 2.0
#: How little belief in the votes alone may decide (a logarithm).
MOST_VOTES = 3.0
#: So much evidence makes a thumb, and so much more than the next digit has.
LEAST_EVIDENCE, LEAST_LEAD = 0.5, 1.0
#: Of several that have about as much, one stands like a thumb by so much more than the next.
LEAST_STANCE_LEAD = 2.0
#: Distance between neighbouring knuckles over the longest metacarpal, or over the longest
#: proximal phalanx; from LEFT_OUT times as much on, a digit in between is missing.
KNUCKLE_STEP = {Bone.METACARPAL: 0.29, Bone.PROXIMAL_PHALANX: 0.45}
LEFT_OUT = 1.6
#: The index finger's metacarpal starts this close to the thumb's, over the longest metacarpal.
THUMB_TO_INDEX = 0.33
#: The little finger is shorter than the index finger by this factor or less.
LITTLE_OVER_INDEX = 0.93


#: A digit, how it lies, and why it is unknown (empty where it is known).
Placed = tuple[Digit, Posture, str]


@dataclass(frozen=True, eq=False, slots=True)
class Row:
    """The digits of one hand.

    Parameters
    ----------
    digits : list of (Digit, Posture, str)
        From thumb to little finger, then the unknown ones, each with the reason why.
    distal : array, shape (3,), or None
        Unit vector from the wrist to the fingertips; None where the ends cannot be told.
    radial : array, shape (3,), or None
        Unit vector from the little finger's side to the thumb's, across `distal`; None
        where the sides cannot be told.
    across : array, shape (3,), or None
        The same direction without its sign; None for a lone digit.
    """

    digits: list[Placed]
    distal: FloatArray | None
    radial: FloatArray | None
    across: FloatArray | None


def name_row(chains: list[Chain], wrist: FloatArray | None = None) -> Row:
    """Say which digit each chain of one hand is.

    Parameters
    ----------
    chains : list of Chain
        At least one.
    wrist : array, shape (3,), optional
        Middle of the wrist's bones in mm, where they are in view: tells the ends of a
        digit apart of which only one bone is seen.

    Returns
    -------
    Row

    Notes
    -----
    The thumb is the digit that has two phalanges, leaves the hand at an angle, and has its
    knuckle nearest to the wrist. The others are numbered by the order of their knuckles from
    the thumb on; a gap of more than 1.6 usual steps is a missing digit. Without a thumb in
    view four fingers are numbered only if one of the outer two is shorter by 7% or more
    (the little finger): fewer could be any.
    """
    members = [chain for chain in chains if is_rooted(chain)] or chains
    members = sorted(members, key=lambda chain: -chain.volume_mm3)[: len(Digit) - 1]
    outward = _outward(members, wrist)
    rest = _unjoined([chain for chain in chains if chain not in members], outward)
    if len(members) == 1:
        lone = posture_of(members[0].best, outward)
        digits = [(Digit.UNKNOWN, lone, "one digit alone does not say which it is"), *rest]
        return Row(digits, lone.root if outward is not None else None, None, None)
    thumb = _find_thumb(members, outward)
    fingers = [posture_of(chain.as_finger, outward) for chain in members if chain is not thumb]
    distal = _unit(np.sum([finger.root for finger in fingers], axis=0))
    if thumb is None or thumb.as_thumb is None:
        return _row_without_thumb(fingers, distal, rest)
    return _row_from_thumb(posture_of(thumb.as_thumb, outward), fingers, distal, rest)


def _row_from_thumb(
    thumb: Posture, fingers: list[Posture], distal: FloatArray, rest: list[Placed]
) -> Row:
    radial = _across([*fingers, thumb] if len(fingers) == 1 else fingers, distal)
    middle = np.mean([finger.base for finger in fingers], axis=0)
    if (thumb.base - middle) @ radial < 0:
        radial = -radial
    fingers = sorted(fingers, key=lambda finger: -float(_place(finger) @ radial))
    numbers, reason = _count_on(thumb, fingers)
    named = [(digit, finger, reason) for digit, finger in zip(numbers, fingers, strict=True)]
    return Row([(Digit.THUMB, thumb, ""), *named, *rest], distal, radial, radial)


def _row_without_thumb(fingers: list[Posture], distal: FloatArray, rest: list[Placed]) -> Row:
    across = _across(fingers, distal)
    fingers = sorted(fingers, key=lambda finger: -float(_place(finger) @ across))
    if len(fingers) != len(FINGERS):
        what = "five digits without one" if len(fingers) > 4 else "fewer than four fingers"
        reason = f"no thumb was found, and {what} do not say which they are"
    elif (last_is_little := _last_is_little(fingers)) is None:
        reason = "no thumb was found, and neither outer finger is clearly the shorter one"
    else:
        radial = across if last_is_little else -across
        ordered = fingers if last_is_little else fingers[::-1]
        named = [(digit, finger, "") for digit, finger in zip(FINGERS, ordered, strict=True)]
        return Row([*named, *rest], distal, radial, across)
    return Row(
        [*((Digit.UNKNOWN, finger, reason) for finger in fingers), *rest], distal, None, across
    )


def _unjoined(chains: list[Chain], outward: FloatArray | None) -> list[Placed]:
    reason = "nothing joins it to a digit of the hand"
    return [(Digit.UNKNOWN, posture_of(chain.best, outward), reason) for chain in chains]


def _outward(chains: list[Chain], wrist: FloatArray | None) -> FloatArray | None:
    """Unit vector roughly towards the fingertips; None where nothing tells."""
    roots = [posture_of(chain.best).root for chain in chains if len(chain.best.bones) > 1]
    if roots:
        return _unit(np.sum(roots, axis=0))
    rods = [chain.best.bones[0][1].rod for chain in chains]
    centre = np.mean([rod.centre for rod in rods], axis=0)
    if wrist is not None:
        return _unit(centre - wrist)
    if len(rods) == 1:
        return None
    # Rays of a hand spread outwards: the ends that lie farther apart are the outer ones.
    way = rods[0].axis
    sides = [1 if rod.axis @ way > 0 else -1 for rod in rods]
    high = np.array([rod.end(side) for rod, side in zip(rods, sides, strict=True)])
    low = np.array([rod.end(-side) for rod, side in zip(rods, sides, strict=True)])
    return way if high.var(axis=0).sum() > low.var(axis=0).sum() else -way


def _find_thumb(chains: list[Chain], outward: FloatArray | None) -> Chain | None:
    """The chain that is a thumb by its bones, its direction and its place; None: none clearly.

    Two joined bones make a thumb of any finger. So where several may be one, that which stands
    and points like a thumb is, if it does so far more than the others.
    """
    evidence = np.array([_thumb_evidence(chain, chains, outward) for chain in chains])
    total = evidence.sum(axis=1)
    first, second = np.argsort(total)[::-1][:2]
    # One of five digits is the thumb, however its bones were taken apart.
    only = len(chains) == MOST_DIGITS and not np.isfinite(total[second])
    if only and evidence[first, 1] >= LEAST_EVIDENCE:
        return chains[int(first)]
    if total[first] < LEAST_EVIDENCE:
        return None
    if total[first] - total[second] >= LEAST_LEAD:
        return chains[int(first)]
    rivals = np.flatnonzero(total > total[first] - LEAST_LEAD)
    stance = evidence[rivals, 1]
    best, next_best = np.sort(stance)[::-1][:2]
    return chains[int(rivals[stance.argmax()])] if best - next_best >= LEAST_STANCE_LEAD else None


def _thumb_evidence(
    chain: Chain, chains: list[Chain], outward: FloatArray | None
) -> tuple[float, float]:
    """What speaks for a thumb: the number of its bones, and its direction and place."""
    if chain.as_thumb is None or not may_be_thumb(chain, chains):
        return -np.inf, 0.0
    own = posture_of(chain.as_thumb, outward)
    others = [posture_of(other.as_finger, outward) for other in chains if other is not chain]
    votes = np.clip(chain.as_thumb.score - chain.as_finger.score, -MOST_VOTES, MOST_VOTES)
    common = _unit(np.sum([other.root for other in others], axis=0))
    angle = np.degrees(np.arccos(np.clip(own.root @ common, -1.0, 1.0)))
    behind = np.median([_place(other) @ common for other in others]) - _place(own) @ common
    cues = [(angle - ANGLE_DEG[0]) / ANGLE_DEG[1], (behind - KNUCKLE_MM[0]) / KNUCKLE_MM[1]]
    return float(votes), float(np.clip(cues, -MOST_EVIDENCE, MOST_EVIDENCE).sum())


def _across(digits: list[Posture], distal: FloatArray) -> FloatArray:
    """Unit vector across the hand, of either sign: along which the knuckles spread."""
    places = np.array([_place(digit) for digit in digits])
    places = places - places.mean(axis=0)
    places -= np.outer(places @ distal, distal)
    return np.asarray(np.linalg.svd(places, full_matrices=False)[2][0])


def _count_on(thumb: Posture, fingers: list[Posture]) -> tuple[list[Digit], str]:
    """Digits of fingers in their order from the thumb, and the reason where that is unknown."""
    if len(fingers) == len(FINGERS):
        return list(FINGERS), ""
    unknown = [Digit.UNKNOWN] * len(fingers)
    metacarpal = _longest(fingers, Bone.METACARPAL)
    first = fingers[0].naming.get(Bone.METACARPAL)
    if metacarpal and first is not None and thumb.naming.get(Bone.METACARPAL) is not None:
        apart = float(np.linalg.norm(thumb.base - fingers[0].base))
        if apart > THUMB_TO_INDEX * metacarpal:
            return unknown, (
                f"the finger next to the thumb starts {apart:.0f} mm from it, "
                "too far for an index finger"
            )
    step = max(
        (share * _longest(fingers, bone) for bone, share in KNUCKLE_STEP.items()), default=0.0
    )
    numbers = [int(Digit.INDEX)]
    for one, following in itertools.pairwise(fingers):
        gap = float(np.linalg.norm(_place(one) - _place(following)))
        missing = step > 0 and gap > LEFT_OUT * step
        numbers.append(numbers[-1] + (round(gap / step) if missing else 1))
    if numbers[-1] > Digit.LITTLE:
        return unknown, "the gaps between the fingers leave no room for the digits missing in them"
    return [Digit(number) for number in numbers], ""


def _last_is_little(fingers: list[Posture]) -> bool | None:
    """Whether the last of four fingers is the shorter of the outer two; None: neither clearly.

    Fingers that are seen from tip to metacarpal are compared whole: a joint that did not come apart
    makes two bones one. Others are compared bone by bone, those that both show.
    """
    first, last = fingers[0].naming, fingers[-1].naming
    if _is_seen_whole(first) and _is_seen_whole(last):
        lengths = [[sum(bone.rod.length_mm for _, bone in one.bones) for one in (first, last)]]
    else:
        both = [(bone, last.get(name)) for name, bone in first.bones]
        lengths = [
            [bone.rod.length_mm, other.rod.length_mm]
            for bone, other in both
            if other is not None and not (bone.at_border or other.at_border)
        ]
    if not lengths:
        return None
    first_mm, last_mm = np.sum(lengths, axis=0)
    if min(first_mm, last_mm) > LITTLE_OVER_INDEX * max(first_mm, last_mm):
        return None
    return bool(last_mm < first_mm)


def _is_seen_whole(naming: Naming) -> bool:
    """Whether a finger begins with a distal phalanx by its votes and ends with a metacarpal."""
    bones = [bone for _, bone in naming.bones]
    ends = (bones[0].kind, bones[-1].kind) == (Bone.DISTAL_PHALANX, Bone.METACARPAL)
    return ends and not any(bone.at_border for bone in bones)


def _longest(fingers: list[Posture], name: Bone) -> float:
    """Length in mm of the longest bone of a name, 0 where there is none."""
    bones = [finger.naming.get(name) for finger in fingers]
    return max((bone.rod.length_mm for bone in bones if bone is not None), default=0.0)


def _place(digit: Posture) -> FloatArray:
    """Where a digit stands in the row: its knuckle, or its innermost point."""
    return digit.base if digit.knuckle is None else digit.knuckle


def _unit(vector: FloatArray) -> FloatArray:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12))
