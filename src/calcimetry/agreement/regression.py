"""Deming regression: a line through points whose both coordinates are measured with error."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from calcimetry.agreement.pairs import Floats, at_least, paired, varying
from calcimetry.errors import NotMeasurable, SettingsError
from calcimetry.model import Interval

_DOING = "Computing Deming regression"
_MOST_ROUNDS, _CLOSE_ENOUGH = 100, 1e-10


@dataclass(frozen=True, slots=True)
class FittedLine:
    """A line ``y = intercept + slope x`` with its 95% intervals.

    An interval is None where it is unbounded: too few points, or points too scattered, say
    nothing about the line. `not_measured` says so.
    """

    method: str
    slope: float
    intercept: float
    slope_interval: Interval | None
    intercept_interval: Interval | None
    pairs: int

    @property
    def not_measured(self) -> dict[str, str]:
        """Why a number is None, by its name."""
        reason = "the points leave the line's slope open: its interval is unbounded"
        return {
            name: reason
            for name in ("slope_interval", "intercept_interval")
            if getattr(self, name) is None
        }


def deming(
    x: ArrayLike, y: ArrayLike, error_ratio: float = 1.0, weighted: bool = False
) -> FittedLine:
    """Deming regression of y on x, with intervals by the jackknife.

    Maximum likelihood for normal errors of both. Unweighted, the errors are of one size;
    weighted, they are in proportion to size, and each point weighs the inverse square of
    its estimated true size, found by iteration (Linnet K. Estimation of the linear
    relationship between the measurements of two methods with proportional errors. Stat Med
    1990;9:1463-1473; Evaluation of regression procedures for methods comparison studies.
    Clin Chem 1993;39:424-432). Intervals: pseudo-values of leaving out each point, t with
    n - 2 degrees of freedom.

    Parameters
    ----------
    x, y : array_like, shape (n,)
        The pairs.
    error_ratio : float
        Variance of the error of y over that of x. (The R package mcr has its inverse.)
    weighted : bool
        Whether errors grow in proportion to size; all values must then be positive.

    Returns
    -------
    FittedLine
        ``y = intercept + slope x``.

    Raises
    ------
    InputError
        If there are not equally many of both, or a value is not finite.
    NotMeasurable
        If there are fewer than four pairs, either series is constant, both are not
        correlated at all, weights need positive values and find others, or the iteration
        does not settle.
    SettingsError
        If `error_ratio` is not positive.

    Examples
    --------
    >>> found = deming([1, 2, 3, 4, 5], [1.2, 1.9, 3.2, 4.1, 4.8])
    >>> round(found.slope, 3), round(found.intercept, 3)
    (0.945, 0.206)
    """
    first, second = paired(x, y, _DOING)
    if not error_ratio > 0.0:
        raise SettingsError(f"{_DOING}: error_ratio must be positive, found {error_ratio}.")
    at_least(4, first.size, _DOING)
    varying(first, "x", _DOING)
    varying(second, "y", _DOING)
    if weighted and not (first.min() > 0.0 and second.min() > 0.0):
        raise NotMeasurable(
            f"{_DOING} with weights: errors in proportion to size need positive values, found "
            f"{min(first.min(), second.min()):g}. Use the regression without weights."
        )
    count = first.size
    best = np.array(_fit(first, second, error_ratio, weighted))
    keep = ~np.eye(count, dtype=bool)
    others = np.array([_fit(first[k], second[k], error_ratio, weighted) for k in keep])
    pseudo = count * best - (count - 1) * others
    half = stats.t.ppf(0.975, count - 2) * pseudo.std(axis=0, ddof=1) / math.sqrt(count)
    # Around the estimate itself, not around the mean of pseudo-values, as Linnet has it.
    slope, intercept = (
        Interval(float(v - h), float(v + h)) for v, h in zip(best, half, strict=True)
    )
    name = "weighted Deming" if weighted else "Deming"
    return FittedLine(name, float(best[0]), float(best[1]), slope, intercept, count)


def analytic_intervals(line: FittedLine, x: ArrayLike, y: ArrayLike) -> tuple[Interval, Interval]:
    """Closed-form intervals of an unweighted Deming line, slope first.

    ``SE(slope) = slope sqrt((1 / r^2 - 1) / (n - 2))`` and ``SE(intercept) = SE(slope)
    sqrt(mean of x^2)`` (Strike PW. Statistical Methods in Laboratory Medicine, 1991), t with
    n - 2 degrees of freedom.

    Parameters
    ----------
    line : FittedLine
        What `deming` gave for these points.
    x, y : array_like, shape (n,)
        The points, correlated.

    Raises
    ------
    InputError
        If there are not equally many of both, or a value is not finite.
    """
    first, second = paired(x, y, _DOING)
    r = float(np.corrcoef(first, second)[0, 1])
    error = abs(line.slope) * math.sqrt(max(1.0 / r**2 - 1.0, 0.0) / (first.size - 2))
    factor = float(stats.t.ppf(0.975, first.size - 2))
    wide = error * math.sqrt(float(np.mean(first**2)))
    return (
        Interval(line.slope - factor * error, line.slope + factor * error),
        Interval(line.intercept - factor * wide, line.intercept + factor * wide),
    )


def _fit(x: Floats, y: Floats, ratio: float, weighted: bool) -> tuple[float, float]:
    slope, intercept = _closed_form(x, y, ratio, np.ones(x.size))
    if not weighted:
        return slope, intercept
    for _ in range(_MOST_ROUNDS):
        before = slope, intercept
        off = y - intercept - slope * x
        true_x = x + slope * off / (ratio + slope**2)
        true_y = y - off * ratio / (ratio + slope**2)
        size = (ratio * true_x + true_y) / (1.0 + ratio)
        # Nothing weighs more than the smallest size that was really measured.
        size = np.maximum(size, min(x.min(), y.min()))
        slope, intercept = _closed_form(x, y, ratio, size**-2.0)
        if np.allclose(before, (slope, intercept), rtol=_CLOSE_ENOUGH, atol=_CLOSE_ENOUGH):
            return slope, intercept
    raise NotMeasurable(
        f"{_DOING} with weights: {_MOST_ROUNDS} rounds did not settle, the line still moves from "
        f"slope {before[0]:.6g} to {slope:.6g}. Use the regression without weights."
    )


def _closed_form(x: Floats, y: Floats, ratio: float, weights: Floats) -> tuple[float, float]:
    share = weights / weights.sum()
    middle_x, middle_y = float(share @ x), float(share @ y)
    xx, yy = float(share @ (x - middle_x) ** 2), float(share @ (y - middle_y) ** 2)
    xy = float(share @ ((x - middle_x) * (y - middle_y)))
    if abs(xy) <= 1e-14 * math.sqrt(xx * yy):
        raise NotMeasurable(
            f"{_DOING}: x and y are not correlated at all, found a correlation of 0 among "
            f"{x.size} pairs, so no line is the best."
        )
    gap = yy - ratio * xx
    slope = (gap + math.sqrt(gap**2 + 4.0 * ratio * xy**2)) / (2.0 * xy)
    return slope, middle_y - slope * middle_x
