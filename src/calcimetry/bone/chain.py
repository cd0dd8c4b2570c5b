"""Which piece of bone is which phalanx, told from their order along the finger."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcimetry.model.anatomy import Bone

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

#: From the fingertip inwards.
DISTAL_TO_PROXIMAL = (
    Bone.DISTAL_PHALANX,
    Bone.MIDDLE_PHALANX,
    Bone.PROXIMAL_PHALANX,
    Bone.METACARPAL,
)
#: Soft tissue ends at most this far beyond the bone at a fingertip.
LARGEST_PULP_MM = 15.0


@dataclass(frozen=True, eq=False, slots=True)
class Piece:
    """One candidate bone: its mask, shape (rows, columns), and its area in mm2."""

    mask: BoolArray
    area_mm2: float

    @property
    def at_border(self) -> bool:
        """True where the picture's border cuts the piece."""
        return touches_border(self.mask)


def touches_border(mask: BoolArray) -> bool:
    """True where the mask holds a pixel of the picture's outermost rows or columns."""
    return bool(mask[[0, -1]].any() or mask[:, [0, -1]].any())


def positions_mm(mask: BoolArray, spacing: tuple[float, float]) -> FloatArray:
    """Places of a mask's pixels, shape (pixels, 2), as (row, column) in mm."""
    return np.asarray(np.argwhere(mask) * spacing, dtype=np.float64)


def main_axis(points: FloatArray) -> FloatArray:
    """Unit vector along which points, shape (n, 2), spread the most."""
    _, vectors = np.linalg.eigh(np.cov(points, rowvar=False))
    return np.asarray(vectors[:, -1])


def in_series(pieces: list[Piece], spacing: tuple[float, float], limit: int = 4) -> list[Piece]:
    """The largest pieces that lie behind, not beside, each other, in their order.

    Parameters
    ----------
    pieces : list of Piece
    spacing : (float, float)
        Row and column spacing in mm.
    limit : int
        A finger picture shows at most three phalanges and a metacarpal.

    Returns
    -------
    list of Piece
        Ordered along the finger, from either end.
    """
    if not pieces:
        return []
    by_size = sorted(pieces, key=lambda piece: -piece.area_mm2)
    axis = main_axis(np.concatenate([positions_mm(piece.mask, spacing) for piece in by_size]))
    kept: list[tuple[float, float, Piece]] = []
    for piece in by_size[: 2 * limit]:
        place = positions_mm(piece.mask, spacing) @ axis
        low, high = float(place.min()), float(place.max())
        beside = any(
            min(high, other_high) - max(low, other_low)
            > 0.5 * min(high - low, other_high - other_low)
            for other_low, other_high, _ in kept
        )
        if not beside and len(kept) < limit:
            kept.append((low, high, piece))
    return [piece for _, _, piece in sorted(kept, key=lambda item: item[0])]


def name_bones(
    chain: list[Piece], body: BoolArray, spacing: tuple[float, float]
) -> list[tuple[Bone, Piece]]:
    """Name bones in series without being told which end is the fingertip.

    Parameters
    ----------
    chain : list of Piece
        Ordered along the finger, from either end.
    body : array of bool, shape (rows, columns)
        Everything that is not air.
    spacing : (float, float)
        Row and column spacing in mm.

    Returns
    -------
    list of (Bone, Piece)
        From the fingertip inwards. Phalanges grow from the tip inwards, so the
        smaller end bone is the distal one, unless the picture's border cuts it
        and not the other. Three bones are the three phalanges. With fewer, the
        outermost is the distal phalanx only where soft tissue ends close beyond it.
    """
    if not chain:
        return []
    first, last = chain[0], chain[-1]
    swap = first.area_mm2 > last.area_mm2
    if first.at_border != last.at_border:
        swap = first.at_border
    ordered = chain[::-1] if swap else chain
    tip = _tip_near(ordered, body, spacing)
    if len(ordered) >= 3 or tip:
        return list(zip(DISTAL_TO_PROXIMAL, ordered, strict=False))
    names = (Bone.MIDDLE_PHALANX, Bone.PROXIMAL_PHALANX)
    return list(zip(names[-len(ordered) :], ordered, strict=True))


def _tip_near(ordered: list[Piece], body: BoolArray, spacing: tuple[float, float]) -> bool:
    """True where soft tissue ends, inside the picture, close beyond the first piece."""
    end = positions_mm(ordered[0].mask, spacing)
    axis = main_axis(end)
    if len(ordered) > 1:
        inwards = positions_mm(ordered[1].mask, spacing).mean(axis=0) - end.mean(axis=0)
        outward_ways = [-axis if inwards @ axis > 0 else axis]
    else:
        outward_ways = [axis, -axis]
    edge = np.zeros_like(body)
    edge[[0, -1]] = edge[:, [0, -1]] = True
    tissue, on_edge = positions_mm(body, spacing), edge[body]
    for outward in outward_ways:
        limit = float((end @ outward).max())
        beyond = tissue @ outward - limit
        if not on_edge[beyond > 0].any() and 0 < beyond.max() <= LARGEST_PULP_MM:
            return True
    return False
