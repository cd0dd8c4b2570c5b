"""Where the samples of a simulated volume lie in the hand's frame, and how space is warped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
Box = tuple[slice, slice, slice]


@dataclass(frozen=True, eq=False, slots=True)
class Lattice:
    """Where samples lie in the hand's frame: `origin` + index @ `steps`, in mm.

    The rows of `steps` (3, 3) are the ways from one (slice, row, column) to the next;
    they are at right angles.
    """

    shape: tuple[int, int, int]
    origin: Array
    steps: Array

    @property
    def spacing_mm(self) -> float:
        """Mean distance of neighbours."""
        return float(np.cbrt(np.prod(np.linalg.norm(self.steps, axis=1))))

    def points(self, box: Box, kind: type[np.floating[Any]] = np.float64) -> Array:
        """Points of a box of samples, shape (slices, rows, columns, 3), of a floating type.

        What decides a label wants double precision: then it is the same on every machine.
        """
        i, j, k = (np.arange(s.start, s.stop, dtype=kind)[..., None] for s in box)
        a, b, c = self.steps.astype(kind)
        start = self.origin.astype(kind)
        return np.asarray((start + i * a)[:, None, None] + (j * b)[None, :, None] + (k * c))

    def box(self, ends: tuple[Array, Array], reach: float) -> Box | None:
        """Samples within `reach` mm of the line between two points; None where there is none."""
        spacing = np.linalg.norm(self.steps, axis=1)
        index = (np.stack(ends) - self.origin) @ (self.steps / spacing[:, None] ** 2).T
        low = np.floor(index.min(axis=0) - reach / spacing).astype(int)
        high = np.ceil(index.max(axis=0) + reach / spacing).astype(int) + 1
        low, high = np.maximum(low, 0), np.minimum(high, self.shape)
        if (low + 2 > high).any():  # a gradient needs two samples
            return None
        return slice(low[0], high[0]), slice(low[1], high[1]), slice(low[2], high[2])


def cut(lattice: Lattice, side: int, share: float) -> Lattice:
    """The lattice without a part of it, as where the field of view ends too early.

    Parameters
    ----------
    lattice : Lattice
        The whole.
    side : int
        0 and 1 take first and last slices, 2 and 3 rows, 4 and 5 columns.
    share : float
        What part to take, from 0 to less than 1.
    """
    axis, last = divmod(side, 2)
    shape = list(lattice.shape)
    gone = min(round(share * shape[axis]), shape[axis] - 4)
    shape[axis] -= gone
    origin = lattice.origin if last else lattice.origin + gone * lattice.steps[axis]
    return Lattice((shape[0], shape[1], shape[2]), origin, lattice.steps)


def draw_waves(rng: np.random.Generator) -> Array:
    """Smooth displacement of space, so that no two bones share a formula's regularity.

    Shape (waves, 7): wave vector in radians per mm, phase, amplitude in mm.
    """
    strength = rng.uniform(0.0, 0.013)
    waves = np.zeros((4, 7))
    for wave in waves:
        direction = rng.normal(0.0, 1.0, 3)
        wavelength = rng.uniform(8.0, 40.0)
        wave[:3] = 2 * np.pi / wavelength * direction / np.linalg.norm(direction)
        wave[3] = rng.uniform(0.0, 2 * np.pi)
        wave[4:] = strength * wavelength * rng.normal(0.0, 1.0, 3)
    return waves


def unwarped(points: Array, waves: Array) -> Array:
    """Where, about, the warp of space makes points of a body appear."""
    return np.asarray(2 * points - warped(points, waves))


def warped(points: Array, waves: Array) -> Array:
    """Points displaced by `draw_waves`."""
    waves = waves.astype(points.dtype)
    phase = np.sin(points @ waves[:, :3].T + waves[:, 3])
    return np.asarray(points + phase @ waves[:, 4:])
