"""Concordance of more than two raters, and of raters over several occasions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from calcimetry.agreement.pairs import Floats, at_least, paired, rated
from calcimetry.errors import InputError, NotMeasurable
from calcimetry.model import Interval

_DOING = "Computing the overall concordance correlation"


@dataclass(frozen=True, slots=True)
class OverallConcordance:
    """A concordance coefficient over several raters or occasions.

    `interval` is by the jackknife over things or subjects on Fisher's z scale, None where
    leaving one out leaves nothing to tell it from.
    """

    coefficient: float
    interval: Interval | None
    things: int
    raters: int

    @property
    def not_measured(self) -> dict[str, str]:
        """Why the interval is None."""
        reason = "the jackknife needs agreement that is not perfect, whichever thing is left out"
        return {} if self.interval is not None else {"interval": reason}


def overall_concordance(values: ArrayLike) -> OverallConcordance:
    """Concordance of several raters of the same things.

    ``2 sum s_ij / ((k - 1) sum s_i^2 + sum (mean_i - mean_j)^2)``, sums over pairs of raters
    (Lin 1989; Barnhart HX, Haber M, Song J. Overall concordance correlation coefficient for
    evaluating agreement among multiple observers. Biometrics 2002;58:1020-1027), with
    variances of the population. For two raters it is Lin's coefficient.

    Parameters
    ----------
    values : array_like, shape (things, raters)
        No cell empty, in one unit.

    Raises
    ------
    InputError
        If it is no table of two columns or more, or a value is not finite.
    NotMeasurable
        If there are fewer than four things, or all values are the same.

    Examples
    --------
    >>> round(overall_concordance([[1, 1, 2], [3, 3, 3], [5, 6, 5], [8, 7, 8]]).coefficient, 3)
    0.958
    """
    table = rated(values, _DOING)
    at_least(4, table.shape[0], _DOING, "things that were measured")
    coefficient, interval = _jackknifed(_overall, table)
    return OverallConcordance(coefficient, interval, *table.shape)


def repeated_concordance(
    a: ArrayLike, b: ArrayLike, subjects: Sequence[object], occasions: Sequence[object]
) -> OverallConcordance:
    """Concordance of two raters who measured every subject on the same occasions.

    ``2 sum_t s_ab(t) / sum_t (s_a^2(t) + s_b^2(t) + (mean_a(t) - mean_b(t))^2)`` over the
    occasions t: subjects vary, occasions do not count as agreement (King TS, Chinchilli VM,
    Carrasco JL. A repeated measures concordance correlation coefficient. Stat Med
    2007;26:3095-3113, with equal weights). The jackknife leaves out whole subjects.

    Parameters
    ----------
    a, b : array_like, shape (n,)
        The pairs, in one unit.
    subjects, occasions : sequence, length n
        Whose, and of which occasion, each pair is; each combination once.

    Raises
    ------
    InputError
        If lengths differ, a value is not finite, or a subject misses an occasion or has it
        twice.
    NotMeasurable
        If there are fewer than four subjects, or all values are the same.
    """
    first, second = paired(a, b, _DOING)
    if not len(subjects) == len(occasions) == first.size:
        raise InputError(
            f"{_DOING}: each pair needs its subject and occasion, found {len(subjects)} and "
            f"{len(occasions)} for {first.size} pairs."
        )
    who, row = np.unique(np.array([str(one) for one in subjects]), return_inverse=True)
    when, column = np.unique(np.array([str(one) for one in occasions]), return_inverse=True)
    filled = np.zeros((who.size, when.size), dtype=int)
    np.add.at(filled, (row, column), 1)
    if (filled != 1).any():
        raise InputError(
            f"{_DOING}: every subject needs every occasion once, found {int((filled == 0).sum())} "
            f"missing and {int((filled > 1).sum())} repeated among {who.size} subjects and "
            f"{when.size} occasions."
        )
    at_least(4, who.size, _DOING, "subjects")
    table = np.empty((who.size, when.size, 2))
    table[row, column, 0], table[row, column, 1] = first, second
    coefficient, interval = _jackknifed(_over_occasions, table)
    return OverallConcordance(coefficient, interval, who.size, 2)


def _overall(table: Floats) -> float:
    covariance = np.cov(table, rowvar=False, bias=True)
    means, raters = table.mean(axis=0), table.shape[1]
    variances = float(np.trace(covariance))
    shifts = float(np.sum((means[:, None] - means) ** 2)) / 2.0
    return _ratio(float(covariance.sum()) - variances, (raters - 1) * variances + shifts)


def _over_occasions(table: Floats) -> float:
    a, b = table[..., 0], table[..., 1]
    shared = float(np.sum(np.mean((a - a.mean(axis=0)) * (b - b.mean(axis=0)), axis=0)))
    shift = float(np.sum((a.mean(axis=0) - b.mean(axis=0)) ** 2))
    return _ratio(2.0 * shared, float(np.sum(a.var(axis=0) + b.var(axis=0))) + shift)


def _ratio(shared: float, spread: float) -> float:
    if spread == 0.0:
        raise NotMeasurable(
            f"{_DOING}: all values are the same, so there is no spread that agreement could be "
            "told from."
        )
    return shared / spread


def _jackknifed(
    statistic: Callable[[Floats], float], table: Floats
) -> tuple[float, Interval | None]:
    count = table.shape[0]
    value = statistic(table)
    if count < 4 or abs(value) >= 1.0 - 1e-12:
        return value, None
    keep = ~np.eye(count, dtype=bool)
    try:
        others = np.array([statistic(table[k]) for k in keep])
    except NotMeasurable:
        return value, None
    if np.abs(others).max() >= 1.0 - 1e-12:
        return value, None
    middle = math.atanh(value)
    pseudo = count * middle - (count - 1) * np.arctanh(others)
    half = float(stats.t.ppf(0.975, count - 1)) * float(pseudo.std(ddof=1)) / math.sqrt(count)
    return value, Interval(math.tanh(middle - half), math.tanh(middle + half))
