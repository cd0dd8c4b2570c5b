"""Which hand and which fingers a volume shows, and how to look at each of them straight on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from calcimetry.model.anatomy import LEFT_HAND_OFFSET, Digit, Laterality
from calcimetry.model.geometry import Grid


@dataclass(frozen=True, slots=True)
class Finger:
    """One digit of a volume.

    Parameters
    ----------
    digit : Digit
        UNKNOWN where it cannot be told; `reason` then says why.
    laterality : Laterality or None
        Of its hand; None where it cannot be told.
    grid : Grid
        The digit straightened: slices run across the finger (each is a sagittal
        plane, its flexion plane), rows from the tip to the wrist, columns from the
        back of the finger to its palmar side. A rigid, right-angled grid: bent
        joints stay bent.
    labels : tuple of int
        Labels of its bones in the report's segmentation.
    reason : str
        What could not be told and why; empty where all could.
    """

    digit: Digit
    laterality: Laterality | None
    grid: Grid
    labels: tuple[int, ...]
    reason: str = ""

    @property
    def name(self) -> str:
        """Plain English, such as ``left ring finger``.

        Returns
        -------
        str
            ``finger`` alone where neither side nor digit is known.
        """
        words = [] if self.laterality is None else [self.laterality.name.lower()]
        if self.digit is Digit.THUMB:
            return " ".join([*words, "thumb"])
        if self.digit is not Digit.UNKNOWN:
            words.append(self.digit.name.lower())
        return " ".join([*words, "finger"])

    @property
    def radial(self) -> int:
        """Which way along the slices of its grid the thumb's side lies: 1, -1, or 0 if unknown.

        Rows run from the tip to the wrist and columns from back to palm, so that the thumb's
        side of a right hand is where the vector product columns x rows points, and that of a
        left hand opposite.
        """
        if self.reason or self.laterality is None:
            return 0
        across, rows, columns = self.grid.affine[:3, :3].T
        way = 1 if np.cross(columns, rows) @ across > 0 else -1
        return way if self.laterality is Laterality.RIGHT else -way


@dataclass(frozen=True, slots=True)
class Hand:
    """One hand of a volume, or the lone finger of one.

    Parameters
    ----------
    laterality : Laterality or None
        None where it cannot be told; `reason` then says why.
    fingers : tuple of Finger
        From the thumb to the little finger; unknown ones last.
    grid : Grid
        The hand laid flat: slices run from its back to its palm, rows from the
        fingertips to the wrist, columns across. Projecting along slices gives the
        view that people know from a radiograph.
    reason : str
        What could not be told and why; empty where all could.
    """

    laterality: Laterality | None
    fingers: tuple[Finger, ...]
    grid: Grid
    reason: str = ""

    @property
    def name(self) -> str:
        """``left hand``, ``right hand`` or ``hand``."""
        return "hand" if self.laterality is None else f"{self.laterality.name.lower()} hand"


def finger_of(hands: Iterable[Hand], bone: int, place_mm: ArrayLike) -> Finger | None:
    """The finger that something near a bone belongs to.

    Parameters
    ----------
    hands : iterable of Hand
        All hands of a volume.
    bone : int
        Label of the nearest bone; 0 where there is none.
    place_mm : array_like, shape (3,)
        Where it lies, in LPS mm: fingers that could not be told apart share their
        labels, and the nearest one is then meant.

    Returns
    -------
    Finger or None
        None where the bone is no finger's, such as a carpal.
    """
    fingers = [finger for hand in hands for finger in hand.fingers if bone in finger.labels]

    def distance_mm(finger: Finger) -> float:
        middle = finger.grid.index_to_mm((np.array(finger.grid.shape) - 1) / 2)
        return float(np.linalg.norm(middle - np.asarray(place_mm)))

    return min(fingers, key=distance_mm, default=None)


def hand_of(hands: Iterable[Hand], bone: int, place_mm: ArrayLike) -> Hand | None:
    """The hand that something near a bone belongs to, wrist and forearm included.

    Parameters
    ----------
    hands : iterable of Hand
        All hands of a volume.
    bone : int
        Label of the nearest bone; 0 where there is none.
    place_mm : array_like, shape (3,)
        Where it lies, in LPS mm.

    Returns
    -------
    Hand or None
        Of the hands of the bone's side, or of all where there is none of it, the
        one whose middle is nearest; None where there is no hand.
    """
    every = list(hands)
    left = bone >= LEFT_HAND_OFFSET
    same_side = [one for one in every if bone and (one.laterality is Laterality.LEFT) == left]

    def distance_mm(hand: Hand) -> float:
        middle = hand.grid.index_to_mm((np.array(hand.grid.shape) - 1) / 2)
        return float(np.linalg.norm(middle - np.asarray(place_mm)))

    return min(same_side or every, key=distance_mm, default=None)
