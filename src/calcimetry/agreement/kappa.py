"""Kappa: agreement in categories beyond chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from calcimetry.agreement.pairs import NORMAL_95, Floats, at_least
from calcimetry.errors import InputError, NotMeasurable
from calcimetry.model import Interval

#: What a disagreement costs: as much whatever it is, its distance, or the distance squared.
KappaWeights = Literal["none", "linear", "quadratic"]
_DOING = "Computing kappa"


@dataclass(frozen=True, slots=True)
class Kappa:
    """Cohen's kappa.

    Parameters
    ----------
    coefficient : float
        1 is perfect agreement, 0 what chance would give.
    interval : Interval
        95%, asymptotic.
    standard_error : float
        Not supposing that kappa is 0.
    observed, expected : float
        Weighted agreement that was found, and that chance would give.
    table : tuple of tuple of int
        Counts, rows for a and columns for b, in the order of `categories`.
    categories : tuple of str
        In order.
    """

    coefficient: float
    interval: Interval
    standard_error: float
    observed: float
    expected: float
    table: tuple[tuple[int, ...], ...]
    categories: tuple[str, ...]


def kappa(
    a: Sequence[object],
    b: Sequence[object],
    categories: Sequence[object] | None = None,
    weights: KappaWeights = "none",
) -> Kappa:
    """Cohen's kappa of two raters, weighted or not.

    Cohen J. Educ Psychol Meas 1960;20:37-46; Psychol Bull 1968;70:213-220. The standard
    error is that of Fleiss JL, Cohen J, Everitt BS. Large sample standard errors of kappa
    and weighted kappa. Psychol Bull 1969;72:323-327.

    Parameters
    ----------
    a, b : sequence, length n
        The category that either rater gave each thing.
    categories : sequence, optional
        All categories in their order, which weights need; where None, those that occur,
        sorted.
    weights : {"none", "linear", "quadratic"}
        What a disagreement costs, by how many categories apart it is.

    Returns
    -------
    Kappa
        With the table of counts.

    Raises
    ------
    InputError
        If both are not equally long, or a category occurs that is not listed.
    NotMeasurable
        If there are fewer than two things, or both raters always gave one and the same
        category.

    Examples
    --------
    >>> round(kappa("AABBAB", "AABBBB").coefficient, 3)
    0.667
    """
    first, second = [str(one) for one in a], [str(one) for one in b]
    if len(first) != len(second):
        raise InputError(
            f"{_DOING}: pairs are needed, found {len(first)} and {len(second)} values."
        )
    at_least(2, len(first), _DOING)
    seen = {*first, *second}
    names = sorted(seen) if categories is None else [str(one) for one in categories]
    unknown = sorted(seen - set(names))
    if unknown:
        raise InputError(
            f"{_DOING}: categories {', '.join(names)} were given, found also {', '.join(unknown)}."
        )
    place = {name: number for number, name in enumerate(names)}
    counts = np.zeros((len(names), len(names)))
    np.add.at(counts, ([place[one] for one in first], [place[one] for one in second]), 1.0)
    return _cohen(counts, tuple(names), _agreement(len(names), weights))


def _agreement(categories: int, weights: KappaWeights) -> Floats:
    """What each pair of categories counts as agreement, 1 for the same."""
    apart = np.abs(np.subtract.outer(np.arange(categories), np.arange(categories)))
    if weights == "none":
        return np.eye(categories)
    power = 1 if weights == "linear" else 2
    return np.asarray(1.0 - (apart / max(categories - 1, 1)) ** power, dtype=np.float64)


def _cohen(counts: Floats, names: tuple[str, ...], weight: Floats) -> Kappa:
    total = float(counts.sum())
    share = counts / total
    rows, columns = share.sum(axis=1), share.sum(axis=0)
    observed = float(np.sum(weight * share))
    expected = float(np.sum(weight * np.outer(rows, columns)))
    if expected >= 1.0 - 1e-12:
        raise NotMeasurable(
            f"{_DOING}: both raters gave all {int(total)} things the same category "
            f"({names[int(np.argmax(rows))]}), so chance alone would give full agreement."
        )
    coefficient = (observed - expected) / (1.0 - expected)
    by_row, by_column = weight @ columns, rows @ weight
    mean_weight = by_row[:, None] + by_column
    spread = float(np.sum(share * (weight - mean_weight * (1.0 - coefficient)) ** 2))
    spread -= (coefficient - expected * (1.0 - coefficient)) ** 2
    error = math.sqrt(max(spread, 0.0) / total) / (1.0 - expected)
    half = NORMAL_95 * error
    return Kappa(
        coefficient,
        Interval(coefficient - half, min(coefficient + half, 1.0)),
        error,
        observed,
        expected,
        tuple(tuple(int(one) for one in row) for row in counts),
        names,
    )
