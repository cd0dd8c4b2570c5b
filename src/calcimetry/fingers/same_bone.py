"""Whether two pieces of bone that meet are one bone, by where they meet and how long they are."""

from __future__ import annotations

import numpy as np

from calcimetry.fingers.contact import Contact, widest_section
from calcimetry.fingers.rod import STRAY, FloatArray, fit_rod
from calcimetry.model.anatomy import Bone

#: Two pieces of one type, or a whole bone and a piece that is none, are one bone if they meet
#: over this share of their sections there; less is a thin bridge or a joint.
LEAST_SHARE = 0.45
#: Two pieces that may each be a bone meet over more: even a closed joint seldom looks so wide,
#: unless the border lies within a shaft.
SHAFT_SHARE, FULL_SHARE = 0.6, 0.7
#: Of a bone of each type: least length in mm, least length over its breadth at a joint, and
#: greatest length. What is less is a slip at the end of another bone; what would be more is two.
PLAUSIBLE_SHAPE = {
    Bone.PROXIMAL_PHALANX: (16.0, 2.0, 47.0),
    Bone.MIDDLE_PHALANX: (9.0, 1.3, 31.0),
    Bone.DISTAL_PHALANX: (7.0, 1.1, 24.0),
    Bone.METACARPAL: (25.0, 2.5, 80.0),
}
#: Bones are wider at joints than in between: a border so narrow lies within a shaft.
SHAFT_SECTION = 0.85
#: No bone of a type is wider; two side by side are.
WIDEST_MM = {
    Bone.PROXIMAL_PHALANX: 18.0,
    Bone.MIDDLE_PHALANX: 15.0,
    Bone.DISTAL_PHALANX: 15.0,
    Bone.METACARPAL: 19.0,
}
#: With so many pieces of metacarpals in view, none is longer than the longest of them by more than
#: this factor: a thumb's two longer bones together are no long metacarpal. Phalanges have no such
#: limit: where a network cuts them all in two, the longest piece says nothing.
ENOUGH_ALIKE, LONGER = 3, 1.05
#: No bone of the hand is longer.
LONGEST_BONE_MM = 85.0


def greatest_lengths(points: dict[int, FloatArray], types: dict[int, Bone]) -> dict[Bone, float]:
    """Greatest length in mm that a bone of each type may have, by the pieces in view."""
    found = {bone: greatest for bone, (_, _, greatest) in PLAUSIBLE_SHAPE.items()}
    own = [n for n, bone in types.items() if bone is Bone.METACARPAL]
    if len(own) >= ENOUGH_ALIKE:
        longest = max(fit_rod(points[n]).length_mm for n in own)
        found[Bone.METACARPAL] = min(found[Bone.METACARPAL], LONGER * longest)
    return found


def are_one(
    contact: Contact,
    points: dict[int, FloatArray],
    types: dict[int, Bone],
    voxel_mm3: float,
    greatest: dict[Bone, float] | None,
) -> bool:
    """True where two pieces that meet from end to end are one bone.

    `greatest` has the greatest length of each type; None where types are guesses.
    """
    pair = (points[contact.first], points[contact.second])
    names = (types[contact.first], types[contact.second])
    if contact.share < LEAST_SHARE or not _fits_one_bone(pair):
        return False
    if greatest is None:
        # By shape alone the smallest bone of all is the measure.
        return _too_short(contact, pair, (Bone.DISTAL_PHALANX, Bone.DISTAL_PHALANX))
    alike = names[0] is names[1] or _too_short(contact, pair, names)
    longest = max(greatest[name] for name in names)
    return alike or _slip(contact, pair, longest, voxel_mm3)


def _fits_one_bone(pair: tuple[FloatArray, FloatArray]) -> bool:
    """True where two pieces together are no larger than a bone of the hand."""
    rod = fit_rod(np.concatenate(pair))
    return rod.width_mm <= max(WIDEST_MM.values()) and rod.length_mm <= LONGEST_BONE_MM


def _slip(
    contact: Contact,
    pair: tuple[FloatArray, FloatArray],
    longest_mm: float,
    voxel_mm3: float,
) -> bool:
    """True where two types within one bone are likelier than two bones at a closed joint."""
    if contact.share < SHAFT_SHARE or sum(_lengths(contact, pair)) > longest_mm:
        return False
    sections = [widest_section(own, voxel_mm3) for own in pair]
    return contact.share >= FULL_SHARE or contact.area_mm2 < SHAFT_SECTION * min(sections)


def _too_short(
    contact: Contact, pair: tuple[FloatArray, FloatArray], names: tuple[Bone, Bone]
) -> bool:
    """True where one of two pieces is too short or too flat for the bone it is named."""
    breadth = 2.0 * np.sqrt(contact.area_mm2 / np.pi)
    least = [max(PLAUSIBLE_SHAPE[n][0], PLAUSIBLE_SHAPE[n][1] * breadth) for n in names]
    return any(np.array(_lengths(contact, pair)) < least)


def _lengths(contact: Contact, pair: tuple[FloatArray, FloatArray]) -> list[float]:
    """Extent in mm of two pieces across their border."""
    limits = [STRAY, 100.0 - STRAY]
    return [float(np.ptp(np.percentile(own @ contact.normal, limits))) for own in pair]
