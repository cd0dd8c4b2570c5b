"""Sub-pixel outlines of a picture's regions, and what callipers read off them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull
from scipy.spatial.distance import cdist
from skimage.measure import find_contours

from calcimetry.errors import InputError

FloatArray = NDArray[np.float64]
Point = tuple[float, float]

#: Lengths that differ by this part are the same: far above rounding, far below any pixel.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Axis:
    """One calliper reading.

    `ends` are two (row, column) indices, fractional; `length_mm` their distance.
    """

    length_mm: float
    ends: tuple[Point, Point]


@dataclass(frozen=True, slots=True)
class Shape:
    """What the outer outline of one region gives; see `measure_shape`."""

    long_axis: Axis
    short_axis: Axis
    perimeter_mm: float
    #: Area within the outer outline over the area of its convex hull, 0 to 1.
    solidity: float


def outer_outlines(fraction: NDArray[np.floating], level: float = 0.5) -> list[FloatArray]:
    """Closed curves where `fraction` falls through `level`, holes left out.

    Parameters
    ----------
    fraction : array, shape (rows, columns)
        Part of each pixel that the region fills. Beyond the picture it is 0, so
        that a region at the border closes half a pixel outside it.
    level : float
        The default puts a straight edge where it is, whatever its direction.

    Returns
    -------
    list of array, shape (points, 2)
        (row, column) of each curve's corners, the last equal to the first.
        Marching squares (Lorensen and Cline 1987) with linear interpolation.

    Examples
    --------
    >>> square = np.zeros((4, 4))
    >>> square[1:3, 1:3] = 1.0
    >>> [curve.min(axis=0).tolist() for curve in outer_outlines(square)]
    [[0.5, 0.5]]
    """
    padded = np.pad(np.asarray(fraction, dtype=np.float64), 1)
    # Low ground joined over corners keeps high ground 8-connected only if said so.
    curves = find_contours(padded, level, fully_connected="high")
    return [curve - 1.0 for curve in curves if _signed_area(curve) < 0.0]


def measure_shape(
    fraction: NDArray[np.floating], spacing: tuple[float, float], level: float = 0.5
) -> Shape:
    """Axes, perimeter and solidity of one region.

    Parameters
    ----------
    fraction : array, shape (rows, columns)
        Part of each pixel that the region fills, 0 to 1.
    spacing : (float, float)
        Row and column spacing in mm.
    level : float
        Height at which the outline is drawn.

    Returns
    -------
    Shape
        The long axis is the largest distance between two points of the outline.
        The short axis is the longest chord perpendicular to it, that is the
        longest such segment with both ends on the outline. Where several pairs of
        points are farthest apart, as in a square, the long axis is the one with the
        longest such chord: sizes then do not depend on how the picture is turned.
        Both are exact for the outline's polygon. In a region of several parts they
        span the parts, and the perimeter is the sum over the parts.

    Raises
    ------
    InputError
        If `fraction` nowhere exceeds `level`.

    Notes
    -----
    A pixel rounds a sharp corner: the tip of a right angle loses up to 0.3 pixel.
    """
    curves = [curve * spacing for curve in outer_outlines(fraction, level)]
    if not curves:
        raise InputError(f"Drawing an outline: the region nowhere exceeds its level {level:.3g}.")
    points = np.concatenate(curves)
    hull_points, hull_area = _hull(points)
    pairs = _farthest_pairs(hull_points)
    chords = [_longest_perpendicular_chord(curves, *pair) for pair in pairs]
    best = int(np.argmax([np.linalg.norm(end - start) for start, end in chords]))
    area = sum(abs(_signed_area(curve)) for curve in curves)
    return Shape(
        long_axis=_axis(*pairs[best], spacing),
        short_axis=_axis(*chords[best], spacing),
        perimeter_mm=float(
            sum(np.linalg.norm(np.diff(curve, axis=0), axis=1).sum() for curve in curves)
        ),
        solidity=min(1.0, area / hull_area),
    )


def _signed_area(curve: FloatArray) -> float:
    """Shoelace area; negative for curves around high ground, as find_contours turns them."""
    row, column = curve[:, 0], curve[:, 1]
    return float(np.sum(row[:-1] * column[1:] - row[1:] * column[:-1]) / 2.0)


def _hull(points: FloatArray) -> tuple[FloatArray, float]:
    hull = ConvexHull(points)
    return points[hull.vertices], float(hull.volume)


def _farthest_pairs(points: FloatArray) -> list[tuple[FloatArray, FloatArray]]:
    """All pairs of points that are farthest apart; hulls are small enough to compare them all."""
    distance = cdist(points, points)
    tied = np.argwhere(np.triu(distance) >= distance.max() * (1.0 - _ROUNDING))
    return [(points[first], points[second]) for first, second in tied]


def _longest_perpendicular_chord(
    curves: list[FloatArray], start: FloatArray, end: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Ends of the longest chord at right angles to the line from `start` to `end`.

    Between two corners of the polygon the chord's length changes linearly, so the
    longest one passes through a corner: every corner is tried, against every edge.
    Edges that end at the chord but for rounding are met by it.
    """
    along = (end - start) / np.linalg.norm(end - start)
    frame = np.stack([along, [-along[1], along[0]]], axis=1)
    turned = [curve @ frame for curve in curves]
    first = np.concatenate([curve[:-1] for curve in turned])
    second = np.concatenate([curve[1:] for curve in turned])
    place = first[:, 0][:, None]
    low, high = np.minimum(first[:, 0], second[:, 0]), np.maximum(first[:, 0], second[:, 0])
    reach = _ROUNDING * float(np.linalg.norm(end - start))
    crossed = (low - reach <= place) & (place <= high + reach)
    run = second[:, 0] - first[:, 0]
    # An edge along the chord counts through its ends, which its neighbours share.
    part = (place - first[:, 0]) / np.where(run == 0.0, 1.0, run)
    height = first[:, 1] + np.clip(part, 0.0, 1.0) * (second[:, 1] - first[:, 1])
    top = np.where(crossed, height, -np.inf).max(axis=1)
    bottom = np.where(crossed, height, np.inf).min(axis=1)
    best = int(np.argmax(top - bottom))
    ends = np.array([[place[best, 0], bottom[best]], [place[best, 0], top[best]]]) @ frame.T
    return ends[0], ends[1]


def _axis(start: FloatArray, end: FloatArray, spacing: tuple[float, float]) -> Axis:
    first, second = sorted(((start / spacing).tolist(), (end / spacing).tolist()))
    return Axis(
        length_mm=float(np.linalg.norm(end - start)),
        ends=((first[0], first[1]), (second[0], second[1])),
    )
