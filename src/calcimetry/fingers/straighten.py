"""Grids that show a finger from its side and a hand laid flat; nothing is warped."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calcimetry.fingers.posture import Posture
from calcimetry.fingers.rod import FloatArray
from calcimetry.model.anatomy import Digit
from calcimetry.model.geometry import Grid

#: Soft tissue shown around the bones.
FINGER_MARGIN_MM, HAND_MARGIN_MM = 8.0, 10.0
#: Sample distance: as fine as the image, within these.
FINGER_SPACING_MM, HAND_SPACING_MM = (0.2, 0.4), (0.5, 0.6)
#: How firmly the flexion plane is held to the palmar direction: as if the digit's axis strayed
#: from a straight line by so much in it. A digit bent by more decides for itself.
HELD_MM = 4.0
#: How much the palm's direction counts for a finger beside what the finger itself shows.
PALM_WEIGHT = 2.0
#: Less evidence than this leaves open which side of a digit is the palmar one.
LEAST_EVIDENCE = 0.75


@dataclass(frozen=True, eq=False, slots=True)
class Straightened:
    """A digit's grid, and what of its orientation could not be told (empty: nothing)."""

    grid: Grid
    reason: str


def straighten_finger(
    digit: Digit, posture: Posture, palm: FloatArray | None, image_grid: Grid
) -> Straightened:
    """Grid along a digit in which its flexion plane is sagittal.

    Parameters
    ----------
    digit : Digit
        The thumb's flexion plane is turned against the palm, so the palm's direction is
        not used for it.
    posture : Posture
        Its bones.
    palm : array, shape (3,), or None
        Unit vector out of the palm, where known.
    image_grid : Grid
        Gives the finest spacing worth having and the frame of reference.

    Returns
    -------
    Straightened
        Slices across the digit, rows from its tip to the wrist, columns from its back to
        its palmar side; looking along the slices, the view is not mirrored. Isotropic, up
        to 0.4 mm, with 8 mm of soft tissue around the bones.

    Notes
    -----
    The flexion plane is the plane that the axes of the bones lie in: its normal is the
    direction along which they spread the least. A straight digit has no such plane, so the
    palmar direction, held to be in the plane, decides in as far as the bones do not.
    """
    palmar = posture.palmar
    if palm is not None and digit is not Digit.THUMB:
        palmar = palmar + PALM_WEIGHT * palm
    strength = float(np.linalg.norm(palmar))
    line = posture.line - posture.line.mean(axis=0)
    spread = line.T @ line / len(line)
    if strength > 0:
        spread = spread + HELD_MM**2 * np.outer(palmar, palmar) / strength**2
    _, vectors = np.linalg.eigh(spread)
    normal, along = vectors[:, 0], vectors[:, 2]
    along = along * (1.0 if along @ posture.root >= 0 else -1.0)
    across = np.cross(normal, along)
    across = across * (1.0 if across @ palmar >= 0 else -1.0)
    points = np.concatenate([bone.points for _, bone in posture.naming.bones])
    spacing = float(np.clip(min(image_grid.spacing), *FINGER_SPACING_MM))
    grid = _grid_around(points, -along, across, FINGER_MARGIN_MM, spacing, image_grid)
    told = strength >= LEAST_EVIDENCE
    return Straightened(grid, "" if told else "which of its sides is palmar cannot be told")


def lay_flat(points: FloatArray, distal: FloatArray, palmar: FloatArray, image_grid: Grid) -> Grid:
    """Grid of a hand seen from its back, fingers up.

    Parameters
    ----------
    points : array, shape (n, 3)
        Of its bones, in mm.
    distal, palmar : array, shape (3,)
        Towards the fingertips and out of the palm.
    image_grid : Grid
        Gives the spacing and the frame of reference.

    Returns
    -------
    Grid
        Slices from the back to the palm, rows from the fingertips to the wrist, columns from
        left to right as one looks at the back of the hand: a right thumb is on the left, as
        in a radiograph of a hand laid palm down. Isotropic, 0.5 to 0.6 mm.
    """
    distal = distal / np.linalg.norm(distal)
    palmar = palmar - (palmar @ distal) * distal
    palmar = palmar / np.linalg.norm(palmar)
    columns = np.cross(-distal, palmar)
    spacing = float(np.clip(min(image_grid.spacing), *HAND_SPACING_MM))
    return _grid_around(points, -distal, columns, HAND_MARGIN_MM, spacing, image_grid)


def _grid_around(
    points: FloatArray,
    rows: FloatArray,
    columns: FloatArray,
    margin_mm: float,
    spacing_mm: float,
    image_grid: Grid,
) -> Grid:
    """Isotropic grid with unit vectors along its rows and columns that holds all points.

    Slices run away from one who sees columns to the right and rows downwards.
    """
    axes = np.stack([np.cross(columns, rows), rows, columns], axis=1)
    places = points @ axes
    low, high = places.min(axis=0) - margin_mm, places.max(axis=0) + margin_mm
    affine = np.eye(4)
    affine[:3, :3] = axes * spacing_mm
    affine[:3, 3] = axes @ low
    count = [int(n) for n in np.ceil((high - low) / spacing_mm)]
    shape = (count[0] + 1, count[1] + 1, count[2] + 1)
    return Grid(shape, affine, image_grid.frame_of_reference_uid)
