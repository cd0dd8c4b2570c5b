"""How far measurements of the same thing scatter: repeatability and reproducibility."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from calcimetry.agreement.icc import mean_squares
from calcimetry.agreement.pairs import at_least, rated
from calcimetry.model import Interval

_DOING = "Computing repeatability"
#: Two measurements of the same thing differ by less than this many standard deviations, 95 of
#: 100 times.
_DIFFERENCE = 1.96 * math.sqrt(2.0)


@dataclass(frozen=True, slots=True)
class Repeatability:
    """Scatter of measurements of the same things.

    Parameters
    ----------
    within_sd : float
        Standard deviation of measurements of the same thing (its bias between raters, if
        columns are raters, included); also the standard error of measurement (SEM).
    within_sd_interval : Interval
        95%, from the chi-squared distribution.
    coefficient : float
        Repeatability coefficient, 2.77 within-subject standard deviations; where columns are
        raters, the reproducibility coefficient.
    coefficient_interval : Interval
        95%.
    consistent_sd, detectable_change : float
        Scatter without what raters differ by on average, and 2.77 times that: the minimal
        detectable change at 95% (MDC95) if one rater reads both visits.
    cv : float or None
        Within-subject coefficient of variation in percent, by logarithms; None where a value
        is not positive.
    things, raters : int
        Rows and columns.
    """

    within_sd: float
    within_sd_interval: Interval
    coefficient: float
    coefficient_interval: Interval
    consistent_sd: float
    detectable_change: float
    cv: float | None
    things: int
    raters: int

    @property
    def not_measured(self) -> dict[str, str]:
        """Why a number is None, by its name."""
        if self.cv is not None:
            return {}
        return {"cv": "a coefficient of variation needs positive values, and a value is not"}


def repeatability(values: ArrayLike) -> Repeatability:
    """Scatter of several measurements of each thing.

    Bland JM, Altman DG. Measurement error. BMJ 1996;313:744; Measurement error proportional to
    the mean. BMJ 1996;313:106 (the coefficient of variation by logarithms: ``exp(s) - 1``
    for s the within-subject standard deviation of natural logarithms); Beckerman H et al.
    Smallest real difference. Qual Life Res 2001;10:571-578.

    Parameters
    ----------
    values : array_like, shape (things, measurements)
        No cell empty, in one unit. Columns are repetitions or raters.

    Returns
    -------
    Repeatability
        In the unit of `values`.

    Raises
    ------
    InputError
        If it is no table of two columns or more, or a value is not finite.
    NotMeasurable
        If there are fewer than two things.

    Examples
    --------
    >>> found = repeatability([[10, 12], [20, 19], [30, 31]])
    >>> round(found.within_sd, 3), round(found.coefficient, 2)
    (1.0, 2.77)
    """
    table = rated(values, _DOING)
    at_least(2, table.shape[0], _DOING, "things that were measured")
    squares = mean_squares(table)
    freedom = squares.things * (squares.raters - 1)
    sd = math.sqrt(squares.within)
    low, high = (
        sd * math.sqrt(freedom / float(stats.chi2.ppf(q, freedom))) for q in (0.975, 0.025)
    )
    cv = None
    if table.min() > 0.0:
        cv = 100.0 * math.expm1(math.sqrt(mean_squares(np.log(table)).within))
    consistent = math.sqrt(squares.error)
    return Repeatability(
        sd,
        Interval(low, high),
        _DIFFERENCE * sd,
        Interval(_DIFFERENCE * low, _DIFFERENCE * high),
        consistent,
        _DIFFERENCE * consistent,
        cv,
        squares.things,
        squares.raters,
    )
