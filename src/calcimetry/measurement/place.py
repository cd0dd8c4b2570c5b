"""Where in the hand a lesion of a volume lies: hand, finger, and side of the finger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcimetry.model.anatomy import LEFT_HAND_OFFSET, Bone, Digit, Laterality
from calcimetry.model.geometry import Grid
from calcimetry.model.hand import Finger, Hand
from calcimetry.model.lesion import Aspect

FloatArray = NDArray[np.float64]

#: A bone's middle is taken over so much of its length, either way from the lesion's level.
_LEVEL_MM = 2.0


@dataclass(frozen=True, slots=True)
class Place:
    """The hand and the finger that a lesion belongs to, None where there is none."""

    hand: Hand | None
    finger: Finger | None

    @property
    def laterality(self) -> Laterality | None:
        """Of the finger, or of the hand where the lesion is no finger's."""
        if self.finger is not None:
            return self.finger.laterality
        return None if self.hand is None else self.hand.laterality

    @property
    def reason(self) -> str:
        """Why finger or hand, or which of them, could not be told; empty where they could."""
        if self.finger is not None:
            return self.finger.reason
        if self.hand is not None:
            return self.hand.reason or "the nearest bone is no finger's"
        return "no hand was recognised"


def place_of(bone: int, point_mm: FloatArray, hands: Sequence[Hand]) -> Place:
    """Which hand and finger hold the bone nearest to a lesion.

    Parameters
    ----------
    bone : int
        Label of that bone, 0 for none.
    point_mm : array, shape (3,)
        The lesion's centre. It decides where several fingers share a label, as
        unknown ones do, and between two hands.
    hands : sequence of Hand

    Returns
    -------
    Place
    """
    fingers = [(hand, one) for hand in hands for one in hand.fingers if bone in one.labels]
    if fingers:
        hand, finger = min(fingers, key=lambda pair: _off_centre(pair[1].grid, point_mm))
        return Place(hand, finger)
    left = bone >= LEFT_HAND_OFFSET
    same = [hand for hand in hands if (hand.laterality is Laterality.LEFT) == left] or list(hands)
    if bone == 0 or not same:
        return Place(None, None)
    return Place(min(same, key=lambda hand: _off_centre(hand.grid, point_mm)), None)


def _off_centre(grid: Grid, point_mm: FloatArray) -> float:
    """0 in the middle of a grid, 1 on its border, more outside."""
    half = np.array(grid.shape) / 2.0
    return float(np.max(np.abs((grid.mm_to_index(point_mm) + 0.5) / half - 1.0)))


def aspect_of(finger: Finger, bone_mm: FloatArray, point_mm: FloatArray) -> Aspect | None:
    """Side of a finger's bone on which a lesion lies.

    Parameters
    ----------
    finger : Finger
        Its grid says where back and palm are.
    bone_mm : array, shape (n, 3)
        Points of the nearest bone.
    point_mm : array, shape (3,)
        The lesion's centre.

    Returns
    -------
    {"volar", "dorsal", "radial", "ulnar"} or None
        The direction, in the finger's grid, from the middle of the bone at the lesion's
        level to the lesion: the larger of its two parts. None where the finger's own
        reason says that not all of it could be told.
    """
    if not finger.radial:
        return None
    axes = finger.grid.affine[:3, :3] / np.array(finger.grid.spacing)
    across, rows, columns = axes.T
    off_level = np.abs((bone_mm - point_mm) @ rows)
    middle = bone_mm[off_level <= off_level.min() + _LEVEL_MM].mean(axis=0)
    sideways, palmwards = float((point_mm - middle) @ across), float((point_mm - middle) @ columns)
    if abs(palmwards) >= abs(sideways):
        return "volar" if palmwards > 0 else "dorsal"
    return "radial" if sideways * finger.radial > 0 else "ulnar"


def digit_of(place: Place) -> int | None:
    """Number of the digit, 1 thumb to 5 little; None where it is unknown."""
    if place.finger is None or place.finger.digit is Digit.UNKNOWN:
        return None
    return int(place.finger.digit)


def axis_labels(finger: Finger, bone: int) -> tuple[int, ...]:
    """Labels of the bones that a lesion's side of the finger is told from.

    The nearest bone; near a sesamoid, which lies beside the finger's axis itself, all
    others of the finger.
    """
    others = tuple(label for label in finger.labels if label % 10 != Bone.SESAMOID)
    return (bone,) if bone in others or not others else others
