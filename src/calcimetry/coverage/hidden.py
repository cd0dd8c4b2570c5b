"""What lies where a bone, or the rest of one, should be: a lesion, an artefact, or no image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcimetry.coverage.extent import FloatArray, sample_mm
from calcimetry.model.geometry import Grid

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A straight rod where bone should be, from `start` towards `way` (unit), all in mm."""

    start: FloatArray
    way: FloatArray
    length_mm: float
    radius_mm: float


@dataclass(frozen=True, slots=True)
class Contents:
    """What a stretch holds, as parts of it from 0 to 1."""

    lesion: float
    artefact: float
    outside: float


def look_into(
    stretch: Stretch, grid: Grid, lesions: BoolArray, artefact: BoolArray | None
) -> Contents:
    """Look at what an image holds along a stretch.

    Parameters
    ----------
    stretch : Stretch
        Where bone should be.
    grid : Grid
        Of the image.
    lesions : array of bool, shape of the grid
        Where lesions are.
    artefact : array of bool, shape of the grid, or None
        Where nothing can be seen, for metal; None where there is none.

    Returns
    -------
    Contents
        A lesion counts at each step along the stretch at which it fills some of it: bone that
        a lesion hides is hidden across.
    """
    index = grid.mm_to_index(_places(stretch, sample_mm(grid), grid.shape[0] == 1, grid))
    index = np.rint(index).astype(np.intp)
    first = 1 if grid.shape[0] == 1 else 0  # a picture has no end before or behind
    index[..., :first] = 0
    inside = np.all((index >= 0) & (index < np.array(grid.shape)), axis=-1)
    place = tuple(np.where(inside[..., None], index, 0).reshape(-1, 3).T)

    def share(mask: BoolArray) -> float:
        hit = mask[place].reshape(inside.shape) & inside
        return float((hit.mean(axis=1) >= _LEAST_FILLED).mean())

    return Contents(
        lesion=share(lesions),
        artefact=0.0 if artefact is None else share(artefact),
        outside=float(1.0 - inside.mean()),
    )


#: A step is taken by a lesion that fills so much of it.
_LEAST_FILLED = 0.25


def _places(stretch: Stretch, sample: float, flat: bool, grid: Grid) -> FloatArray:
    """Points of the rod, shape (steps, points of a cross-section, 3), a sample apart."""
    steps = max(1, round(stretch.length_mm / sample))
    along = (np.arange(steps) + 0.5) / steps * stretch.length_mm
    offsets = np.arange(-stretch.radius_mm, stretch.radius_mm + sample / 2.0, sample)
    normal = grid.affine[:3, 0] / np.linalg.norm(grid.affine[:3, 0])
    if flat:
        across = np.cross(normal, stretch.way)[None] * offsets[:, None]
    else:
        seed = np.eye(3)[int(np.argmin(np.abs(stretch.way)))]
        first = np.cross(stretch.way, seed)
        first /= np.linalg.norm(first)
        second = np.cross(stretch.way, first)
        a, b = np.meshgrid(offsets, offsets, indexing="ij")
        disc = np.hypot(a, b) <= stretch.radius_mm
        across = a[disc][:, None] * first + b[disc][:, None] * second
    middle = stretch.start + along[:, None] * stretch.way
    return np.asarray(middle[:, None] + across[None])
