"""Lin's concordance correlation coefficient."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from calcimetry.agreement.pairs import NORMAL_95, Floats, at_least, paired, varying
from calcimetry.errors import NotMeasurable
from calcimetry.model import Interval

_DOING = "Computing the concordance correlation"


@dataclass(frozen=True, slots=True)
class Concordance:
    """The concordance of two series, and what it is made of.

    Parameters
    ----------
    coefficient : float
        Lin's CCC.
    pearson : float
        Correlation *r*, how closely the pairs follow any line.
    bias_correction : float
        *Cb*, how close that line is to the line of equality: ``CCC = r Cb``.
    location_shift, scale_shift : float
        ``(mean_a - mean_b) / sqrt(s_a s_b)`` and ``s_a / s_b``.
    standard_error : float or None
        Of the coefficient, asymptotic.
    interval_asymptotic, interval_z : Interval or None
        The coefficient +- 1.96 standard errors, and the same on Fisher's z scale,
        which stays within -1 and 1 and covers better (Lin 1989).
    axis_slope, axis_intercept : float
        Reduced major axis, b = intercept + slope a.
    blackwood_f, blackwood_p : float or None
        Bradley and Blackwood's simultaneous test of equal means and variances, with 2
        and n - 2 degrees of freedom.
    pairs : int
        How many there were.
    """

    coefficient: float
    pearson: float
    bias_correction: float
    location_shift: float
    scale_shift: float
    standard_error: float | None
    interval_asymptotic: Interval | None
    interval_z: Interval | None
    axis_slope: float
    axis_intercept: float
    blackwood_f: float | None
    blackwood_p: float | None
    pairs: int

    @property
    def not_measured(self) -> Mapping[str, str]:
        """Why a number is None, by its name."""
        reasons: dict[str, str] = {}
        if self.standard_error is None:
            reason = (
                "the pairs are not correlated at all"
                if self.pearson == 0.0
                else "the pairs lie on the line of equality or its mirror, without scatter"
            )
            names = ("standard_error", "interval_asymptotic", "interval_z")
            reasons |= dict.fromkeys(names, reason)
        if self.blackwood_f is None:
            reason = "the differences follow the sums without scatter"
            reasons |= dict.fromkeys(("blackwood_f", "blackwood_p"), reason)
        return reasons


def concordance(a: ArrayLike, b: ArrayLike) -> float:
    """How closely pairs of measurements follow the line of equality.

    ``CCC = 2 s_ab / (s_a^2 + s_b^2 + (mean_a - mean_b)^2)``, with covariance and
    variances of the population, that is, divided by n (Lin LI. A concordance
    correlation coefficient to evaluate reproducibility. Biometrics 1989;45:255-268).
    Dividing by n - 1 gives a value that is a little larger; programs differ in this.

    Parameters
    ----------
    a, b : array_like, shape (n,)
        The pairs, in one unit.

    Returns
    -------
    float
        From -1 to 1, which is perfect agreement; 0 where either is constant and the
        other is not.

    Raises
    ------
    InputError
        If there are not equally many of both, or a value is not finite.
    NotMeasurable
        If there are fewer than two pairs, or all values are the same: the formula is
        then 0 / 0.

    Examples
    --------
    >>> round(concordance([1, 2, 3, 4], [2, 3, 4, 5]), 3)
    0.714
    """
    first, second = paired(a, b, _DOING)
    at_least(2, first.size, _DOING)
    shift = float(first.mean() - second.mean())
    spread = float(first.var() + second.var()) + shift**2
    if spread == 0.0:
        raise NotMeasurable(
            f"{_DOING}: all values are the same, so there is no spread that agreement could be "
            "told from."
        )
    covariance = float(np.mean((first - first.mean()) * (second - second.mean())))
    return 2.0 * covariance / spread


def concord(a: ArrayLike, b: ArrayLike) -> Concordance:
    """The concordance of two series with its intervals: what Stata's ``concord`` prints.

    The standard error is Lin's, with the correction of 2000 and n - 2 (Lin LI.
    Biometrics 1989;45:255-268; corrections: Biometrics 2000;56:324-325). Bradley EL,
    Blackwood LG. Comparing paired data: a simultaneous test for means and variances.
    Am Stat 1989;43:234-235.

    Parameters
    ----------
    a, b : array_like, shape (n,)
        The pairs, in one unit.

    Returns
    -------
    Concordance
        With variances of the population, as in `concordance`.

    Raises
    ------
    InputError
        If there are not equally many of both, or a value is not finite.
    NotMeasurable
        If there are fewer than three pairs, or either series is constant.

    Examples
    --------
    >>> found = concord([1, 2, 3, 4, 5], [1.1, 2.3, 2.8, 4.4, 5.1])
    >>> round(found.coefficient, 3), round(found.interval_z.low, 3)
    (0.985, 0.873)
    """
    first, second = paired(a, b, _DOING)
    at_least(3, first.size, _DOING)
    varying(first, "a", _DOING)
    varying(second, "b", _DOING)
    deviation_a, deviation_b = float(first.std()), float(second.std())
    pearson = float(np.clip(np.corrcoef(first, second)[0, 1], -1.0, 1.0))
    location = float(first.mean() - second.mean()) / math.sqrt(deviation_a * deviation_b)
    scale = deviation_a / deviation_b
    correction = 2.0 / (scale + 1.0 / scale + location**2)
    coefficient = pearson * correction
    error = _standard_error(coefficient, pearson, location, first.size)
    slope = math.copysign(1.0 / scale, pearson)
    f, p = _bradley_blackwood(first, second)
    return Concordance(
        coefficient,
        pearson,
        correction,
        location,
        scale,
        error,
        None if error is None else around(coefficient, error),
        None if error is None else around_on_z(coefficient, error),
        slope,
        float(second.mean() - slope * first.mean()),
        f,
        p,
        first.size,
    )


def around(value: float, error: float) -> Interval:
    """A value +- 1.96 standard errors."""
    return Interval(value - NORMAL_95 * error, value + NORMAL_95 * error)


def around_on_z(value: float, error: float) -> Interval:
    """The same on Fisher's z scale, for a correlation between -1 and 1, by the delta method."""
    half = NORMAL_95 * error / (1.0 - value**2)
    middle = math.atanh(value)
    return Interval(math.tanh(middle - half), math.tanh(middle + half))


def standard_error(coefficient: float, pearson: float, location: float, pairs: int) -> float:
    """Lin's asymptotic standard error of the CCC, corrected as in 2000, with n - 2.

    Parameters
    ----------
    coefficient, pearson, location : float
        CCC, Pearson's r (not 0) and the location shift u.
    pairs : int
        At least 3.
    """
    square, ccc = pearson**2, coefficient
    variance = (
        (1.0 - square) * ccc**2 * (1.0 - ccc**2) / square
        + 2.0 * ccc**3 * (1.0 - ccc) * location**2 / pearson
        - ccc**4 * location**4 / (2.0 * square)
    ) / (pairs - 2)
    return math.sqrt(max(variance, 0.0))


def _standard_error(
    coefficient: float, pearson: float, location: float, pairs: int
) -> float | None:
    """None where the formula is 0 / 0, or where scatter is nothing but rounding."""
    if pearson == 0.0 or abs(coefficient) > 1.0 - 1e-12:
        return None
    error = standard_error(coefficient, pearson, location, pairs)
    return error if error > 0.0 else None


def _bradley_blackwood(a: Floats, b: Floats) -> tuple[float | None, float | None]:
    difference, total = a - b, a + b
    square = float(np.sum(difference**2))
    centred = total - total.mean()
    spread = float(np.sum(centred**2))
    slope = float(np.sum(centred * difference)) / spread if spread > 0.0 else 0.0
    rest = difference - difference.mean() - slope * centred
    left = float(np.sum(rest**2))
    if left <= 1e-24 * max(square, float(np.sum(total**2))):
        return None, None
    freedom = a.size - 2
    f = (square - left) / 2.0 / (left / freedom)
    return f, float(stats.f.sf(f, 2, freedom))
