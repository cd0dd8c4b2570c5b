"""A made-up hand around the z axis, for tests of what lies where."""

from __future__ import annotations

import numpy as np

from calcimetry.model import Digit, Finger, Grid, Hand, Laterality


def grid_along(slices, rows, columns, shape=(60, 100, 60), spacing_mm=0.4) -> Grid:
    """Grid with its middle at (0, 0, 0) mm whose axes run in these directions."""
    affine = np.eye(4)
    affine[:3, :3] = np.stack([slices, rows, columns], axis=1) * spacing_mm
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    return Grid(shape, affine)


X, Y, Z = np.eye(3)


def index_finger(
    laterality: Laterality | None = Laterality.RIGHT,
    labels: tuple[int, ...] = (1,),
    reason: str = "",
) -> Finger:
    """Tip upwards (z), palm towards y: of a right hand the thumb is on the side of -x."""
    return Finger(Digit.INDEX, laterality, grid_along(X, -Z, Y), labels, reason)


def hand_of(*fingers: Finger, laterality=Laterality.RIGHT, reason: str = "") -> Hand:
    return Hand(laterality, fingers, grid_along(Y, -Z, -X, (60, 100, 100)), reason)
