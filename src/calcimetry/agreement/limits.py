"""Bland and Altman's limits of agreement."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, stats

from calcimetry.agreement.pairs import NORMAL_95, Floats, at_least, paired, varying
from calcimetry.errors import NotMeasurable
from calcimetry.model import Interval

#: What is compared: a - b, 100 (a - b) / mean of both, or the logarithm of a / b.
Scale = Literal["difference", "percent", "log"]
#: How the interval of a limit is made.
LimitInterval = Literal["exact", "mover", "approximate", "simple"]
_DOING = "Computing limits of agreement"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bias and limits of agreement, each with its interval.

    On the scales "difference" and "percent", `bias` is a mean of differences a - b, in
    the unit of the values or in percent. On the scale "log" everything but `sd` is a
    ratio a / b: `bias` is the geometric mean ratio.

    Parameters
    ----------
    scale : {"difference", "percent", "log"}
        See above.
    pairs : int
        How many there were.
    bias, sd : float
        Mean and standard deviation (n - 1) of the differences; `sd` of the logarithms.
    lower, upper : float
        ``bias -+ multiplier sd``.
    bias_interval, lower_interval, upper_interval : Interval
        95%.
    within : float
        The difference that 95% of pairs stay below in size (total deviation index); on
        the scale "log" the factor that they stay within.
    normality_p : float or None
        Of the Shapiro-Wilk test that the differences are normal, which the limits
        suppose; None above 5,000 pairs, where the test is not defined.
    """

    scale: Scale
    pairs: int
    bias: float
    sd: float
    lower: float
    upper: float
    bias_interval: Interval
    lower_interval: Interval
    upper_interval: Interval
    within: float
    normality_p: float | None


def differences(a: ArrayLike, b: ArrayLike, scale: Scale = "difference") -> Floats:
    """Differences of pairs on a scale, shape (n,).

    Parameters
    ----------
    a, b : array_like, shape (n,)
        The pairs, in one unit.
    scale : {"difference", "percent", "log"}
        a - b; 100 (a - b) / ((a + b) / 2); or ln(a / b).

    Raises
    ------
    InputError
        If there are not equally many of both, or a value is not finite.
    NotMeasurable
        If a value is not positive on the scale "log", or a mean on the scale "percent".

    Examples
    --------
    >>> differences([10, 8], [6, 8], "percent")
    array([50.,  0.])
    """
    first, second = paired(a, b, _DOING)
    if scale == "difference":
        return first - second
    needs = np.minimum(first, second) if scale == "log" else (first + second) / 2.0
    bad = int(np.count_nonzero(needs <= 0.0))
    if bad:
        what = "positive values" if scale == "log" else "pairs with a positive mean"
        raise NotMeasurable(
            f"{_DOING} on the {scale} scale: {what} are needed, found {bad} of {first.size} pairs "
            f"with {float(needs.min()):g} or less than that allows. Use the scale of differences."
        )
    if scale == "log":
        return np.log(first / second)
    return 100.0 * (first - second) / needs


def limits_of_agreement(
    a: ArrayLike,
    b: ArrayLike,
    scale: Scale = "difference",
    interval: LimitInterval = "exact",
    multiplier: float = 1.96,
) -> Limits:
    """Bias and limits of agreement of independent pairs.

    Bland JM, Altman DG. Statistical methods for assessing agreement between two methods
    of clinical measurement. Lancet 1986;i:307-310; Measuring agreement in method
    comparison studies. Stat Methods Med Res 1999;8:135-160.

    Parameters
    ----------
    a, b : array_like, shape (n,)
        The pairs, in one unit; each pair of another subject.
    scale : {"difference", "percent", "log"}
        See `differences`.
    interval : {"exact", "mover", "approximate", "simple"}
        Of a limit. "exact": from the noncentral t distribution (Carkeet A. Optom Vis
        Sci 2015;92:e71-e80); "mover": from the intervals of mean and variance (Zou GY.
        Stat Methods Med Res 2013;22:630-642); "approximate": the limit +- t times
        ``s sqrt(1/n + multiplier^2 / (2 (n - 1)))`` (1999); "simple": the same with
        ``s sqrt(3/n)`` (1986).
    multiplier : float
        Limits lie so many standard deviations from the bias.

    Returns
    -------
    Limits
        On the scale that was asked for.

    Raises
    ------
    InputError
        If there are not equally many of both, or a value is not finite.
    NotMeasurable
        If there are fewer than three pairs, the differences are all the same, or a
        value has no place on the scale.

    Examples
    --------
    >>> found = limits_of_agreement([10, 12, 15, 20], [9, 13, 13, 19])
    >>> found.bias, round(found.lower, 2), round(found.upper, 2)
    (0.75, -1.72, 3.22)
    """
    difference = differences(a, b, scale)
    at_least(3, difference.size, _DOING)
    varying(difference, "the difference", _DOING)
    count = difference.size
    bias, sd = float(difference.mean()), float(difference.std(ddof=1))
    half = float(stats.t.ppf(0.975, count - 1)) * sd / math.sqrt(count)
    upper = limit_interval(bias, sd, count, interval, multiplier)
    turned = limit_interval(-bias, sd, count, interval, multiplier)
    back = math.exp if scale == "log" else float
    return Limits(
        scale,
        count,
        back(bias),
        sd,
        back(bias - multiplier * sd),
        back(bias + multiplier * sd),
        Interval(back(bias - half), back(bias + half)),
        Interval(back(-turned.high), back(-turned.low)),
        Interval(back(upper.low), back(upper.high)),
        back(total_deviation(bias, sd)),
        float(stats.shapiro(difference).pvalue) if count <= 5000 else None,
    )


def limit_interval(
    bias: float, sd: float, count: int, kind: LimitInterval, multiplier: float = 1.96
) -> Interval:
    """Interval of the upper limit ``bias + multiplier sd``; see `limits_of_agreement`."""
    freedom, root = count - 1, math.sqrt(count)
    limit = bias + multiplier * sd
    if kind == "exact":
        low, high = stats.nct.ppf([0.025, 0.975], freedom, multiplier * root)
        return Interval(bias + sd * float(low) / root, bias + sd * float(high) / root)
    if kind == "mover":
        mean_half = NORMAL_95 * sd / root
        low_sd, high_sd = (
            sd * math.sqrt(freedom / float(stats.chi2.ppf(q, freedom))) for q in (0.975, 0.025)
        )
        return Interval(
            limit - math.hypot(mean_half, multiplier * (sd - low_sd)),
            limit + math.hypot(mean_half, multiplier * (high_sd - sd)),
        )
    part = 3.0 / count if kind == "simple" else 1.0 / count + multiplier**2 / (2.0 * freedom)
    half = float(stats.t.ppf(0.975, freedom)) * sd * math.sqrt(part)
    return Interval(limit - half, limit + half)


def total_deviation(bias: float, sd: float, share: float = 0.95) -> float:
    """The size that a share of normal differences stays below.

    The total deviation index of Lin LI (Stat Med 2000;19:255-270): the *k* with
    ``P(|D| < k) = share`` for normal D, solved exactly.

    Examples
    --------
    >>> round(total_deviation(0.0, 1.0), 3)
    1.96
    """
    if sd == 0.0:
        return abs(bias)
    shift = abs(bias) / sd

    def missing(k: float) -> float:
        return float(stats.norm.cdf(k - shift) - stats.norm.cdf(-k - shift)) - share

    return sd * float(optimize.brentq(missing, 0.0, shift + 40.0, xtol=1e-13))
