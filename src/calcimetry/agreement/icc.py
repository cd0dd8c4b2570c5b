"""Intraclass correlation: the six of Shrout and Fleiss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from calcimetry.agreement.pairs import at_least, rated
from calcimetry.errors import NotMeasurable
from calcimetry.model import Interval

#: McGraw and Wong's names: one-way, agreement, consistency; of one rater or the mean of all.
IccKind = Literal["ICC(1)", "ICC(A,1)", "ICC(C,1)", "ICC(k)", "ICC(A,k)", "ICC(C,k)"]
_DOING = "Computing the intraclass correlation"
_SHROUT_FLEISS: dict[IccKind, str] = {
    "ICC(1)": "ICC(1,1)",
    "ICC(A,1)": "ICC(2,1)",
    "ICC(C,1)": "ICC(3,1)",
    "ICC(k)": "ICC(1,k)",
    "ICC(A,k)": "ICC(2,k)",
    "ICC(C,k)": "ICC(3,k)",
}


@dataclass(frozen=True, slots=True)
class MeanSquares:
    """The two-way analysis of variance of things by raters, one value in each cell."""

    rows: float
    columns: float
    error: float
    within: float
    things: int
    raters: int


@dataclass(frozen=True, slots=True)
class Icc:
    """One intraclass correlation.

    Parameters
    ----------
    name : str
        After McGraw and Wong.
    shrout_fleiss : str
        The same after Shrout and Fleiss.
    coefficient : float
        At most 1.
    interval : Interval
        95%, from F distributions.
    f, p : float
        Test that it is 0.
    """

    name: IccKind
    shrout_fleiss: str
    coefficient: float
    interval: Interval
    f: float
    p: float


def mean_squares(values: ArrayLike) -> MeanSquares:
    """Analysis of variance of a table of things (rows) by raters (columns).

    Raises
    ------
    InputError
        If it is no table of two columns or more, or a value is not finite.
    NotMeasurable
        If there are fewer than two things.
    """
    table = rated(values, _DOING)
    things, raters = table.shape
    at_least(2, things, _DOING, "things that were measured")
    grand, rows, columns = table.mean(), table.mean(axis=1), table.mean(axis=0)
    between = raters * float(np.sum((rows - grand) ** 2))
    of_raters = things * float(np.sum((columns - grand) ** 2))
    rest = float(np.sum((table - rows[:, None] - columns + grand) ** 2))
    within = float(np.sum((table - rows[:, None]) ** 2))
    return MeanSquares(
        between / (things - 1),
        of_raters / (raters - 1),
        rest / ((things - 1) * (raters - 1)),
        within / (things * (raters - 1)),
        things,
        raters,
    )


def intraclass_correlations(values: ArrayLike) -> dict[IccKind, Icc]:
    """All six intraclass correlations, with intervals from F distributions.

    Shrout PE, Fleiss JL. Intraclass correlations. Psychol Bull 1979;86:420-428; names and
    the interval of ICC(A,1) as in McGraw KO, Wong SP. Forming inferences about some
    intraclass correlation coefficients. Psychol Methods 1996;1:30-46 (corrected 1:390).
    For two methods to compare, ICC(A,1): single measurements, systematic differences count.

    Parameters
    ----------
    values : array_like, shape (things, raters)
        No cell empty, in one unit.

    Returns
    -------
    dict
        By McGraw and Wong's name.

    Raises
    ------
    InputError
        If it is no table of two columns or more, or a value is not finite.
    NotMeasurable
        If there are fewer than two things, they do not differ, or raters agree without any
        rest (the F ratios are then infinite).

    Examples
    --------
    >>> scores = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6]]
    >>> scores += [[10, 5, 6, 9], [6, 2, 4, 7]]
    >>> round(intraclass_correlations(scores)["ICC(A,1)"].coefficient, 2)
    0.29
    """
    squares = mean_squares(values)
    n, k = squares.things, squares.raters
    rows, columns, error, within = squares.rows, squares.columns, squares.error, squares.within
    if rows == 0.0 or error <= 1e-24 * rows:
        raise NotMeasurable(
            f"{_DOING}: things must differ and raters must scatter, found mean squares of {rows:g} "
            f"between things and {error:g} of error."
        )
    single = (rows - error) / (rows + (k - 1) * error + k * (columns - error) / n)
    mean = (rows - error) / (rows + (columns - error) / n)
    low, high = _agreement_interval(squares, single)
    one_way = _f_interval(rows / within, n - 1, n * (k - 1))
    two_way = _f_interval(rows / error, n - 1, (n - 1) * (k - 1))
    rows_test = (rows / error, float(stats.f.sf(rows / error, n - 1, (n - 1) * (k - 1))))
    one_test = (rows / within, float(stats.f.sf(rows / within, n - 1, n * (k - 1))))
    found: dict[IccKind, tuple[float, Interval, tuple[float, float]]] = {
        "ICC(1)": (
            (rows - within) / (rows + (k - 1) * within),
            Interval(*((f - 1.0) / (f + k - 1.0) for f in one_way)),
            one_test,
        ),
        "ICC(A,1)": (single, Interval(low, high), rows_test),
        "ICC(C,1)": (
            (rows - error) / (rows + (k - 1) * error),
            Interval(*((f - 1.0) / (f + k - 1.0) for f in two_way)),
            rows_test,
        ),
        "ICC(k)": (
            (rows - within) / rows,
            Interval(*(1.0 - 1.0 / f for f in one_way)),
            one_test,
        ),
        "ICC(A,k)": (mean, Interval(_stepped_up(low, k), _stepped_up(high, k)), rows_test),
        "ICC(C,k)": (
            (rows - error) / rows,
            Interval(*(1.0 - 1.0 / f for f in two_way)),
            rows_test,
        ),
    }
    return {
        name: Icc(name, _SHROUT_FLEISS[name], coefficient, interval, *test)
        for name, (coefficient, interval, test) in found.items()
    }


def _f_interval(f: float, upper: int, lower: int) -> tuple[float, float]:
    return (
        f / float(stats.f.ppf(0.975, upper, lower)),
        f * float(stats.f.ppf(0.975, lower, upper)),
    )


def _agreement_interval(squares: MeanSquares, icc: float) -> tuple[float, float]:
    """Satterthwaite's approximation, as McGraw and Wong give it (1996, table 7)."""
    n, k = squares.things, squares.raters
    rows, columns, error = squares.rows, squares.columns, squares.error
    a = k * icc / (n * (1.0 - icc))
    b = 1.0 + k * icc * (n - 1) / (n * (1.0 - icc))
    freedom = (a * columns + b * error) ** 2 / (
        (a * columns) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1))
    )
    noise = k * columns + (k * n - k - n) * error
    f_low = float(stats.f.ppf(0.975, n - 1, freedom))
    f_high = float(stats.f.ppf(0.975, freedom, n - 1))
    low = n * (rows - f_low * error) / (f_low * noise + n * rows)
    high = n * (f_high * rows - error) / (noise + n * f_high * rows)
    return low, high


def _stepped_up(icc: float, raters: int) -> float:
    """Spearman and Brown: from one rater to the mean of several."""
    return raters * icc / (1.0 + (raters - 1) * icc)
