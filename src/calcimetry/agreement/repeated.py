"""Limits of agreement where a subject was measured several times."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from calcimetry.agreement.components import Components, variance_components
from calcimetry.agreement.limits import total_deviation
from calcimetry.agreement.pairs import NORMAL_95, Floats, at_least, grouped, paired
from calcimetry.errors import InputError, NotMeasurable
from calcimetry.model import Interval

_DOING = "Computing limits of agreement of repeated measurements"


@dataclass(frozen=True, slots=True)
class RepeatedLimits:
    """Limits of agreement for one measurement of each method, from repeated ones.

    Parameters
    ----------
    pairs, subjects : int
        How many there were; `pairs` counts the measurements of a where both methods have
        their own number.
    bias : float
        Mean over subjects of the mean difference a - b.
    sd : float
        Of a single difference: between and within subjects together.
    sd_between, sd_within : float
        Standard deviations of subjects' true differences, and of single differences about
        them.
    lower, upper : float
        ``bias -+ 1.96 sd``.
    bias_interval, lower_interval, upper_interval : Interval
        95%; those of the limits by MOVER.
    within : float
        The difference that 95% of pairs stay below in size.
    """

    pairs: int
    subjects: int
    bias: float
    sd: float
    sd_between: float
    sd_within: float
    lower: float
    upper: float
    bias_interval: Interval
    lower_interval: Interval
    upper_interval: Interval
    within: float


def limits_of_linked_pairs(
    a: ArrayLike, b: ArrayLike, subjects: Sequence[object]
) -> RepeatedLimits:
    """Limits where pairs belong together and the true value varies from pair to pair.

    Several images of one patient are such pairs. The variance of a difference is that of
    subjects' means plus ``(1 - 1/m)`` times that within subjects, *m* the harmonic mean
    number of pairs (Bland JM, Altman DG. J Biopharm Stat 2007;17:571-582; Zou GY.
    Confidence interval estimation for the Bland-Altman limits of agreement with multiple
    observations per individual. Stat Methods Med Res 2013;22:630-642, with the intervals).
    With equally many pairs of each subject this is Bland and Altman's own value.

    Parameters
    ----------
    a, b : array_like, shape (n,)
        The pairs, in one unit.
    subjects : sequence, length n
        Whose pair each is.

    Raises
    ------
    InputError
        If the three are not equally long, or a value is not finite.
    NotMeasurable
        If there are fewer than three subjects, or none has two pairs.

    Examples
    --------
    >>> found = limits_of_linked_pairs([5, 6, 7, 9, 4, 5], [4, 6, 6, 7, 4, 3], [1, 1, 2, 2, 3, 3])
    >>> found.bias, round(found.sd_within, 2), found.subjects
    (1.0, 1.0, 3)
    """
    first, second = paired(a, b, _DOING)
    owner, count = grouped(subjects, first.size, _DOING)
    at_least(3, count, _DOING, "subjects")
    means, sizes, within = _means(first - second, owner, count)
    freedom = first.size - count
    if freedom == 0:
        raise NotMeasurable(
            f"{_DOING}: a subject with at least 2 pairs is needed, found {count} subjects with one "
            "pair each. They are independent: leave the subjects out."
        )
    harmonic = count / float(np.sum(1.0 / sizes))
    return _limits(means, first.size, [(within, 1.0 - 1.0 / harmonic, freedom)])


def limits_of_replicates(
    a: ArrayLike, subjects_a: Sequence[object], b: ArrayLike, subjects_b: Sequence[object]
) -> RepeatedLimits:
    """Limits where each method measured the same, constant true value of a subject several times.

    Measurements of the two methods need not be as many and are not paired. The variance of
    a difference adds each method's own variance within subjects, ``(1 - 1/m)`` of it (Bland
    and Altman 1999, section 5.1; intervals by MOVER, Zou 2013).

    Parameters
    ----------
    a, b : array_like, shapes (n,) and (m,)
        Measurements of either method, in one unit.
    subjects_a, subjects_b : sequence, lengths n and m
        Whose measurement each is; both must name the same subjects.

    Raises
    ------
    InputError
        If lengths differ, a value is not finite, or a subject was measured by one method only.
    NotMeasurable
        If there are fewer than three subjects, or nobody was measured twice by a method.
    """
    parts, means, names = [], [], []
    for values, subjects in ((a, subjects_a), (b, subjects_b)):
        own, _ = paired(values, values, _DOING)
        owner, count = grouped(subjects, own.size, _DOING)
        mean, sizes, within = _means(own, owner, count)
        if own.size == count:
            raise NotMeasurable(
                f"{_DOING}: each method must have measured a subject at least twice, found {count} "
                "subjects with one measurement each. Treat them as pairs."
            )
        harmonic = count / float(np.sum(1.0 / sizes))
        parts.append((within, 1.0 - 1.0 / harmonic, own.size - count))
        means.append(mean)
        names.append(sorted({str(one) for one in subjects}))
    if names[0] != names[1]:
        raise InputError(
            f"{_DOING}: both methods must have measured the same subjects, found "
            f"{len(names[0])} and {len(names[1])} subjects, "
            f"{len(set(names[0]) ^ set(names[1]))} of them by one method only."
        )
    at_least(3, means[0].size, _DOING, "subjects")
    return _limits(means[0] - means[1], np.asarray(a).size, parts)


def difference_components(a: ArrayLike, b: ArrayLike, subjects: Sequence[object]) -> Components:
    """Mean and variances of a - b between and within subjects by a mixed model (REML).

    The same model as `limits_of_linked_pairs`, ``d_ij = bias + subject_i + rest_ij``, fitted
    by restricted likelihood, which weighs subjects by what each is worth.

    Raises
    ------
    InputError, NotMeasurable
        As `variance_components`.
    """
    first, second = paired(a, b, _DOING)
    return variance_components(first - second, subjects)


def _means(values: Floats, owner: np.ndarray, count: int) -> tuple[Floats, Floats, float]:
    """Mean and number of each subject's values, and the variance within subjects."""
    sizes = np.bincount(owner, minlength=count).astype(np.float64)
    means = np.bincount(owner, weights=values, minlength=count) / sizes
    freedom = values.size - count
    square = float(np.sum((values - means[owner]) ** 2))
    return means, sizes, square / freedom if freedom else 0.0


def _limits(
    means: Floats, pairs: int, within: Sequence[tuple[float, float, int]]
) -> RepeatedLimits:
    """`within` holds a variance, the share of it that is added, and its degrees of freedom."""
    count = means.size
    bias, of_means = float(means.mean()), float(means.var(ddof=1))
    variance = of_means + sum(share * one for one, share, _ in within)
    if variance == 0.0:
        raise NotMeasurable(f"{_DOING}: all differences are the same, so they have no limits.")
    sd = math.sqrt(variance)
    terms = [(of_means, count - 1), *((share * one, freedom) for one, share, freedom in within)]
    down, up = (
        math.sqrt(sum((one * _stretch(freedom, q)) ** 2 for one, freedom in terms))
        for q in (0.975, 0.025)
    )
    low_sd, high_sd = math.sqrt(max(variance - down, 0.0)), math.sqrt(variance + up)
    of_bias = NORMAL_95 * math.sqrt(of_means / count)
    near = math.hypot(of_bias, 1.96 * (sd - low_sd))
    far = math.hypot(of_bias, 1.96 * (high_sd - sd))
    half = float(stats.t.ppf(0.975, count - 1)) * math.sqrt(of_means / count)
    lower, upper = bias - 1.96 * sd, bias + 1.96 * sd
    inside = sum(one for one, _, _ in within)
    return RepeatedLimits(
        pairs,
        count,
        bias,
        sd,
        math.sqrt(max(variance - inside, 0.0)),
        math.sqrt(inside),
        lower,
        upper,
        Interval(bias - half, bias + half),
        Interval(lower - far, lower + near),
        Interval(upper - near, upper + far),
        total_deviation(bias, sd),
    )


def _stretch(freedom: int, q: float) -> float:
    """How far the end of a variance's interval lies from it, as a part of it."""
    return abs(freedom / float(stats.chi2.ppf(q, freedom)) - 1.0)
