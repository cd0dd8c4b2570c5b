"""Tolerance limits: where a share of future differences lies, with a stated confidence."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, stats

from calcimetry.agreement.limits import Scale, differences
from calcimetry.agreement.pairs import at_least, varying
from calcimetry.errors import SettingsError

_DOING = "Computing tolerance limits"


@dataclass(frozen=True, slots=True)
class ToleranceLimits:
    """``bias -+ factor sd``: holds a `share` of differences with a `confidence`.

    On the scale "log" the limits are ratios a / b.
    """

    scale: Scale
    share: float
    confidence: float
    factor: float
    lower: float
    upper: float
    pairs: int


def tolerance_limits(
    a: ArrayLike,
    b: ArrayLike,
    scale: Scale = "difference",
    share: float = 0.95,
    confidence: float = 0.95,
) -> ToleranceLimits:
    """Limits that hold a share of all differences with a stated confidence.

    Limits of agreement estimate where 95% of differences lie and miss it as often as not;
    these are wider, by what the sample leaves unknown.

    Parameters
    ----------
    a, b : array_like, shape (n,)
        The pairs, in one unit; each pair of another subject.
    scale : {"difference", "percent", "log"}
        As for `limits_of_agreement`.
    share, confidence : float
        Between 0 and 1.

    Raises
    ------
    InputError
        If there are not equally many of both, or a value is not finite.
    NotMeasurable
        If there are fewer than three pairs, or the differences are all the same.
    SettingsError
        If `share` or `confidence` is not between 0 and 1.

    Examples
    --------
    >>> found = tolerance_limits([10, 12, 15, 20], [9, 13, 13, 19])
    >>> round(found.factor, 3)
    6.341
    """
    difference = differences(a, b, scale)
    at_least(3, difference.size, _DOING)
    varying(difference, "the difference", _DOING)
    factor = tolerance_factor(difference.size, share, confidence)
    bias, sd = float(difference.mean()), float(difference.std(ddof=1))
    back = math.exp if scale == "log" else float
    lower, upper = back(bias - factor * sd), back(bias + factor * sd)
    return ToleranceLimits(scale, share, confidence, factor, lower, upper, difference.size)


def tolerance_factor(count: int, share: float = 0.95, confidence: float = 0.95) -> float:
    """The exact two-sided factor for a sample of a normal distribution.

    The *k* with ``P(share of mean -+ k sd >= share) = confidence``, integrated over the
    sample's mean (Odeh RE. Tables of two-sided tolerance factors for a normal distribution.
    Commun Stat Simul Comput 1978;7:183-201; ISO 16269-6).

    Raises
    ------
    SettingsError
        If `share` or `confidence` is not between 0 and 1, or `count` is below 2.
    """
    if not (0.0 < share < 1.0 and 0.0 < confidence < 1.0 and count >= 2):
        raise SettingsError(
            f"{_DOING}: share and confidence must lie between 0 and 1 and there must be at least 2 "
            f"pairs, found {share}, {confidence} and {count}."
        )
    freedom, root = count - 1, math.sqrt(count)

    def reach(offset: float) -> float:
        """The least half width that holds the share, with the mean off by `offset` sd."""
        return float(
            optimize.brentq(
                lambda k: stats.norm.cdf(offset + k) - stats.norm.cdf(offset - k) - share,
                0.0,
                offset + 40.0,
            )
        )

    # Gauss-Legendre nodes once: the half widths do not depend on the factor.
    nodes, weights = np.polynomial.legendre.leggauss(64)
    offsets = 4.0 * (nodes + 1.0) / root
    reaches = [reach(float(offset)) for offset in offsets]
    density = 2.0 * stats.norm.pdf(offsets * root) * root * weights * 4.0 / root

    def missing(k: float) -> float:
        inside = stats.chi2.sf([freedom * (r / k) ** 2 for r in reaches], freedom)
        return float(density @ inside) - confidence

    return float(optimize.brentq(missing, 0.1, 1e5))
