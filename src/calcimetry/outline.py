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
Indices = NDArray[np.intp]
Point = tuple[float, float]

#: Strips across the long axis that a misfit is summed over, and points compared at a time.
_STRIPS, _AT_A_TIME = 256, 512
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
    #: Part of what region and ellipse of the two axes cover together that only one of them
    #: covers, 0 to 1.
    ellipse_misfit: float


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
    """Axes, perimeter, solidity and misfit of one region.

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
        As `shape_of_outlines` gives it.

    Raises
    ------
    InputError
        If `fraction` nowhere exceeds `level`.
    """
    curves = outer_outlines(fraction, level)
    if not curves:
        raise InputError(f"Drawing an outline: the region nowhere exceeds its level {level:.3g}.")
    return shape_of_outlines(curves, spacing)


def shape_of_outlines(
    outlines: list[FloatArray], spacing: tuple[float, float], corner: tuple[int, int] = (0, 0)
) -> Shape:
    """Axes, perimeter, solidity and misfit of the region within outer outlines.

    Parameters
    ----------
    outlines : list of array, shape (points, 2)
        At least one, as `outer_outlines` gives them.
    spacing : (float, float)
        Row and column spacing in mm.
    corner : (int, int)
        Index in the picture of their array's first pixel, from which the axes' ends count.

    Returns
    -------
    Shape
        The long axis is the largest distance between two points of the outline.
        The short axis is the longest chord perpendicular to it, that is the
        longest such segment with both ends on the outline. Where several pairs of
        points are farthest apart, as in a square, the long axis is the one with the
        longest such chord, and of those the one whose ellipse fits best: sizes then
        do not depend on how the picture is turned. Axes are exact for the outline's
        polygon. In a region of several parts they span the parts, and the perimeter
        is the sum over the parts. The ellipse lies along the long axis, and across
        it around the region's centre of area.

    A pixel rounds a sharp corner: the tip of a right angle loses up to 0.3 pixel.
    """
    curves = [(curve + corner) * spacing for curve in outlines]
    points = np.concatenate(curves)
    hull = ConvexHull(points)
    readings = [_reading(curves, *pair) for pair in farthest_pairs(points[hull.vertices])]
    longest = max(one.short_mm for one in readings)
    tied = [one for one in readings if one.short_mm >= longest * (1.0 - _ROUNDING)]
    misfits = [_ellipse_misfit(one) for one in tied]
    best = tied[int(np.argmin(misfits))]
    area = sum(abs(_signed_area(curve)) for curve in curves)
    return Shape(
        long_axis=_axis(best.long_ends, spacing),
        short_axis=_axis(best.short_ends @ best.frame.T, spacing),
        perimeter_mm=float(
            sum(np.linalg.norm(np.diff(curve, axis=0), axis=1).sum() for curve in curves)
        ),
        solidity=min(1.0, area / float(hull.volume)),
        ellipse_misfit=min(misfits),
    )


def farthest_pairs(points: FloatArray) -> list[tuple[FloatArray, FloatArray]]:
    """All pairs of points that are farthest apart, to one part in 10^9.

    Parameters
    ----------
    points : array, shape (n, dimensions)
        Corners of a convex hull: between other points no distance is the largest.
        A hull's corners are few enough to compare them all, some hundreds at a time.

    Examples
    --------
    >>> [(a.tolist(), b.tolist()) for a, b in farthest_pairs(np.array([[0.0], [3.0], [1.0]]))]
    [([0.0], [3.0])]
    """
    largest, found = 0.0, []
    for start in range(0, len(points), _AT_A_TIME):
        distance = cdist(points[start : start + _AT_A_TIME], points[start:])
        top = float(distance.max())
        if top < largest * (1.0 - _ROUNDING):
            continue
        first, second = np.nonzero(distance >= max(top, largest) * (1.0 - _ROUNDING))
        found += [
            (distance[a, b], start + a, start + b)
            for a, b in zip(first, second, strict=True)
            if a < b
        ]
        largest = max(top, largest)
    return [
        (points[a], points[b]) for length, a, b in found if length >= largest * (1.0 - _ROUNDING)
    ]


def _signed_area(curve: FloatArray) -> float:
    """Shoelace area; negative for curves around high ground, as find_contours turns them."""
    row, column = curve[:, 0], curve[:, 1]
    return float(np.sum(row[:-1] * column[1:] - row[1:] * column[:-1]) / 2.0)


@dataclass(frozen=True, eq=False, slots=True)
class _Reading:
    """Two crossed callipers, and the outline's edges as the long one lies.

    `frame` holds as columns the directions along and across the long axis, whose ends
    `long_ends` are in mm; `first`, `second` and `short_ends` are in that frame. All have
    shape (n, 2).
    """

    long_ends: FloatArray
    short_ends: FloatArray
    frame: FloatArray
    first: FloatArray
    second: FloatArray

    @property
    def short_mm(self) -> float:
        return float(self.short_ends[1, 1] - self.short_ends[0, 1])


def _reading(curves: list[FloatArray], start: FloatArray, end: FloatArray) -> _Reading:
    """The longest chord at right angles to the line from `start` to `end`.

    Between two corners of the polygon the chord's length changes linearly, so the
    longest one passes through a corner: the line across is tried at each.
    """
    along = (end - start) / np.linalg.norm(end - start)
    frame = np.stack([along, [-along[1], along[0]]], axis=1)
    turned = [curve @ frame for curve in curves]
    first = np.concatenate([curve[:-1] for curve in turned])
    second = np.concatenate([curve[1:] for curve in turned])
    places = np.sort(first[:, 0])
    # Edges that end at the chord but for rounding are met by it.
    reach = _ROUNDING * float(np.linalg.norm(end - start))
    low, high = np.minimum(first[:, 0], second[:, 0]), np.maximum(first[:, 0], second[:, 0])
    span = (
        np.searchsorted(places, low - reach, "left"),
        np.searchsorted(places, high + reach, "right"),
    )
    _, at, height = _crossings(first, second, places, span)
    top, bottom = np.full(len(places), -np.inf), np.full(len(places), np.inf)
    np.maximum.at(top, at, height)
    np.minimum.at(bottom, at, height)
    best = int(np.argmax(top - bottom))
    short = np.array([[places[best], bottom[best]], [places[best], top[best]]])
    return _Reading(np.stack([start, end]), short, frame, first, second)


def _crossings(
    first: FloatArray, second: FloatArray, places: FloatArray, span: tuple[Indices, Indices]
) -> tuple[Indices, Indices, FloatArray]:
    """Where edges cross lines across the long axis: which edge, which line, how high.

    `places` are where the lines stand, ascending, and `span` are the first line that each
    edge crosses and the one after its last. A line meets few of the edges, so this takes
    about as many steps as there are edges and lines, not their product.
    """
    start, stop = span
    count = stop - start
    edge = np.repeat(np.arange(len(first)), count)
    at = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count - start, count)
    run = (second[:, 0] - first[:, 0])[edge]
    # An edge along the line counts through its ends, which its neighbours share.
    part = np.clip((places[at] - first[edge, 0]) / np.where(run == 0.0, 1.0, run), 0.0, 1.0)
    height = first[edge, 1] + part * (second[edge, 1] - first[edge, 1])
    return edge, at, height


def _ellipse_misfit(reading: _Reading) -> float:
    """1 - (what region and ellipse share) / (what they cover together)."""
    start, stop = (reading.long_ends @ reading.frame)[:, 0]
    half = (stop - start) / 2.0
    unit = (np.arange(_STRIPS) + 0.5) * 2.0 / _STRIPS - 1.0
    places = start + half * (1.0 + unit)
    first, second = reading.first, reading.second
    low, high = np.minimum(first[:, 0], second[:, 0]), np.maximum(first[:, 0], second[:, 0])
    # Half open, so that a line through a corner crosses one of its two edges.
    span = np.searchsorted(places, low), np.searchsorted(places, high)
    edge, at, height = _crossings(first, second, places, span)
    turn = np.sign(second[:, 0] - first[:, 0])[edge]
    order = np.lexsort((height, at))
    at, height = at[order], height[order]
    # Outer outlines all turn the same way: where they have turned, one is within them.
    inside = (np.round(np.cumsum(turn[order])) != 0)[:-1]
    at, below, above = at[:-1][inside], height[:-1][inside], height[1:][inside]
    region = float((above - below).sum())
    middle = float(((above**2 - below**2) / 2.0).sum()) / region
    reach = reading.short_mm / 2.0 * np.sqrt(1.0 - unit**2)
    shared = np.minimum(above, middle + reach[at]) - np.maximum(below, middle - reach[at])
    both = float(np.clip(shared, 0.0, None).sum())
    return 1.0 - both / (region + 2.0 * float(reach.sum()) - both)


def _axis(ends: FloatArray, spacing: tuple[float, float]) -> Axis:
    first, second = sorted((ends / spacing).tolist())
    return Axis(
        length_mm=float(np.linalg.norm(ends[1] - ends[0])),
        ends=((first[0], first[1]), (second[0], second[1])),
    )
