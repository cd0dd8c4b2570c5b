"""Which phalanges an image shows whole, and why the others are not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from calcimetry.coverage.extent import STEP_MM, Extent, measure_extents
from calcimetry.coverage.hidden import BoolArray, Contents, Stretch, look_into
from calcimetry.coverage.proportions import SHAFT_DEPTH
from calcimetry.coverage.short import SHORT, Proportions
from calcimetry.model.anatomy import Bone, Digit, Laterality, Phalanx
from calcimetry.model.coverage import CoverageState, PhalanxCoverage
from calcimetry.model.geometry import Grid
from calcimetry.model.segmentation import Segmentation

#: A lesion hides the rest of a bone where it lies along so much of where that should be.
HIDDEN = 1.0 / 3.0
#: The rest of a bone is out of view where so much of it would lie outside the image.
OUTSIDE = 0.5
#: What acro-osteolysis leaves sits on its joint, with a base of its usual depth (as a part of the
#: length expected), and tapers: its tip is at most so deep as a part of its base.
JOINT_MM, BASE_DEPTH, TAPERED = 2.5, 0.28, 0.75
#: A bone interrupted for more than this part of its span lacks its middle and not its ends.
_GAP = 0.15
#: The two ends of a bone are this part of its length.
_END = 0.2


@dataclass(frozen=True, eq=False, slots=True)
class _Scene:
    """The image that bones are looked for in."""

    grid: Grid
    lesions: BoolArray
    artefact: BoolArray | None

    @property
    def kind(self) -> str:
        return "picture" if self.is_picture else "volume"

    @property
    def is_picture(self) -> bool:
        return self.grid.shape[0] == 1


def expected_phalanges(digit: Digit, laterality: Laterality | None = None) -> tuple[Phalanx, ...]:
    """The phalanges that an image of one digit should show, from the base to the tip.

    >>> [phalanx.bone.name for phalanx in expected_phalanges(Digit.THUMB)]
    ['PROXIMAL_PHALANX', 'DISTAL_PHALANX']
    """
    bones = [Bone.PROXIMAL_PHALANX, Bone.MIDDLE_PHALANX, Bone.DISTAL_PHALANX]
    if digit is Digit.THUMB:
        bones.remove(Bone.MIDDLE_PHALANX)
    return tuple(Phalanx(digit, bone, laterality) for bone in bones)


def phalanx_coverage(
    bones: Segmentation,
    lesion_map: Segmentation,
    fingers: Sequence[tuple[Digit, Laterality | None]] = ((Digit.UNKNOWN, None),),
    artefact: BoolArray | None = None,
) -> tuple[PhalanxCoverage, ...]:
    """Say of each phalanx whether it is seen whole, how much of it is, and why not more.

    Parameters
    ----------
    bones : Segmentation
        Bone labels of a picture or a volume.
    lesion_map : Segmentation
        Its lesions, on the same grid: a lesion can hide a bone, so that coverage is settled
        after growing.
    fingers : sequence of (Digit, Laterality or None)
        Which fingers the image shows; a picture shows one that is unknown.
    artefact : array of bool, shape of the grid, optional
        Where nothing can be seen, such as in and around metal.

    Returns
    -------
    tuple of PhalanxCoverage
        Finger by finger, from its base to its tip. A metacarpal is not asked for.

    Notes
    -----
    A phalanx's expected length follows from those of the hand's other phalanges that are seen
    whole (`calcimetry.coverage.proportions`), the longest for their kind first. Fingers that
    cannot be told apart share their labels, and a length of two bones together means nothing:
    of these only the border and a missing name are told.
    """
    scene = _Scene(bones.grid, lesion_map.mask, artefact)
    extents = measure_extents(bones)
    unknown = sum(digit is Digit.UNKNOWN for digit, _ in fingers)
    found: list[PhalanxCoverage] = []
    for side in dict.fromkeys(laterality for _, laterality in fingers):
        digits = dict.fromkeys(digit for digit, own in fingers if own is side)
        named = [digit for digit in digits if digit is not Digit.UNKNOWN]
        for group in (named, [digit for digit in digits if digit not in named]):
            phalanges = [one for digit in group for one in expected_phalanges(digit, side)]
            seen = {one: extents[one.label] for one in phalanges if one.label in extents}
            proportions = Proportions.of(seen) if group is named or unknown == 1 else None
            for digit in group:
                chain = expected_phalanges(digit, side)
                found += [_coverage(one, chain, seen, proportions, scene) for one in chain]
    return tuple(found)


def _coverage(
    phalanx: Phalanx,
    chain: Sequence[Phalanx],
    seen: Mapping[Phalanx, Extent],
    proportions: Proportions | None,
    scene: _Scene,
) -> PhalanxCoverage:
    extent = seen.get(phalanx)
    if proportions is None:
        return _without_length(phalanx, extent, scene)
    expected = proportions.expected_mm(phalanx)
    if extent is None:
        return _missing(phalanx, chain, seen, expected, scene)
    share = min(1.0, extent.seen_mm / expected)
    if extent.cut:
        return _cut(phalanx, share, scene)
    if extent.seen_mm >= SHORT * expected:
        return PhalanxCoverage(phalanx, "complete", 1.0)
    state, reason = _why_short(phalanx, chain, seen, (expected, share), scene)
    return PhalanxCoverage(phalanx, state, share, reason)


def _why_short(
    phalanx: Phalanx,
    chain: Sequence[Phalanx],
    seen: Mapping[Phalanx, Extent],
    length: tuple[float, float],
    scene: _Scene,
) -> tuple[CoverageState, str]:
    """Why less than a whole phalanx is seen; `length` is the expected one and the share seen."""
    expected, share = length
    looks = _rest(phalanx, seen[phalanx], seen, expected, scene)
    part = f"{share:.0%} of the expected length of the {phalanx.name}"
    hidden = _hidden(looks)
    if hidden:
        reason = f"{hidden} lies where the rest of the {phalanx.name} should be"
        return "obscured by lesion or artefact", reason
    if any(one.outside >= OUTSIDE for one in looks):
        return "cut by the field of view", _cut_reason(phalanx, scene)
    if _is_resorbed(phalanx, chain, seen, expected, scene):
        doubt = ", or the plane leaves it" if scene.is_picture else ""
        return "resorbed", f"only {part} is there: resorbed (acro-osteolysis){doubt}"
    if scene.is_picture:
        return "off-plane", f"the plane grazes bone: only {part} is seen"
    return "not found", f"only {part} was found"


def _rest(
    phalanx: Phalanx,
    extent: Extent,
    seen: Mapping[Phalanx, Extent],
    expected: float,
    scene: _Scene,
) -> list[Contents]:
    """What lies where the rest of a short phalanx should be: within it, and beyond its ends."""
    span = extent.high - extent.low
    radius = max(extent.depth_mm, SHAFT_DEPTH[phalanx.bone] * expected) / 2.0

    def look(side: int, start: int, length: float) -> Contents:
        stretch = Stretch(extent.end(start), side * extent.axis, length, radius)
        return look_into(stretch, scene.grid, scene.lesions, scene.artefact)

    gap = max(1.0 - extent.seen_mm / span, STEP_MM / span)
    if expected - span < STEP_MM or gap > _GAP:
        within = look(1, -1, span)
        return [Contents(min(1.0, within.lesion / gap), min(1.0, within.artefact / gap), 0.0)]
    return [
        look(side, side, expected - span)
        for side in (-1, 1)
        if not _meets(extent, side, phalanx, seen)
    ]


def _without_length(phalanx: Phalanx, extent: Extent | None, scene: _Scene) -> PhalanxCoverage:
    if extent is None:
        return PhalanxCoverage(phalanx, "not found", 0.0, f"no {phalanx.name} was found")
    if extent.cut:
        return _cut(phalanx, 1.0, scene)
    return PhalanxCoverage(phalanx, "complete", 1.0)


def _cut(phalanx: Phalanx, share: float, scene: _Scene) -> PhalanxCoverage:
    reason = _cut_reason(phalanx, scene)
    return PhalanxCoverage(phalanx, "cut by the field of view", share, reason)


def _cut_reason(phalanx: Phalanx, scene: _Scene) -> str:
    return f"the {scene.kind}'s border cuts the {phalanx.name}"


def _missing(
    phalanx: Phalanx,
    chain: Sequence[Phalanx],
    seen: Mapping[Phalanx, Extent],
    expected: float,
    scene: _Scene,
) -> PhalanxCoverage:
    """Why a phalanx was not found at all: something hides it, or it is out of view."""
    radius = SHAFT_DEPTH[phalanx.bone] * expected / 2.0
    stretches = _gaps(phalanx, chain, seen, expected, radius)
    looks = [look_into(one, scene.grid, scene.lesions, scene.artefact) for one in stretches]
    hidden = _hidden(looks)
    if hidden:
        reason = f"{hidden} lies where the {phalanx.name} should be"
        return PhalanxCoverage(phalanx, "obscured by lesion or artefact", 0.0, reason)
    if looks and min(one.outside for one in looks) >= OUTSIDE:
        reason = f"the {phalanx.name} lies outside the {scene.kind}"
        return PhalanxCoverage(phalanx, "cut by the field of view", 0.0, reason)
    return PhalanxCoverage(phalanx, "not found", 0.0, f"no {phalanx.name} was found")


def _gaps(
    phalanx: Phalanx,
    chain: Sequence[Phalanx],
    seen: Mapping[Phalanx, Extent],
    expected: float,
    radius: float,
) -> list[Stretch]:
    """Where a missing phalanx should lie: between its neighbours, or beyond the one it has."""
    place = chain.index(phalanx)
    before = [seen[one] for one in chain[:place] if one in seen][-1:]
    after = [seen[one] for one in chain[place + 1 :] if one in seen][:1]
    if before and after:
        start = before[0].end(before[0].side_towards(after[0].centre))
        way = after[0].end(after[0].side_towards(before[0].centre)) - start
        length = float(np.linalg.norm(way))
        return [Stretch(start, way / length, length, radius)] if length > 0.0 else []
    beyond = [*before, *after]
    others = [one for one in seen.values() if one not in beyond]
    found = []
    for one in beyond:
        taken = {one.side_towards(other.centre) for other in others}
        found += [
            Stretch(one.end(side), side * one.axis, expected, radius)
            for side in (-1, 1)
            if side not in taken
        ]
    return found


def _meets(extent: Extent, side: int, phalanx: Phalanx, seen: Mapping[Phalanx, Extent]) -> bool:
    """Whether another bone of the finger adjoins an end, where nothing then is missing."""
    reach = 2.0 * JOINT_MM
    return any(
        float(np.linalg.norm(other.points - extent.end(side), axis=1).min()) <= reach
        for one, other in seen.items()
        if one != phalanx and one.digit is phalanx.digit
    )


def _hidden(looks: Sequence[Contents]) -> str:
    """What hides a bone, in words; empty where nothing does."""
    if any(one.lesion >= HIDDEN for one in looks):
        return "a lesion"
    return "metal" if any(one.artefact >= HIDDEN for one in looks) else ""


def _is_resorbed(
    phalanx: Phalanx,
    chain: Sequence[Phalanx],
    seen: Mapping[Phalanx, Extent],
    expected: float,
    scene: _Scene,
) -> bool:
    """Whether a short distal phalanx is what acro-osteolysis leaves, and not a grazed one."""
    neighbour = seen.get(chain[chain.index(phalanx) - 1])
    if phalanx.bone is not Bone.DISTAL_PHALANX or neighbour is None:
        return False
    if not scene.is_picture:
        return True
    extent = seen[phalanx]
    side = extent.side_towards(neighbour.centre)
    gap = float(np.linalg.norm(neighbour.points - extent.end(side), axis=1).min())
    base = extent.depth_at(side, _END * expected)
    tip = extent.depth_at(-side, _END * expected)
    return (
        extent.pieces == 1
        and gap <= JOINT_MM
        and base >= BASE_DEPTH * expected
        and tip <= TAPERED * base
    )
