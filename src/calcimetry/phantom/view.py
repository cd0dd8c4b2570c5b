"""How a picture looks at a finger: its frame, its plane, which way round it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcimetry.phantom.anatomy import Solid

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class View:
    """How a picture looks at the finger.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns.
    spacing_mm : float
        Pixel spacing.
    rotation : float
        Radians by which the finger's axis is turned away from the row direction.
    mirrored : bool
        Whether the palm is on the other side.
    centre_z : float
        Where along the finger the picture's centre lies, in mm from the base of
        the proximal phalanx towards the tip.
    centre_x : float
        Dorsal offset of the picture's centre in mm.
    plane_y : float
        Offset of the plane from the finger's middle in mm; large ones graze bone.
    plane_tilt : float
        Slope of that offset along the finger.
    thickness_mm : float
        Slice thickness over which the picture averages.
    """

    shape: tuple[int, int]
    spacing_mm: float
    rotation: float
    mirrored: bool
    centre_z: float
    centre_x: float
    plane_y: float
    plane_tilt: float
    thickness_mm: float

    def points(self, layers: int = 4) -> Array:
        """Points of the finger's frame, shape (layers, rows, columns, 3), in mm."""
        rows, columns = self.shape
        down = (np.arange(rows) - (rows - 1) / 2) * self.spacing_mm
        right = (np.arange(columns) - (columns - 1) / 2) * self.spacing_mm
        if self.mirrored:
            right = -right
        cos, sin = np.cos(self.rotation), np.sin(self.rotation)
        # Tip towards the first row at rotation 0.
        z = self.centre_z - cos * down[:, None] + sin * right[None, :]
        x = self.centre_x + sin * down[:, None] + cos * right[None, :]
        depth = ((np.arange(layers) + 0.5) / layers - 0.5) * self.thickness_mm
        y = self.plane_y + self.plane_tilt * (z - self.centre_z) + depth[:, None, None]
        # Single precision: a micrometre at 10 cm, and twice as fast.
        points = np.empty((layers, rows, columns, 3), np.float32)
        points[..., 0], points[..., 1], points[..., 2] = x, y, z
        return points


def draw_view(
    rng: np.random.Generator, solids: list[Solid], *, upright: bool, palm: bool = False
) -> View:
    """One random view of a finger, either end up and either way round.

    Of a part of a finger, `palm` shows the first of its bones, which is the metacarpal
    where there is one.
    """
    graze = rng.random() < 0.3
    plane = {
        "plane_y": float(rng.normal(0.0, 2.6 if graze else 0.7)),
        "plane_tilt": float(rng.normal(0.0, 0.05 if graze else 0.015)),
        "thickness_mm": float(rng.uniform(0.3, 2.0)),
    }
    phalanges = np.concatenate([np.linspace(solid.origin, solid.tip, 9) for solid in solids[-3:]])[
        :, [0, 2]
    ]
    middle = phalanges.mean(axis=0)
    turned = np.pi if rng.random() < 0.5 else 0.0
    # Exports differ in pixel size; 0.4 mm is the commonest.
    spacing = 0.4 if rng.random() < 0.4 else float(np.exp(rng.uniform(*np.log([0.28, 0.9]))))
    if upright:
        _, _, (axis, _) = np.linalg.svd(phalanges - middle)
        axis = axis * np.sign(axis[1])
        lean = -float(np.arctan2(axis[0], axis[1]))
        size_mm = (115.2, 51.2)
        rotation = lean + rng.normal(0.0, 0.12) + turned
        centre = middle + rng.normal(0.0, [5.0, 8.0])
    else:
        size_mm = (76.8, 76.8)
        rotation = rng.uniform(0.0, 2 * np.pi)
        around = phalanges
        if palm:
            around = np.linspace(solids[0].origin, solids[0].tip, 9)[:, [0, 2]]
        centre = around[rng.integers(len(around))] + rng.normal(0.0, 8.0, 2)
    return View(
        shape=(round(size_mm[0] / spacing), round(size_mm[1] / spacing)),
        spacing_mm=spacing,
        rotation=float(rotation),
        mirrored=bool(rng.random() < 0.5),
        centre_z=float(centre[1]),
        centre_x=float(centre[0]),
        **plane,
    )
