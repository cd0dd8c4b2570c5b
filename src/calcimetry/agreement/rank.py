"""Agreement in rank: Spearman's rho and Kendall's tau."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from calcimetry.agreement.pairs import NORMAL_95, Floats, at_least, paired, varying
from calcimetry.model import Interval

_DOING = "Computing rank correlation"
#: Up to so many pairs every order is tried, which is exact with ties too.
MOST_EXACT = 8


@dataclass(frozen=True, slots=True)
class RankCorrelation:
    """A rank correlation.

    Parameters
    ----------
    name : str
        "Spearman's rho" or "Kendall's tau-b".
    coefficient : float
        From -1 to 1.
    interval : Interval or None
        95%; None below five pairs or at -1 and 1, where the formula has none.
    p : float
        Of no association.
    exact : bool
        Whether `p` comes from the exact distribution.
    pairs : int
        How many there were.
    """

    name: str
    coefficient: float
    interval: Interval | None
    p: float
    exact: bool
    pairs: int

    @property
    def not_measured(self) -> dict[str, str]:
        """Why the interval is None."""
        if self.interval is not None:
            return {}
        few = "it needs at least 5 pairs" if self.pairs < 5 else "the ranks agree without exception"
        return {"interval": few}


def spearman(a: ArrayLike, b: ArrayLike) -> RankCorrelation:
    """Spearman's rho, ties at their mean rank.

    The interval is that of Fisher's z with the standard error ``sqrt((1 + rho^2 / 2) / (n -
    3))`` (Bonett DG, Wright TA. Sample size requirements for estimating Pearson, Kendall and
    Spearman correlations. Psychometrika 2000;65:23-28). Up to 8 pairs, `p` counts all orders;
    beyond, it is that of the t distribution.

    Parameters
    ----------
    a, b : array_like, shape (n,)
        The pairs.

    Raises
    ------
    InputError
        If there are not equally many of both, or a value is not finite.
    NotMeasurable
        If there are fewer than three pairs, or either series is constant.

    Examples
    --------
    >>> spearman([1, 2, 3, 4, 5], [1, 3, 2, 5, 4]).coefficient
    0.8
    """
    first, second = _checked(a, b)
    found = stats.spearmanr(first, second)
    rho = round(float(found.statistic), 15)
    exact = first.size <= MOST_EXACT
    p = _exact_p(stats.rankdata(first), stats.rankdata(second)) if exact else float(found.pvalue)
    spread = math.sqrt((1.0 + rho**2 / 2.0) / (first.size - 3)) if first.size > 4 else 0.0
    return RankCorrelation("Spearman's rho", rho, _on_z(rho, spread), p, exact, first.size)


def kendall(a: ArrayLike, b: ArrayLike) -> RankCorrelation:
    """Kendall's tau-b.

    The interval is that of Fisher's z with the standard error ``sqrt(0.437 / (n - 4))``
    (Fieller EC, Hartley HO, Pearson ES. Tests for rank correlation coefficients. Biometrika
    1957;44:470-481). `p` is exact up to 8 pairs, and up to 33 or in the tails where there are
    no ties, as scipy has it.

    Parameters
    ----------
    a, b : array_like, shape (n,)
        The pairs.

    Raises
    ------
    InputError
        If there are not equally many of both, or a value is not finite.
    NotMeasurable
        If there are fewer than three pairs, or either series is constant.

    Examples
    --------
    >>> kendall([1, 2, 3, 4, 5], [1, 3, 2, 5, 4]).coefficient
    0.6
    """
    first, second = _checked(a, b)
    found = stats.kendalltau(first, second)
    tau = round(float(found.statistic), 15)
    ties = min(np.unique(first).size, np.unique(second).size) < first.size
    few = first.size <= MOST_EXACT
    p = _exact_tau_p(first, second) if few and ties else float(found.pvalue)
    exact = few or (not ties and first.size <= 33)
    spread = math.sqrt(0.437 / (first.size - 4)) if first.size > 4 else 0.0
    return RankCorrelation("Kendall's tau-b", tau, _on_z(tau, spread), p, exact, first.size)


def _checked(a: ArrayLike, b: ArrayLike) -> tuple[Floats, Floats]:
    first, second = paired(a, b, _DOING)
    at_least(3, first.size, _DOING)
    varying(first, "a", _DOING)
    varying(second, "b", _DOING)
    return first, second


def _on_z(value: float, spread: float) -> Interval | None:
    if spread == 0.0 or abs(value) == 1.0:
        return None
    middle, half = math.atanh(value), NORMAL_95 * spread
    return Interval(math.tanh(middle - half), math.tanh(middle + half))


def _orders(count: int) -> NDArray[np.intp]:
    return np.array(list(itertools.permutations(range(count))), dtype=np.intp)


def _exact_p(first: Floats, second: Floats) -> float:
    """Share of all orders of b whose ranks are related at least as strongly."""
    centred = second - second.mean()
    sums = centred[_orders(first.size)] @ (first - first.mean())
    seen = abs(float(centred @ (first - first.mean())))
    return float(np.mean(np.abs(sums) >= seen - 1e-9))


def _exact_tau_p(first: Floats, second: Floats) -> float:
    signs_a = np.sign(first[:, None] - first)
    signs_b = np.sign(second[:, None] - second)
    orders = _orders(first.size)
    turned = signs_b[orders[:, :, None], orders[:, None, :]]
    sums = np.einsum("ij,kij->k", signs_a, turned)
    seen = abs(float(np.sum(signs_a * signs_b)))
    return float(np.mean(np.abs(sums) >= seen - 1e-9))
