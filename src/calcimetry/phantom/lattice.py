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

    def points(self, box: Box) -> Array:
        """Points of a box of samples, shape (slices, rows, columns, 3).

        In double precision, like all places here, because labels depend on them: then they
        are the same on every machine.
        """
        i, j, k = (np.arange(s.start, s.stop, dtype=np.float64)[..., None] for s in box)
        a, b, c = self.steps
        return np.asarray((self.origin + i * a)[:, None, None] + (j * b)[None, :, None] + (k * c))

    def points_of(self, box: Box, chosen: NDArray[np.bool_]) -> Array:
        """Points of some samples of a box, shape (n, 3), in the order of ``box[chosen]``."""
        i, j, k = (
            (at + s.start).astype(np.float64)[:, None]
            for at, s in zip(np.nonzero(chosen), box, strict=True)
        )
        a, b, c = self.steps
        return np.asarray((self.origin + i * a) + j * b + k * c)

    def coordinate(self, box: Box, start: Array, way: Array) -> Array:
        """``(point - start) @ way`` for each sample of a box: mm where `way` has length 1."""
        i, j, k = (np.arange(s.start, s.stop, dtype=np.float64) for s in box)
        a, b, c = (float(step @ way) for step in self.steps)
        first = float((self.origin - start) @ way)
        return np.asarray((first + i * a)[:, None, None] + (j * b)[:, None] + k * c)

    def squared(self, box: Box, centre: Array) -> Array:
        """Squared distance in mm2 of each sample of a box from a point."""
        index = (np.arange(s.start, s.stop, dtype=np.float64) for s in box)
        lengths = np.linalg.norm(self.steps, axis=1)
        middle = ((centre - self.origin) @ self.steps.T) / lengths**2
        # Steps at right angles: the squares of the three ways add up.
        x, y, z = (
            ((at - float(m)) * float(length)) ** 2
            for at, m, length in zip(index, middle, lengths, strict=True)
        )
        return np.asarray(x[:, None, None] + y[:, None] + z)

    def from_line(self, box: Box, ends: tuple[Array, Array]) -> tuple[Array, Array]:
        """Distance in mm of each sample of a box from the line between two points, and where.

        Returns
        -------
        away, share : ndarray of the box's shape
            The nearest point of the line lies `share` of the way from the first end (0) to
            the last (1).
        """
        start, end = ends
        axis = end - start
        length2 = max(float(axis @ axis), 1e-6)
        along = self.coordinate(box, start, axis)
        share = np.clip(along / length2, 0.0, 1.0)
        away = self.squared(box, start) - share * (2.0 * along - share * length2)
        return np.sqrt(np.maximum(away, 0.0)), share

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
