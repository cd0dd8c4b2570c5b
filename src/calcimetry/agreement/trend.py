"""Whether bias or scatter grows with size, and limits of agreement that follow it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from calcimetry.agreement.pairs import Floats, at_least, paired, varying
from calcimetry.model import Interval

_DOING = "Testing whether the difference grows with size"
#: Standard deviation of a normal variable over its mean size.
_SIZE_TO_SD = math.sqrt(math.pi / 2.0)


@dataclass(frozen=True, slots=True)
class Line:
    """An ordinary least squares line on the mean of both measurements, and the test of its slope.

    `slope_p` is that of the t test that the slope is 0.
    """

    intercept: float
    slope: float
    slope_interval: Interval
    slope_p: float

    def at(self, size: float) -> float:
        """Height of the line."""
        return self.intercept + self.slope * size


@dataclass(frozen=True, slots=True)
class Trend:
    """How bias and scatter of a - b depend on the mean of both.

    Parameters
    ----------
    bias : Line
        Of the differences; its test is that of proportional bias.
    scatter : Line
        Of the sizes of what is left of them; its test is that of growing scatter.
    """

    bias: Line
    scatter: Line

    def limits_at(self, size: float) -> tuple[float, float, float]:
        """Lower limit, bias and upper limit for things of a size, a mean of both measurements.

        The scatter is nowhere taken as less than 0.
        """
        middle = self.bias.at(size)
        half = 1.96 * _SIZE_TO_SD * max(self.scatter.at(size), 0.0)
        return middle - half, middle, middle + half


def trend(a: ArrayLike, b: ArrayLike) -> Trend:
    """Regress differences, and the sizes of what is left, on the mean of both measurements.

    Section 3.2 of Bland JM, Altman DG. Stat Methods Med Res 1999;8:135-160: with D = b0 + b1 A
    and the absolute residuals R = c0 + c1 A, the limits are
    ``b0 + b1 A -+ 1.96 sqrt(pi/2) (c0 + c1 A)``.

    Parameters
    ----------
    a, b : array_like, shape (n,)
        The pairs, in one unit; each pair of another subject.

    Returns
    -------
    Trend
        Two lines on the mean of both.

    Raises
    ------
    InputError
        If there are not equally many of both, or a value is not finite.
    NotMeasurable
        If there are fewer than four pairs, or their means, or differences, are all the
        same.

    Examples
    --------
    >>> found = trend([1.0, 2.3, 2.9, 4.4, 4.9, 6.8], [1.1, 1.9, 2.7, 3.7, 4.2, 5.5])
    >>> round(found.bias.slope, 2), found.bias.slope_p < 0.05
    (0.25, True)
    """
    first, second = paired(a, b, _DOING)
    at_least(4, first.size, _DOING)
    difference, mean = first - second, (first + second) / 2.0
    varying(mean, "the mean", _DOING)
    varying(difference, "the difference", _DOING)
    bias = _line(mean, difference)
    rest = np.abs(difference - bias.intercept - bias.slope * mean)
    return Trend(bias, _line(mean, rest))


def _line(x: Floats, y: Floats) -> Line:
    if np.ptp(y) <= 1e-12 * max(float(np.abs(y).max()), float(np.abs(x).max())):
        return Line(float(y.mean()), 0.0, Interval(0.0, 0.0), 1.0)
    found = stats.linregress(x, y)
    half = float(stats.t.ppf(0.975, x.size - 2)) * float(found.stderr)
    slope = float(found.slope)
    return Line(
        float(found.intercept), slope, Interval(slope - half, slope + half), float(found.pvalue)
    )
