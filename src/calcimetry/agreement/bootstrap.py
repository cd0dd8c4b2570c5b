"""Intervals for any statistic where images of one patient are no independent evidence."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from calcimetry.agreement.pairs import Floats, at_least, grouped, rated
from calcimetry.agreement.weighted import (
    CORRELATIONS,
    WeightedStatistic,
    leaving_out,
    on_z,
)
from calcimetry.errors import NotMeasurable, SettingsError
from calcimetry.model import Interval

#: How the ends are found; see `clustered_bootstrap`.
BootstrapInterval = Literal["bca", "percentile", "studentised"]
#: Below so many patients resampling them no longer shows how patients differ.
FEW_CLUSTERS = 10
_DOING = "Drawing patients anew"
#: Drawn at once by one thread; fixed, so that results do not depend on how many threads there are.
_CHUNK = 500
#: Numbers that one chunk may hold at a time, some 80 MB.
_MOST_NUMBERS = 10_000_000
#: So many resamples may leave a statistic undefined.
_MOST_UNDEFINED = 0.05


@dataclass(frozen=True, slots=True)
class Resampled:
    """A statistic and its interval from drawing whole clusters.

    Parameters
    ----------
    value : float
        Of all rows.
    interval : Interval
        95%.
    kind : {"bca", "percentile", "studentised"}
        How its ends were found.
    standard_error : float
        Standard deviation over resamples.
    rows, clusters, resamples : int
        What it rests on.
    undefined : int
        Resamples that left the statistic undefined, and were left out.
    """

    value: float
    interval: Interval
    kind: BootstrapInterval
    standard_error: float
    rows: int
    clusters: int
    resamples: int
    undefined: int

    @property
    def warning(self) -> str:
        """What stands against the interval; empty where nothing does."""
        if self.clusters >= FEW_CLUSTERS:
            return ""
        return (
            f"intervals rest on {self.clusters} patients; fewer than {FEW_CLUSTERS} say little, "
            "and intervals by the bootstrap are then too narrow"
        )


def clustered_bootstrap(
    values: ArrayLike,
    clusters: Sequence[object] | None,
    statistics: Mapping[str, WeightedStatistic],
    rng: np.random.Generator,
    resamples: int = 10_000,
    kind: BootstrapInterval = "bca",
    workers: int = 1,
    on_progress: Callable[[int, int], None] | None = None,
    correlations: Collection[str] = CORRELATIONS,
) -> dict[str, Resampled]:
    """Intervals from drawing whole clusters with replacement, each with all its rows.

    Davison AC, Hinkley DV. Bootstrap Methods and Their Application, 1997, section 3.8; Field
    CA, Welsh AH. Bootstrapping clustered data. J R Stat Soc B 2007;69:369-390. "percentile":
    percentiles 2.5 and 97.5 of the resamples. "bca": corrected for bias and for
    acceleration, the latter by the jackknife over clusters (Efron B. Better bootstrap
    confidence intervals. J Am Stat Assoc 1987;82:171-185). "studentised": each resample's
    deviation over its own standard error, by the jackknife over its clusters (Davison and
    Hinkley, section 2.4), of correlations on Fisher's z scale. All
    statistics are taken of the same resamples. Chunks have generators of their own, so one seed
    gives one result on any number of threads.

    Parameters
    ----------
    values : array_like, shape (rows, columns)
        One row for each image, one column for each method.
    clusters : sequence or None
        Whose row each is; None where every row is its own cluster.
    statistics : mapping
        What to compute, by name: of `calcimetry.agreement.weighted.STATISTICS`, or what
        `row_by_row` makes of a function.
    rng : numpy.random.Generator
        Draws the clusters.
    resamples : int
        How often they are drawn, at least 100.
    kind : {"bca", "percentile", "studentised"}
        See above.
    workers : int
        Threads.
    on_progress : callable, optional
        Called with the number of resamples done and of all.
    correlations : collection of str
        Names of statistics between -1 and 1, which "studentised" treats on Fisher's z scale.

    Returns
    -------
    dict
        By the names of `statistics`.

    Raises
    ------
    InputError
        If `values` is no table of two columns, a value is not finite, or there are not as
        many clusters as rows.
    NotMeasurable
        If there are fewer than two clusters, the statistic is undefined, or more than one
        resample in twenty leaves it so.
    SettingsError
        If `resamples` is below 100.

    Examples
    --------
    >>> from calcimetry.agreement.weighted import bias
    >>> table = [[3, 1], [4, 3], [9, 5], [6, 6], [8, 5]]
    >>> found = clustered_bootstrap(table, "PPQRS", {"bias": bias}, np.random.default_rng(1))
    >>> found["bias"].value, found["bias"].clusters
    (2.0, 4)
    """
    table = rated(values, _DOING)
    if resamples < 100:
        raise SettingsError(f"{_DOING}: at least 100 resamples are needed, found {resamples}.")
    rows = table.shape[0]
    owner, count = grouped(range(rows) if clusters is None else clusters, rows, _DOING)
    at_least(2, count, _DOING, "patients to tell how much patients differ")
    turned = set(correlations) if kind == "studentised" else set()
    used = {name: on_z(one) if name in turned else one for name, one in statistics.items()}
    best = {name: float(one(table, np.ones((1, rows)))[0]) for name, one in used.items()}
    for name, value in best.items():
        if not math.isfinite(value):
            raise NotMeasurable(f"{_DOING}: {name} is undefined for all {rows} rows.")
    draws = _draw(table, owner, used, rng, resamples, kind, workers, on_progress)
    result = {}
    for name, statistic in used.items():
        drawn, errors = draws[name]
        usable = np.isfinite(drawn) & np.isfinite(errors) & (errors > 0.0)
        undefined = int(np.count_nonzero(~usable))
        if undefined > _MOST_UNDEFINED * resamples:
            raise NotMeasurable(
                f"{_DOING}: {name} is undefined in {undefined} of {resamples} resamples, too many "
                f"to tell an interval. {count} patients with these values are too few for it."
            )
        jackknife = statistic(table, leaving_out(owner, count))
        ends = _ends(best[name], drawn[usable], errors[usable], kind, jackknife)
        back = np.tanh if name in turned else np.asarray
        result[name] = Resampled(
            float(back(best[name])),
            Interval(*(float(back(end)) for end in ends)),
            kind,
            float(back(drawn[usable]).std(ddof=1)),
            rows,
            count,
            resamples,
            undefined,
        )
    return result


def _draw(
    table: Floats,
    owner: NDArray[np.intp],
    statistics: Mapping[str, WeightedStatistic],
    rng: np.random.Generator,
    resamples: int,
    kind: BootstrapInterval,
    workers: int,
    on_progress: Callable[[int, int], None] | None,
) -> dict[str, tuple[Floats, Floats]]:
    """Each statistic of every resample, and its standard error (1 where nobody needs it)."""
    count = int(owner.max()) + 1
    sizes = [min(_CHUNK, resamples - start) for start in range(0, resamples, _CHUNK)]

    def chunk(task: tuple[np.random.Generator, int]) -> dict[str, tuple[Floats, Floats]]:
        own, size = task
        counts = own.multinomial(count, np.full(count, 1.0 / count), size=size)
        weights = counts[:, owner].astype(np.float64)
        return {
            name: (
                one(table, weights),
                _errors(one, table, counts, owner) if kind == "studentised" else np.ones(size),
            )
            for name, one in statistics.items()
        }

    found = []
    with ThreadPoolExecutor(max(workers, 1)) as pool:
        run = pool.map if workers > 1 else map
        for part in run(chunk, zip(rng.spawn(len(sizes)), sizes, strict=True)):
            found.append(part)
            if on_progress is not None:
                on_progress(sum(sizes[: len(found)]), resamples)
    return {
        name: (
            np.concatenate([part[name][0] for part in found]),
            np.concatenate([part[name][1] for part in found]),
        )
        for name in statistics
    }


def _ends(
    best: float, drawn: Floats, errors: Floats, kind: BootstrapInterval, jackknife: Floats
) -> tuple[float, float]:
    if kind == "studentised":
        low, high = np.quantile((drawn - best) / errors, [0.025, 0.975])
        own = _jackknife_error(jackknife)
        return float(best - high * own), float(best - low * own)
    shares = _corrected(best, drawn, jackknife) if kind == "bca" else np.array([0.025, 0.975])
    low, high = np.quantile(drawn, shares)
    return float(low), float(high)


def _corrected(best: float, drawn: Floats, jackknife: Floats) -> Floats:
    """Efron's corrected percentiles; those of the plain interval where nothing varies."""
    off = jackknife[np.isfinite(jackknife)].mean() - jackknife[np.isfinite(jackknife)]
    square = float(np.sum(off**2))
    acceleration = float(np.sum(off**3)) / (6.0 * square**1.5) if square > 0.0 else 0.0
    below = np.count_nonzero(drawn < best) + np.count_nonzero(drawn == best) / 2.0
    share = min(max(below / drawn.size, 0.5 / drawn.size), 1.0 - 0.5 / drawn.size)
    shift = float(stats.norm.ppf(share))
    z = shift + stats.norm.ppf([0.025, 0.975])
    return np.asarray(stats.norm.cdf(shift + z / (1.0 - acceleration * z)), dtype=np.float64)


def _jackknife_error(values: Floats) -> float:
    values = values[np.isfinite(values)]
    count = values.size
    return math.sqrt((count - 1) / count * float(np.sum((values - values.mean()) ** 2)))


def _errors(
    statistic: WeightedStatistic, table: Floats, counts: NDArray[np.int64], owner: NDArray[np.intp]
) -> Floats:
    """Standard error of each resample, by leaving out one of its clusters at a time."""
    sets, clusters = counts.shape
    step = max(1, _MOST_NUMBERS // (clusters * table.shape[0]))
    found = np.empty(sets)
    once = np.eye(clusters, dtype=np.int64)
    for start in range(0, sets, step):
        part = counts[start : start + step]
        fewer = np.maximum(part[:, None, :] - once, 0).reshape(-1, clusters)
        values = statistic(table, fewer[:, owner].astype(np.float64)).reshape(part.shape)
        values = np.where(part > 0, values, 0.0)
        mean = np.sum(part * values, axis=1) / clusters
        square = np.sum(part * (values - mean[:, None]) ** 2, axis=1)
        found[start : start + step] = np.sqrt((clusters - 1) / clusters * square)
    return found
