"""Passing-Bablok regression: a line that outliers do not move, and its test of linearity."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from calcimetry.agreement.pairs import NORMAL_95, Floats, at_least, paired, varying
from calcimetry.agreement.regression import FittedLine
from calcimetry.errors import NotMeasurable
from calcimetry.model import Interval

_DOING = "Computing Passing-Bablok regression"


@dataclass(frozen=True, slots=True)
class Linearity:
    """The cusum test that pairs follow a straight line.

    `largest` is the largest cumulative sum over ``sqrt(points beside the line)``; `p` is
    that of Kolmogorov and Smirnov's distribution. A `p` below 0.05 speaks against a line.
    """

    largest: float
    p: float


def passing_bablok(x: ArrayLike, y: ArrayLike) -> FittedLine:
    """Passing-Bablok regression of y on x, with the intervals of 1983.

    The slope is the median of the slopes of all lines through two points, shifted by the
    number *K* of slopes below -1, so that x and y may change places. Pairs of equal points
    and slopes of -1 are left out; a vertical line counts as plus or minus infinity by the
    sign of the step in y. The interval of the slope lies between ranks ``M1 + K`` and
    ``M2 + K``, ``M1 = (N - C) / 2`` rounded, ``M2 = N - M1 + 1``, ``C = 1.96 sqrt(n (n - 1)
    (2 n + 5) / 18)`` (Passing H, Bablok W. A new biometrical procedure for testing the equality of
    measurements from two different analytical methods. J Clin Chem Clin Biochem
    1983;21:709-720). Both series must rise together.

    The R package mcr differs where it matters little: it keeps slopes of -1 and shifts by
    half of them, counts every vertical line as plus infinity, takes the mean of the two
    middle slopes as angles, and interpolates between ranks instead of rounding.

    Parameters
    ----------
    x, y : array_like, shape (n,)
        The pairs. Memory grows as n^2: 5,000 pairs need some 200 MB.

    Returns
    -------
    FittedLine
        ``y = intercept + slope x``.

    Raises
    ------
    InputError
        If there are not equally many of both, or a value is not finite.
    NotMeasurable
        If there are fewer than four pairs, either series is constant, or both do not rise
        together.

    Examples
    --------
    >>> found = passing_bablok([1, 2, 3, 4, 5, 6], [1.1, 2.1, 2.9, 4.2, 5.1, 5.8])
    >>> round(found.slope, 3), round(found.intercept, 3)
    (0.967, 0.15)
    """
    first, second = paired(x, y, _DOING)
    at_least(4, first.size, _DOING)
    varying(first, "x", _DOING)
    varying(second, "y", _DOING)
    slopes = _slopes(first, second)
    shift = int(np.count_nonzero(slopes < -1.0))
    count = slopes.size
    low_rank, high_rank = interval_ranks(first.size, count)
    middle = ((count - 1) // 2 + shift, count // 2 + shift)
    if middle[1] >= count:
        raise _not_rising(first, second)
    wanted = {*middle, low_rank - 1 + shift, high_rank - 1 + shift}
    inside = sorted(rank for rank in wanted if 0 <= rank < count)
    slopes.partition(inside)
    slope = float(slopes[middle[0]] + slopes[middle[1]]) / 2.0
    if not math.isfinite(slope):
        raise _not_rising(first, second)
    low, high = (_at(slopes, rank - 1 + shift) for rank in (low_rank, high_rank))
    intercept = float(np.median(second - slope * first))
    if low_rank < 1 or low is None or high is None:
        return FittedLine("Passing-Bablok", slope, intercept, None, None, first.size)
    ends = (float(np.median(second - end * first)) for end in (high, low))
    return FittedLine(
        "Passing-Bablok", slope, intercept, Interval(low, high), Interval(*ends), first.size
    )


def interval_ranks(pairs: int, slopes: int) -> tuple[int, int]:
    """Ranks, from 1 and before the shift, of the ends of the slope's 95% interval.

    >>> interval_ranks(30, 435)
    (163, 273)
    """
    spread = NORMAL_95 * math.sqrt(pairs * (pairs - 1) * (2 * pairs + 5) / 18.0)
    low = math.floor((slopes - spread) / 2.0 + 0.5)
    return low, slopes - low + 1


def linearity(line: FittedLine, x: ArrayLike, y: ArrayLike) -> Linearity:
    """Test whether pairs follow a straight line (cusum test of Passing and Bablok 1983).

    Points above and below the line score ``sqrt(l / L)`` and ``-sqrt(L / l)`` for L and l of
    them, sorted along the line. The largest cumulative sum over ``sqrt(L + 1)``, as in the
    paper, follows Kolmogorov and Smirnov's distribution, of which 1.36 is the 95th
    percentile.

    Parameters
    ----------
    line : FittedLine
        What `passing_bablok` gave for these pairs.
    x, y : array_like, shape (n,)
        The pairs.

    Raises
    ------
    InputError
        If there are not equally many of both, or a value is not finite.
    NotMeasurable
        If all points lie on one side of the line or on it.
    """
    first, second = paired(x, y, _DOING)
    off = second - line.intercept - line.slope * first
    # Points on the line, but for rounding, are on neither side.
    off[np.abs(off) <= 1e-12 * (np.abs(second) + abs(line.intercept))] = 0.0
    above, below = int(np.count_nonzero(off > 0.0)), int(np.count_nonzero(off < 0.0))
    if not (above and below):
        raise NotMeasurable(
            f"Testing linearity: points on both sides of the line are needed, found {above} above "
            f"and {below} below it."
        )
    score = np.where(off > 0.0, math.sqrt(below / above), -math.sqrt(above / below))
    score[off == 0.0] = 0.0
    along = second + first / line.slope if line.slope else first
    largest = float(np.abs(np.cumsum(score[np.argsort(along, kind="stable")])).max())
    largest /= math.sqrt(above + 1)
    return Linearity(largest, float(stats.kstwobign.sf(largest)))


def _slopes(x: Floats, y: Floats) -> Floats:
    """Slopes of all lines through two points that count, row by row to save memory."""
    found = np.empty(x.size * (x.size - 1) // 2)
    used = 0
    for start in range(x.size - 1):
        dx, dy = x[start + 1 :] - x[start], y[start + 1 :] - y[start]
        counts = ((dx != 0.0) | (dy != 0.0)) & (dx != -dy)
        dx, dy = dx[counts], dy[counts]
        with np.errstate(divide="ignore"):
            # A vertical line has the sign of its step in y, whichever zero dx is.
            found[used : used + dx.size] = np.where(dx == 0.0, np.copysign(np.inf, dy), dy / dx)
        used += dx.size
    return found[:used]


def _at(slopes: Floats, rank: int) -> float | None:
    if not 0 <= rank < slopes.size or not math.isfinite(slopes[rank]):
        return None
    return float(slopes[rank])


def _not_rising(x: Floats, y: Floats) -> NotMeasurable:
    tau = float(stats.kendalltau(x, y).statistic)
    return NotMeasurable(
        f"{_DOING}: both series must rise together, found Kendall's tau of {tau:.2f} among "
        f"{x.size} pairs."
    )
