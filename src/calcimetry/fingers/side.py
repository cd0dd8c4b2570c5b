"""Which way the palm faces, and whether it is a right or a left hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calcimetry.fingers.posture import Posture
from calcimetry.fingers.rod import FloatArray
from calcimetry.fingers.row import Row
from calcimetry.model.anatomy import Digit, Laterality

#: How far, in mm, towards the palm makes one piece of evidence: the thumb from the plane of
#: the metacarpals, the outer knuckles from the inner ones, sesamoids from the nearest bone.
CLEAR_THUMB_MM, CLEAR_ARCH_MM, CLEAR_SESAMOID_MM = 8.0, 3.0, 3.0
#: No cue gives more than this.
MOST_EVIDENCE = 3.0
#: Less evidence than the first leaves the side open; more than the second contradicts a file.
LEAST_EVIDENCE, CLEAR_EVIDENCE = 1.5, 3.0


@dataclass(frozen=True, eq=False, slots=True)
class Side:
    """Where the palm is.

    Parameters
    ----------
    laterality : Laterality or None
        None where it cannot be told; `reason` says why.
    palmar : array, shape (3,), or None
        Unit vector out of the palm, across the fingers; None where unknown.
    reason : str
        Also tells of a stated side that the bones contradict.
    """

    laterality: Laterality | None
    palmar: FloatArray | None
    reason: str = ""


def find_side(row: Row, sesamoids: FloatArray, stated: Laterality | None = None) -> Side:
    """Tell the palm from the back of a hand, and right from left.

    Parameters
    ----------
    row : Row
        Digits of one hand.
    sesamoids : array, shape (n, 3)
        Places of sesamoid voxels near the hand, in mm.
    stated : Laterality, optional
        The side that the file states. It wins; a clear contradiction is told.

    Returns
    -------
    Side

    Notes
    -----
    The palm lies where the fingers bend to and their shafts are hollow, on the side that the
    thumb and the sesamoids are offset to, and the arch of the knuckles opens to. Each cue
    gives evidence with a sign, and the sum decides. With unit vectors d from the wrist to the
    fingertips, r from the little finger to the thumb and p out of the palm, all in patient
    (LPS) axes, which are right-handed, the hand is a right one if ``(r x d) . p > 0``: hold
    the right hand before you, palm down, and r points left, d ahead and p down.
    """
    if row.distal is None or row.across is None:
        return _lone_side(row, stated)
    normal = np.cross(row.radial if row.radial is not None else row.across, row.distal)
    normal /= np.linalg.norm(normal)
    evidence = _evidence(row, normal, sesamoids)
    seen = None if abs(evidence) < LEAST_EVIDENCE else float(np.sign(evidence))
    palmar = None if seen is None else normal * seen
    if row.radial is None:
        reason = "" if stated else "the side cannot be told without knowing the thumb's side"
        return Side(stated, palmar, reason)
    found = None if seen is None else (Laterality.RIGHT if seen > 0 else Laterality.LEFT)
    if stated is None:
        reason = "" if found else "the bones do not show clearly enough where the palm is"
        return Side(found, palmar, reason)
    if palmar is None:
        return Side(stated, normal * (1.0 if stated is Laterality.RIGHT else -1.0))
    if found is not stated and abs(evidence) >= CLEAR_EVIDENCE:
        return Side(stated, palmar, _contradiction(stated))
    return Side(stated, palmar)


def _contradiction(stated: Laterality) -> str:
    seen = Laterality.LEFT if stated is Laterality.RIGHT else Laterality.RIGHT
    return (
        f"the file states a {stated.name.lower()} hand, but its bones look like those of a "
        f"{seen.name.lower()} one: check the file's side and its orientation"
    )


def _lone_side(row: Row, stated: Laterality | None) -> Side:
    """The palmar side of one digit, by its own bones alone."""
    palmar = row.digits[0][1].palmar
    strength = float(np.linalg.norm(palmar))
    reason = "" if stated else "one digit alone does not say which hand it is of"
    return Side(stated, palmar / strength if strength >= LEAST_EVIDENCE / 2 else None, reason)


def _evidence(row: Row, normal: FloatArray, sesamoids: FloatArray) -> float:
    """Sum of all cues for the palm lying along `normal` (below 0: against it)."""
    thumb = [posture for digit, posture, _ in row.digits if digit is Digit.THUMB]
    fingers = [posture for digit, posture, _ in row.digits if digit is not Digit.THUMB]
    mean_palmar = np.mean([finger.palmar for finger in fingers], axis=0)
    cues = [MOST_EVIDENCE / 2.0 * float(mean_palmar @ normal)]
    knuckles = np.array([f.knuckle for f in fingers if f.knuckle is not None])
    if len(knuckles) >= 3:
        inner = knuckles[1:-1].mean(axis=0)
        outer = (knuckles[0] + knuckles[-1]) / 2.0
        cues.append(float((outer - inner) @ normal) / CLEAR_ARCH_MM)
    if thumb:
        plane = np.mean([finger.line[-3:].mean(axis=0) for finger in fingers], axis=0)
        cues.append(float((thumb[0].line.mean(axis=0) - plane) @ normal) / CLEAR_THUMB_MM)
    offset = _sesamoid_offset([*fingers, *thumb], sesamoids)
    if offset is not None:
        cues.append(float(offset @ normal) / CLEAR_SESAMOID_MM)
    return float(np.clip(cues, -MOST_EVIDENCE, MOST_EVIDENCE).sum())


def _sesamoid_offset(digits: list[Posture], sesamoids: FloatArray) -> FloatArray | None:
    """Mean way in mm from the knuckle nearest to each sesamoid voxel; None without any."""
    knuckles = [digit.knuckle for digit in digits if digit.knuckle is not None]
    if not len(sesamoids) or not knuckles:
        return None
    ways = sesamoids[:, None] - np.array(knuckles)[None]
    nearest = np.linalg.norm(ways, axis=2).argmin(axis=1)
    return np.asarray(ways[np.arange(len(ways)), nearest].mean(axis=0))
