"""Long bones as rods: the axis, the ends and the size of a cloud of points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: Points that a shape is described by: more of them change nothing and cost time.
MOST_POINTS = 4000
#: Share of the points at either extreme that says nothing about a bone's size.
STRAY = 0.5

#: What is left of a resorbed fingertip may be wider than long: the axis of a bone below this
#: length that is turned further than this (cosine) from its finger lies across it.
STUBBY_MM, ACROSS_COSINE = 14.0, 0.6


@dataclass(frozen=True, eq=False, slots=True)
class Rod:
    """The straight rod that a bone is nearest to.

    Parameters
    ----------
    centre : array, shape (3,)
        Mean of the points, in mm.
    axis : array, shape (3,)
        Unit vector along which the points spread the most; its sign means nothing.
    low, high : float
        Where the bone ends along the axis, in mm from the centre.
    width_mm : float
        Extent along the second widest direction.
    """

    centre: FloatArray
    axis: FloatArray
    low: float
    high: float
    width_mm: float

    @property
    def length_mm(self) -> float:
        """Extent along the axis."""
        return self.high - self.low

    def end(self, side: int) -> FloatArray:
        """Where the axis leaves the bone, in mm: at its low (-1) or high (+1) side."""
        return self.centre + self.axis * (self.high if side > 0 else self.low)


def thinned(points: FloatArray) -> FloatArray:
    """At most about 4000 of the points, shape (n, 3), evenly picked."""
    return points[:: max(1, len(points) // MOST_POINTS)]


def fit_rod(points: FloatArray) -> Rod:
    """Describe points, shape (n, 3) in mm, by a rod.

    Examples
    --------
    >>> line = fit_rod(np.array([[0.0, 0.0, z] for z in range(101)]))
    >>> line.length_mm, line.width_mm, abs(line.axis).round(6).tolist()
    (99.0, 0.0, [0.0, 0.0, 1.0])
    """
    points = thinned(points)
    centre = points.mean(axis=0)
    offsets = points - centre
    _, vectors = np.linalg.eigh(offsets.T @ offsets)
    low, high = np.percentile(offsets @ vectors[:, [2, 1]], [STRAY, 100.0 - STRAY], axis=0)
    return Rod(centre, vectors[:, 2], float(low[0]), float(high[0]), float(high[1] - low[1]))


def lies_across(rod: Rod, way: FloatArray) -> bool:
    """True for a stubby bone whose axis does not run along its finger, here `way`, shape (3,)."""
    return bool(
        rod.length_mm < STUBBY_MM
        and abs(rod.axis @ way) < ACROSS_COSINE * float(np.linalg.norm(way))
    )


def bow(points: FloatArray, rod: Rod) -> FloatArray:
    """How far the middle of a bone lies beside the line between its two ends.

    Parameters
    ----------
    points : array, shape (n, 3)
        In mm.
    rod : Rod
        Fitted to the same points.

    Returns
    -------
    array, shape (3,)
        In mm, across the axis. Metacarpals and proximal phalanges bow towards the back of
        the hand, by 1 to 2 mm in an adult. 0 for a bone too short to tell.
    """
    offsets = thinned(points) - rod.centre
    place = (offsets @ rod.axis - rod.low) / max(rod.length_mm, 1e-9)
    parts = [
        (place > low) & (place <= high) for low, high in ((0.1, 0.25), (0.4, 0.6), (0.75, 0.9))
    ]
    if not all(part.any() for part in parts):
        return np.zeros(3)
    first, middle, last = (offsets[part].mean(axis=0) for part in parts)
    beside = middle - (first + last) / 2.0
    return np.asarray(beside - (beside @ rod.axis) * rod.axis)
