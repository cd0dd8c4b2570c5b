"""Statistics of weighted pairs, of many sets of weights at once: what a bootstrap repeats.

Each takes `values`, shape (n, k), and `weights`, shape (sets, n), how often each row counts in each
set (whole numbers, as a bootstrap draws them), and gives one value for each set, shape (sets,).
With all weights 1 it is the statistic itself. Where a set leaves it undefined the value is NaN,
which the bootstrap leaves out and counts; no NaN ever gets further.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from calcimetry.agreement.pairs import Floats

#: A statistic of (values, weights); see this module's own words.
WeightedStatistic = Callable[[Floats, Floats], Floats]


def _moments(
    values: Floats, weights: Floats
) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats]:
    """Number, means, variances and covariance (of the population) of two columns."""
    # Centred first: sums of squares of large values would lose their digits.
    middle = values.mean(axis=0)
    a, b = (values - middle).T
    sums = weights @ np.column_stack([np.ones_like(a), a, b, a * a, b * b, a * b])
    count = sums[:, 0]
    mean_a, mean_b, aa, bb, ab = (sums[:, 1:] / count[:, None]).T
    # What is nothing but rounding is nothing.
    spread_a, spread_b = (
        np.where(whole - part > 1e-12 * whole, whole - part, 0.0)
        for whole, part in ((aa, mean_a**2), (bb, mean_b**2))
    )
    return count, mean_a + middle[0], mean_b + middle[1], spread_a, spread_b, ab - mean_a * mean_b


def concordance(values: Floats, weights: Floats) -> Floats:
    """Lin's CCC of the two columns, as `calcimetry.agreement.concordance.concordance`."""
    _, mean_a, mean_b, var_a, var_b, cov = _moments(values, weights)
    shift = np.where(np.abs(mean_a - mean_b) > 1e-14 * np.abs(values).max(), mean_a - mean_b, 0.0)
    return _divided(2.0 * cov, var_a + var_b + shift**2)


def pearson(values: Floats, weights: Floats) -> Floats:
    """Pearson's r of the two columns."""
    *_, var_a, var_b, cov = _moments(values, weights)
    return _divided(cov, np.sqrt(var_a * var_b))


def bias(values: Floats, weights: Floats) -> Floats:
    """Mean of a - b."""
    middle, _ = _spread(values, weights)
    return middle


def lower_limit(values: Floats, weights: Floats) -> Floats:
    """Lower limit of agreement of a - b."""
    middle, spread = _spread(values, weights)
    return middle - 1.96 * spread


def upper_limit(values: Floats, weights: Floats) -> Floats:
    """Upper limit of agreement of a - b."""
    middle, spread = _spread(values, weights)
    return middle + 1.96 * spread


def within(values: Floats, weights: Floats) -> Floats:
    """Total deviation index: what 95% of normal differences stay below in size."""
    middle, spread = _spread(values, weights)
    shift = np.abs(middle) / np.where(spread > 0.0, spread, np.inf)
    low, high = np.zeros_like(shift), shift + 10.0
    for _ in range(50):
        k = (low + high) / 2.0
        holds = stats.norm.cdf(k - shift) - stats.norm.cdf(-k - shift) > 0.95
        low, high = np.where(holds, low, k), np.where(holds, k, high)
    return np.where(spread > 0.0, spread * high, np.abs(middle))


def bias_slope(values: Floats, weights: Floats) -> Floats:
    """Slope of a - b on the mean of both, as `calcimetry.agreement.trend.trend`."""
    *_, var_a, var_b, cov = _moments(values, weights)
    # Twice the variance of the mean of both; nothing where a and b are mirror images.
    mean = (var_a + var_b) / 2.0 + cov
    return _divided(var_a - var_b, np.where(mean > 1e-12 * (var_a + var_b), mean, 0.0))


def scatter_slope(values: Floats, weights: Floats) -> Floats:
    """Slope of the size of what the line of `bias_slope` leaves, on the mean of both."""
    difference, mean = values[:, 0] - values[:, 1], values.mean(axis=1)
    slope = bias_slope(values, weights)
    total = weights.sum(axis=1)
    centre = weights @ mean / total
    height = weights @ difference / total
    rest = np.abs(difference - height[:, None] - slope[:, None] * (mean[None, :] - centre[:, None]))
    off = mean[None, :] - centre[:, None]
    return _divided(np.sum(weights * off * rest, axis=1), np.sum(weights * off**2, axis=1))


def icc_agreement(values: Floats, weights: Floats) -> Floats:
    """ICC(A,1) of two or more columns, as `calcimetry.agreement.icc`."""
    raters = values.shape[1]
    middle = values.mean()
    table = values - middle
    count = weights.sum(axis=1)
    of_rows, of_columns = table.mean(axis=1), weights @ table / count[:, None]
    grand = of_columns.mean(axis=1)
    squares = weights @ np.sum(table**2, axis=1)
    rows = raters * (weights @ of_rows**2 - count * grand**2)
    columns = count * np.sum((of_columns - grand[:, None]) ** 2, axis=1)
    error = squares - raters * count * grand**2 - rows - columns
    rows, columns = rows / (count - 1), columns / (raters - 1)
    error = np.maximum(error, 0.0) / ((count - 1) * (raters - 1))
    return _divided(rows - error, rows + (raters - 1) * error + raters * (columns - error) / count)


def spearman(values: Floats, weights: Floats) -> Floats:
    """Spearman's rho of the two columns, ties at their mean rank."""
    ranks = [_ranks(column, weights) for column in values.T]
    total = weights.sum(axis=1)
    a, b = (one - (np.sum(weights * one, axis=1) / total)[:, None] for one in ranks)
    return _divided(
        np.sum(weights * a * b, axis=1),
        np.sqrt(np.sum(weights * a * a, axis=1) * np.sum(weights * b * b, axis=1)),
    )


def kendall(values: Floats, weights: Floats) -> Floats:
    """Kendall's tau-b of the two columns."""
    a, b = (np.sign(column[:, None] - column) for column in values.T)
    shared, of_a, of_b = (
        np.sum((weights @ one) * weights, axis=1) for one in (a * b, a * a, b * b)
    )
    return _divided(shared, np.sqrt(of_a * of_b))


def deming_slope(values: Floats, weights: Floats) -> Floats:
    """Slope of Deming's line of the second column on the first, errors of one size."""
    *_, var_a, var_b, cov = _moments(values, weights)
    gap = var_b - var_a
    cov = np.where(np.abs(cov) > 1e-14 * np.sqrt(var_a * var_b), cov, 0.0)
    return _divided(gap + np.sqrt(gap**2 + 4.0 * cov**2), 2.0 * cov)


#: By the name that results give them.
STATISTICS: Mapping[str, WeightedStatistic] = {
    "concordance": concordance,
    "pearson": pearson,
    "spearman": spearman,
    "kendall": kendall,
    "bias": bias,
    "lower_limit": lower_limit,
    "upper_limit": upper_limit,
    "within": within,
    "bias_slope": bias_slope,
    "scatter_slope": scatter_slope,
    "icc_agreement": icc_agreement,
    "deming_slope": deming_slope,
}

#: Those between -1 and 1.
CORRELATIONS = frozenset({"concordance", "pearson", "spearman", "kendall", "icc_agreement"})


def on_z(statistic: WeightedStatistic) -> WeightedStatistic:
    """The statistic on Fisher's z scale; undefined where it is -1 or 1."""

    def transformed(values: Floats, weights: Floats) -> Floats:
        found = statistic(values, weights)
        inside = np.abs(found) < 1.0 - 1e-12
        return np.where(inside, np.arctanh(np.where(inside, found, 0.0)), np.nan)

    return transformed


def leaving_out(owner: NDArray[np.intp], count: int) -> Floats:
    """Weights that leave out each cluster in turn, shape (clusters, rows)."""
    left = np.ones((count, owner.size))
    left[owner, np.arange(owner.size)] = 0.0
    return left


def row_by_row(statistic: Callable[[Floats], float]) -> WeightedStatistic:
    """Make a weighted statistic of any function of a table: rows repeated, one set at a time."""

    def repeated(values: Floats, weights: Floats) -> Floats:
        counts = np.rint(weights).astype(np.intp)
        return np.array([statistic(np.repeat(values, one, axis=0)) for one in counts])

    return repeated


def _spread(values: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation (n - 1) of a - b."""
    difference = values[:, 0] - values[:, 1]
    middle = float(difference.mean())
    centred = difference - middle
    total = weights.sum(axis=1)
    mean = weights @ centred / total
    square = np.maximum(weights @ centred**2 - total * mean**2, 0.0)
    return mean + middle, np.sqrt(square / np.where(total > 1, total - 1, np.nan))


def _ranks(column: Floats, weights: Floats) -> Floats:
    """Mean rank of each value where every value counts as often as its weight says."""
    _, place = np.unique(column, return_inverse=True)
    heaps = np.zeros((weights.shape[0], int(place.max()) + 1))
    np.add.at(heaps.T, place, weights.T)
    ends = np.cumsum(heaps, axis=1)
    return np.asarray((ends - heaps / 2.0 + 0.5)[:, place], dtype=np.float64)


def _divided(top: Floats, bottom: Floats) -> Floats:
    safe = np.abs(bottom) > 1e-300
    return np.where(safe, top / np.where(safe, bottom, 1.0), np.nan)
