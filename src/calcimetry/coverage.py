"""Which bones a picture or a volume shows whole, cut by its border, or not at all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from calcimetry.model.anatomy import Bone, Digit, Laterality, Phalanx
from calcimetry.model.segmentation import Segmentation

State = Literal["complete", "cut by the field of view", "not found"]


@dataclass(frozen=True, slots=True)
class PhalanxCoverage:
    """How much of one phalanx an image shows; `reason` is empty where it is complete."""

    phalanx: Phalanx
    state: State
    reason: str


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
    bones: Segmentation, digit: Digit = Digit.UNKNOWN, laterality: Laterality | None = None
) -> tuple[PhalanxCoverage, ...]:
    """Say for each phalanx of a finger whether it can be seen whole.

    Parameters
    ----------
    bones : Segmentation
        Bone labels of a picture or a volume.
    digit : Digit
        Whose phalanges; UNKNOWN for a lone finger.
    laterality : Laterality, optional
        Of which hand; None where labels do not say.

    Returns
    -------
    tuple of PhalanxCoverage
        From the base of the finger to its tip. A metacarpal is not asked for.

    Notes
    -----
    In a picture the border cuts what has a pixel on it. In a volume it cuts what comes within
    a sample of it: no whole phalanx lies so close to the skin, and bone labels made on another
    grid may end a sample early.
    """
    return tuple(_coverage(bones, phalanx) for phalanx in expected_phalanges(digit, laterality))


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
    mask = bones.label_map == phalanx.label
    if not mask.any():
        return PhalanxCoverage(phalanx, "not found", f"no {phalanx.name} was found")
    is_picture = bones.grid.shape[0] == 1
    axes, near = ((1, 2), [0, -1]) if is_picture else ((0, 1, 2), [0, 1, -2, -1])
    if any(mask.take(near, axis=axis, mode="wrap").any() for axis in axes):
        what = "picture" if is_picture else "volume"
        reason = f"the {what}'s border cuts the {phalanx.name}"
        return PhalanxCoverage(phalanx, "cut by the field of view", reason)
    return PhalanxCoverage(phalanx, "complete", "")
