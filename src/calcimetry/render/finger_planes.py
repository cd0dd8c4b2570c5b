"""Which sagittal planes of a finger its picture shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcimetry.model import Finger

#: A plane of lesions further than this from the mid plane grazes bones: both are shown.
APART_MM = 3.0


@dataclass(frozen=True, slots=True)
class FingerPlane:
    """One slice of a finger's grid, and how it is called."""

    number: int
    caption: str


def planes_to_show(
    finger: Finger, bones: NDArray[np.integer], lesions: NDArray[np.bool_]
) -> tuple[FingerPlane, ...]:
    """The plane that shows most of a finger's lesions, and its mid plane where that is another.

    Parameters
    ----------
    finger : Finger
    bones : array of int, shape of the finger's grid
        Bone labels; those of other fingers do not count.
    lesions : array of bool, same shape
        The finger's lesions.

    Returns
    -------
    tuple of FingerPlane
        Without lesions the mid plane alone: the one in which the bones show most,
        each bone's area taken as part of its own largest, so that a distal phalanx
        counts as much as a metacarpal. With lesions the plane that they fill the
        largest area of, after the mid plane if it lies more than `APART_MM` from it.
    """
    middle = _mid_plane(finger, bones)
    area = lesions.sum(axis=(1, 2))
    if not area.any():
        return (FingerPlane(middle, "mid plane"),)
    # Of planes that show as much, the one nearest to the middle.
    most = np.flatnonzero(area == area.max())
    number = int(most[np.abs(most - middle).argmin()])
    plane = FingerPlane(number, _caption(finger, number - middle))
    if abs(number - middle) * finger.grid.spacing[0] > APART_MM:
        return FingerPlane(middle, "mid plane"), plane
    return (plane,)


def _mid_plane(finger: Finger, bones: NDArray[np.integer]) -> int:
    shown = np.zeros(finger.grid.shape[0])
    for label in finger.labels:
        area = (bones == label).sum(axis=(1, 2))
        shown += area / max(int(area.max()), 1)
    return int(shown.argmax()) if shown.any() else finger.grid.shape[0] // 2


def _caption(finger: Finger, slices: int) -> str:
    """Where a plane lies that is so many slices from the mid plane."""
    if not slices:
        return "mid plane"
    way = {1: "radial of", -1: "ulnar of", 0: "from"}[int(np.sign(slices)) * finger.radial]
    return f"{abs(slices) * finger.grid.spacing[0]:.1f} mm {way} mid plane"
