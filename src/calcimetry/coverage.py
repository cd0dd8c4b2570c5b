"""Which bones a picture shows whole, cut by its border, or not at all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from calcimetry.model.anatomy import Bone, Digit, Phalanx
from calcimetry.model.segmentation import Segmentation

State = Literal["complete", "cut by the field of view", "not found"]


@dataclass(frozen=True, slots=True)
class PhalanxCoverage:
    """How much of one phalanx a picture shows; `reason` is empty where it is complete."""

    phalanx: Phalanx
    state: State
    reason: str


def expected_phalanges(digit: Digit) -> tuple[Phalanx, ...]:
    """The phalanges that a picture of one digit should show, from the base to the tip.

    >>> [phalanx.bone.name for phalanx in expected_phalanges(Digit.THUMB)]
    ['PROXIMAL_PHALANX', 'DISTAL_PHALANX']
    """
    bones = [Bone.PROXIMAL_PHALANX, Bone.MIDDLE_PHALANX, Bone.DISTAL_PHALANX]
    if digit is Digit.THUMB:
        bones.remove(Bone.MIDDLE_PHALANX)
    return tuple(Phalanx(digit, bone) for bone in bones)


def phalanx_coverage(
    bones: Segmentation, digit: Digit = Digit.UNKNOWN
) -> tuple[PhalanxCoverage, ...]:
    """Say for each phalanx of a finger picture whether it can be seen whole.

    Parameters
    ----------
    bones : Segmentation
        Bone labels of a picture.
    digit : Digit
        Whose phalanges; UNKNOWN for a lone finger picture.

    Returns
    -------
    tuple of PhalanxCoverage
        From the base of the finger to its tip. A metacarpal is not asked for.
    """
    return tuple(_coverage(bones, phalanx) for phalanx in expected_phalanges(digit))


def longest_bone_mm(bones: Segmentation) -> float:
    """Length of the longest bone of a picture, in mm: the diagonal of the box around it.

    0 where there is no bone. Up to a tenth too long for a bone that lies askew.
    """
    _, row_mm, column_mm = bones.grid.spacing
    lengths = [0.0]
    for label in bones.labels:
        rows, columns = np.nonzero(bones.label_map[0] == label)
        lengths.append(math.hypot((np.ptp(rows) + 1) * row_mm, (np.ptp(columns) + 1) * column_mm))
    return max(lengths)


def _coverage(bones: Segmentation, phalanx: Phalanx) -> PhalanxCoverage:
    mask = bones.label_map[0] == phalanx.label
    if not mask.any():
        return PhalanxCoverage(phalanx, "not found", f"no {phalanx.name} was found")
    if np.any(mask[[0, -1]]) or np.any(mask[:, [0, -1]]):
        reason = f"the picture's border cuts the {phalanx.name}"
        return PhalanxCoverage(phalanx, "cut by the field of view", reason)
    return PhalanxCoverage(phalanx, "complete", "")
