"""How long a phalanx should be, given the others: published lengths and their spread."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from calcimetry.model.anatomy import Bone, Digit, Phalanx

#: Mean length in mm of each phalanx: the mean of two published series, an open statistical shape
#: model of 10 right hands (CT) and radiographs of 66 adults (Buryanov and Kotiuk, Int J Morphol
#: 2010;28:755-758); the thumb from the radiographs.
LENGTHS_MM: Mapping[Digit, Mapping[Bone, float]] = {
    Digit.THUMB: {Bone.PROXIMAL_PHALANX: 31.6, Bone.DISTAL_PHALANX: 21.7},
    Digit.INDEX: {
        Bone.PROXIMAL_PHALANX: 40.5,
        Bone.MIDDLE_PHALANX: 23.6,
        Bone.DISTAL_PHALANX: 16.7,
    },
    Digit.MIDDLE: {
        Bone.PROXIMAL_PHALANX: 45.2,
        Bone.MIDDLE_PHALANX: 28.0,
        Bone.DISTAL_PHALANX: 18.0,
    },
    Digit.RING: {
        Bone.PROXIMAL_PHALANX: 41.8,
        Bone.MIDDLE_PHALANX: 26.9,
        Bone.DISTAL_PHALANX: 18.2,
    },
    Digit.LITTLE: {
        Bone.PROXIMAL_PHALANX: 33.2,
        Bone.MIDDLE_PHALANX: 19.0,
        Bone.DISTAL_PHALANX: 16.7,
    },
}
#: Depth of the middle of the shaft, from back to palm, as a part of the bone's length: means over
#: the four fingers of the shape model.
SHAFT_DEPTH: Mapping[Bone, float] = {
    Bone.PROXIMAL_PHALANX: 0.153,
    Bone.MIDDLE_PHALANX: 0.193,
    Bone.DISTAL_PHALANX: 0.205,
}
#: Standard deviations of log length: of the size of whole hands, and of each bone beside it. The
#: published spread of single bones, 9 to 14%, is the two together.
SIZE_SPREAD, OWN_SPREAD = 0.08, 0.06

# Of a finger that may be any of the four: mean of log lengths, and how they vary together.
_LOGS = {
    bone: np.log([LENGTHS_MM[digit][bone] for digit in list(Digit)[2:]]) for bone in SHAFT_DEPTH
}
_UNKNOWN_MEAN = {bone: float(logs.mean()) for bone, logs in _LOGS.items()}
_UNKNOWN_SHARED = {
    (one, other): float(((a - a.mean()) * (b - b.mean())).mean())
    for one, a in _LOGS.items()
    for other, b in _LOGS.items()
}


def expected_length_mm(phalanx: Phalanx, known: Mapping[Phalanx, float]) -> float:
    """Length that a phalanx should have, in mm, given the lengths of others.

    Parameters
    ----------
    phalanx : Phalanx
        Which one. Of an unknown digit it is one of the four fingers, each as likely.
    known : mapping of Phalanx to float
        Lengths in mm of other phalanges of the same hand, all of known digits or all of one
        unknown finger; may be empty.

    Returns
    -------
    float
        The conditional mean of a normal distribution of log lengths: means as published, what
        all bones of a hand share (its size; for an unknown digit also which finger it is), and
        what is each bone's own.

    Examples
    --------
    >>> index = [Phalanx(Digit.INDEX, Bone(n)) for n in (1, 2, 3)]
    >>> round(expected_length_mm(index[2], {}), 1)
    16.7
    >>> round(expected_length_mm(index[2], {index[0]: 48.6, index[1]: 28.3}), 1)
    19.2
    """
    bones = [phalanx, *(one for one in known if one != phalanx)]
    mean = np.array([_mean_log(one) for one in bones])
    shared = np.array([[_shared(one, other) for other in bones] for one in bones])
    spread = shared + OWN_SPREAD**2 * np.eye(len(bones))
    if len(bones) == 1:
        return float(np.exp(mean[0]))
    weights = np.linalg.solve(spread[1:, 1:], spread[1:, 0])
    seen = np.log([known[one] for one in bones[1:]])
    return float(np.exp(mean[0] + weights @ (seen - mean[1:])))


def relative_length(phalanx: Phalanx, length_mm: float) -> float:
    """How long a bone is for what it is: standard deviations of its log length over the mean."""
    own = float(np.sqrt(_shared(phalanx, phalanx) + OWN_SPREAD**2))
    return (float(np.log(length_mm)) - _mean_log(phalanx)) / own


def _mean_log(phalanx: Phalanx) -> float:
    if phalanx.digit is Digit.UNKNOWN:
        return _UNKNOWN_MEAN[phalanx.bone]
    return float(np.log(LENGTHS_MM[phalanx.digit][phalanx.bone]))


def _shared(one: Phalanx, other: Phalanx) -> float:
    """Covariance of two log lengths, without what is each bone's own."""
    if Digit.UNKNOWN not in (one.digit, other.digit):
        return SIZE_SPREAD**2
    return SIZE_SPREAD**2 + _UNKNOWN_SHARED[one.bone, other.bone]
