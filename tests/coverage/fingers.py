"""Fingers of straight bones with known lengths, in pictures and volumes."""

from __future__ import annotations

import numpy as np

from calcimetry.coverage.proportions import LENGTHS_MM, SHAFT_DEPTH
from calcimetry.model import Bone, Digit, Grid, Segmentation, bone_name

SPACING_MM = 0.5
GAP_MM = 1.5
#: Of no finger in particular.
LENGTHS = {1: 40.0, 2: 24.0, 3: 17.0}


def picture(
    lengths: dict[int, float] | None = None,
    *,
    shape: tuple[int, int] = (220, 60),
    start_mm: float = 8.0,
) -> Segmentation:
    """Bones as bars down the rows, the base first; each as long as it should be or `lengths` say.

    Each lies where it would if all were whole: what is missing of it is missing at its far end.
    """
    labels = np.zeros(shape, int)
    row = start_mm
    for label, whole in LENGTHS.items():
        length = whole if lengths is None else lengths.get(label, whole)
        deep = 1.4 * SHAFT_DEPTH[Bone(label)] * whole
        half = max(1, round(deep / 2.0 / SPACING_MM))
        first = round(row / SPACING_MM)
        last = round((row + length) / SPACING_MM)
        labels[first:last, shape[1] // 2 - half : shape[1] // 2 + half] = label
        row += whole + GAP_MM
    return named(labels, Grid.picture(shape, SPACING_MM))


def far_end_mm(label: int, start_mm: float = 8.0) -> float:
    """Row in mm at which a whole bone of `picture` ends."""
    return start_mm + sum(LENGTHS[n] + GAP_MM for n in range(1, label + 1)) - GAP_MM


def lesion(bones: Segmentation, rows_mm: tuple[float, float] | None = None) -> Segmentation:
    """A lesion right across the middle of a picture from one row to another, or none."""
    labels = np.zeros(bones.grid.shape, int)
    if rows_mm is not None:
        first, last = (round(mm / SPACING_MM) for mm in rows_mm)
        labels[0, first:last, 22:38] = 1
    return Segmentation(labels, bones.grid, {1: "lesion 1"})


def hand(
    change: dict[int, float] | None = None, digits: tuple[Digit, ...] = tuple(Digit)[1:]
) -> Segmentation:
    """Phalanges of a right hand side by side as rods of published length, times `change`."""
    labels = np.zeros((104, 20 * len(digits), 20), int)
    for place, digit in enumerate(digits):
        row = 5.0
        for bone, whole in LENGTHS_MM[digit].items():
            label = 10 * digit + bone
            length = whole * (change or {}).get(label, 1.0)
            column = 20 * place + 10
            labels[round(row) : round(row + length), column - 3 : column + 3, 7:13] = label
            row += whole + 2.0
    return named(labels, Grid(labels.shape, np.eye(4)))


def named(labels: np.ndarray, grid: Grid) -> Segmentation:
    return Segmentation(labels, grid, {int(n): bone_name(int(n)) for n in np.unique(labels) if n})


def nothing(bones: Segmentation) -> Segmentation:
    return Segmentation(np.zeros(bones.grid.shape, int), bones.grid, {})
