"""Mean differences whose uncertainty comes from patients, not from images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from calcimetry.agreement.pairs import at_least, grouped, paired
from calcimetry.model import Interval

_DOING = "Comparing pairs by patient"


@dataclass(frozen=True, slots=True)
class ClusteredDifference:
    """A mean of paired differences a - b, its interval, and how much it rests on."""

    mean: float
    interval: Interval
    pairs: int
    patients: int


def clustered_difference(
    a: ArrayLike,
    b: ArrayLike,
    patients: Sequence[str],
    rng: np.random.Generator,
    resamples: int = 10_000,
) -> ClusteredDifference:
    """Mean of a - b over images, with an interval for other patients like these.

    Images of one patient resemble each other, so they are no independent evidence:
    whole patients are drawn with replacement, each with all its images, and the mean
    over the images drawn is taken anew (Davison AC, Hinkley DV. Bootstrap Methods and
    Their Application, 1997, section 3.8; Field CA, Welsh AH. Bootstrapping clustered
    data. J R Stat Soc B 2007;69:369-390). The 95% interval lies between
    percentiles 2.5 and 97.5 of these means. With few patients, below about ten, it is too narrow.

    Parameters
    ----------
    a, b : array_like, shape (n,)
        What two methods gave for the same images, in one unit.
    patients : sequence of str, length n
        Whose image each is.
    rng : numpy.random.Generator
        Draws the patients.
    resamples : int
        How often they are drawn.

    Returns
    -------
    ClusteredDifference
        In the unit of `a` and `b`.

    Raises
    ------
    InputError
        If the three are not equally long, or a value is not finite.
    NotMeasurable
        If there is no pair, or only one patient: nothing then tells how much patients
        differ.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> found = clustered_difference([3, 4, 5], [1, 2, 3], ["P1", "P1", "P2"], rng)
    >>> found.mean, found.interval, found.patients
    (2.0, Interval(low=2.0, high=2.0), 2)
    """
    first, second = paired(a, b, _DOING)
    owner, count = grouped(patients, first.size, _DOING)
    at_least(2, count, _DOING, "patients to tell how much patients differ")
    difference = first - second
    totals = np.bincount(owner, weights=difference)
    sizes = np.bincount(owner)
    drawn = rng.integers(count, size=(resamples, count))
    means = totals[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return ClusteredDifference(
        float(difference.mean()), Interval(float(low), float(high)), first.size, count
    )
