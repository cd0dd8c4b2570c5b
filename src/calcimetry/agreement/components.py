"""Variance between and within subjects."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from calcimetry.agreement.pairs import at_least, grouped, paired, varying
from calcimetry.errors import NotMeasurable

_DOING = "Splitting variance between and within subjects"


@dataclass(frozen=True, slots=True)
class Components:
    """A mean, its standard error, and the two variances about it."""

    mean: float
    standard_error: float
    between: float
    within: float

    @property
    def total(self) -> float:
        """Variance of a single value."""
        return self.between + self.within


def variance_components(values: ArrayLike, subjects: Sequence[object]) -> Components:
    """Fit ``value = mean + subject + rest`` by restricted maximum likelihood (REML).

    With the ratio *q* of the variances given, mean and variances have closed forms; the
    restricted likelihood is then maximised over *q* >= 0 alone (Searle SR, Casella G,
    McCulloch CE. Variance Components, 1992, section 6.6).

    Parameters
    ----------
    values : array_like, shape (n,)
        In one unit.
    subjects : sequence, length n
        Whose value each is.

    Returns
    -------
    Components
        `between` is 0 where subjects differ no more than chance makes them.

    Raises
    ------
    InputError
        If both are not equally long, or a value is not finite.
    NotMeasurable
        If there are fewer than two subjects, none with two values, or all values are the
        same, for each subject at least.

    Examples
    --------
    >>> found = variance_components([1, 3, 6, 8, 10, 12], ["P", "P", "Q", "Q", "R", "R"])
    >>> round(found.mean, 3), round(found.between, 3), round(found.within, 3)
    (6.667, 19.333, 2.0)
    """
    given, _ = paired(values, values, _DOING)
    owner, count = grouped(subjects, given.size, _DOING)
    at_least(2, count, _DOING, "subjects")
    varying(given, "the series", _DOING)
    sizes = np.bincount(owner).astype(np.float64)
    means = np.bincount(owner, weights=given) / sizes
    inside = float(np.sum((given - means[owner]) ** 2))
    if given.size == count or inside <= 1e-20 * float(np.sum(given**2)):
        raise NotMeasurable(
            f"{_DOING}: a subject with at least 2 values that differ is needed, found none among "
            f"{count} subjects."
        )
    freedom = given.size - 1

    def parts(ratio: float) -> tuple[float, float, float]:
        """Mean, its information, and the residual sum of squares for a ratio of variances."""
        weights = sizes / (1.0 + ratio * sizes)
        mean = float(np.sum(weights * means) / np.sum(weights))
        return mean, float(weights.sum()), inside + float(np.sum(weights * (means - mean) ** 2))

    def loss(ratio: float) -> float:
        _, information, square = parts(ratio)
        return (
            freedom * math.log(square)
            + float(np.sum(np.log1p(ratio * sizes)))
            + math.log(information)
        )

    best = optimize.minimize_scalar(
        lambda logarithm: loss(math.exp(logarithm)),
        bounds=(-16.0, 16.0),
        method="bounded",
        options={"xatol": 1e-10},
    )
    ratio = math.exp(float(best.x))
    if loss(0.0) <= loss(ratio):
        ratio = 0.0
    mean, information, square = parts(ratio)
    within = square / freedom
    return Components(mean, math.sqrt(within / information), ratio * within, within)
