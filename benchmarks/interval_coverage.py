"""How often nominal 95% intervals hold the truth, on simulated readings.

    python benchmarks/interval_coverage.py [--data-sets 2000] [--results benchmarks/coverage.json]

Two raters read n images (10, 31, 100), once of n patients and once of 13 for every 31 images.
Readings are normal: a true value of standard deviation 1 (0.8 between, 0.6 within patients), errors
of 0.15 for either rater, and what rater b makes of a patient, 0.2, on top of a shift of 0.1. Each
setting is written when it is done: run again, the study goes on where it stopped.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
from scipy.stats import cauchy, t

from calcimetry.agreement.bootstrap import BootstrapInterval, clustered_bootstrap
from calcimetry.agreement.concordance import concord
from calcimetry.agreement.icc import intraclass_correlations
from calcimetry.agreement.jackknife import clustered_jackknife
from calcimetry.agreement.limits import limit_interval
from calcimetry.agreement.passing_bablok import passing_bablok
from calcimetry.agreement.rank import kendall, spearman
from calcimetry.agreement.regression import analytic_intervals, deming
from calcimetry.agreement.repeatability import repeatability
from calcimetry.agreement.repeated import limits_of_linked_pairs
from calcimetry.agreement.trend import trend
from calcimetry.agreement.weighted import STATISTICS
from calcimetry.errors import NotMeasurable
from calcimetry.model import Interval

BETWEEN, WITHIN, ERROR, INTERACTION, SHIFT = 0.8, 0.6, 0.15, 0.2, 0.1
IMAGES = (10, 31, 100)
#: Images of so many patients, as in the source paper.
PATIENTS_PER_IMAGE = 13 / 31
#: Beyond so many images the studentised bootstrap is left out: it takes too long here.
MOST_STUDENTISED = 31
RESAMPLES = {"bca": 1000, "percentile": 1000, "studentised": 400}
_TOGETHER = ("concordance", "bias", "upper_limit", "icc_agreement")
DRAWN: dict[BootstrapInterval, tuple[tuple[str, ...], ...]] = {
    "bca": (_TOGETHER, ("spearman",), ("deming_slope",)),
    "percentile": (_TOGETHER, ("spearman",), ("deming_slope",)),
    "studentised": (("concordance", "bias"),),
}

#: Makes intervals of readings and their patients.
Maker = Callable[[np.ndarray, np.ndarray, np.random.Generator], dict[str, Interval | None]]

TRUE = BETWEEN**2 + WITHIN**2
DIFFERENCE = math.sqrt(2 * ERROR**2 + INTERACTION**2)
VAR_A, VAR_B = TRUE + ERROR**2, TRUE + ERROR**2 + INTERACTION**2
R = TRUE / math.sqrt(VAR_A * VAR_B)
GAP = VAR_B - VAR_A
TRUTH = {
    "concordance": 2 * TRUE / (VAR_A + VAR_B + SHIFT**2),
    "bias": -SHIFT,
    "upper_limit": -SHIFT + 1.96 * DIFFERENCE,
    # ICC(A,1) of these two raters: their shift is half a difference each way.
    "icc_agreement": TRUE / ((VAR_A + VAR_B) / 2 + SHIFT**2 / 2),
    "spearman": 6 / math.pi * math.asin(R / 2),
    "kendall": 2 / math.pi * math.asin(R),
    "deming_slope": (GAP + math.sqrt(GAP**2 + 4 * TRUE**2)) / (2 * TRUE),
    "bias_slope": (VAR_A - VAR_B) / ((VAR_A + VAR_B) / 2 + TRUE),
    "within_sd": math.sqrt((DIFFERENCE**2 + SHIFT**2) / 2),
}


def passing_bablok_truth() -> float:
    """The slope that Passing and Bablok's shifted median has in the population.

    The slope of the line through two normal points is a Cauchy variable; the median m is shifted
    by those below -1: ``F(m) = 1/2 + F(-1)``.
    """
    ratio = math.sqrt(VAR_B / VAR_A)
    middle, width = R * ratio, ratio * math.sqrt(1 - R**2)
    return float(cauchy.ppf(0.5 + cauchy.cdf(-1, middle, width), middle, width))


TRUTH["passing_bablok_slope"] = passing_bablok_truth()


def draw(rng: np.random.Generator, images: int, patients: int) -> tuple[np.ndarray, np.ndarray]:
    """Readings of shape (images, 2), and the patient of each image."""
    owner = np.sort(np.concatenate([np.arange(patients), rng.integers(patients, size=images)]))
    owner = np.sort(rng.permutation(owner)[:images]) if patients < images else np.arange(images)
    truth = BETWEEN * rng.normal(size=images)[owner] + WITHIN * rng.normal(size=images)
    a = truth + ERROR * rng.normal(size=images)
    extra = INTERACTION * rng.normal(size=images)[owner]
    b = truth + extra + SHIFT + ERROR * rng.normal(size=images)
    return np.column_stack([a, b]), owner


def around_mean(mean: float, sd: float, count: int) -> Interval:
    """The t interval of a mean."""
    half = float(t.ppf(0.975, count - 1)) * sd / math.sqrt(count)
    return Interval(mean - half, mean + half)


def intervals(
    values: np.ndarray, owner: np.ndarray, rng: np.random.Generator
) -> dict[str, Interval | None]:
    """Every interval by "statistic, kind"."""
    a, b = values.T
    line, difference = deming(a, b), a - b
    bias, sd = float(difference.mean()), float(difference.std(ddof=1))
    found: dict[str, Interval | None] = {
        "concordance, asymptotic": concord(a, b).interval_asymptotic,
        "concordance, Fisher z": concord(a, b).interval_z,
        "bias, t": around_mean(bias, sd, len(a)),
        "icc_agreement, F": intraclass_correlations(values)["ICC(A,1)"].interval,
        "spearman, Fisher z": spearman(a, b).interval,
        "kendall, Fisher z": kendall(a, b).interval,
        "deming_slope, jackknife": line.slope_interval,
        "deming_slope, analytic": analytic_intervals(line, a, b)[0],
        "passing_bablok_slope, 1983": passing_bablok(a, b).slope_interval,
        "bias_slope, t": trend(a, b).bias.slope_interval,
        "within_sd, chi-squared": repeatability(values).within_sd_interval,
    }
    for kind in ("exact", "mover", "approximate", "simple"):
        found[f"upper_limit, {kind}"] = limit_interval(bias, sd, len(a), kind)
    with suppress(NotMeasurable):
        linked = limits_of_linked_pairs(a, b, list(owner))
        found["bias, linked t"] = linked.bias_interval
        found["upper_limit, linked MOVER"] = linked.upper_interval
    for kind, groups in DRAWN.items():
        if kind == "studentised" and len(a) > MOST_STUDENTISED:
            continue
        # Together where a resample leaves none of them undefined.
        for names in groups:
            some = {name: STATISTICS[name] for name in names}
            with suppress(NotMeasurable):
                drawn = clustered_bootstrap(values, list(owner), some, rng, RESAMPLES[kind], kind)
                found |= {f"{name}, {kind}": one.interval for name, one in drawn.items()}
    return found


def left_out_intervals(
    values: np.ndarray, owner: np.ndarray, _: np.random.Generator
) -> dict[str, Interval | None]:
    """Intervals from leaving out each patient in turn, by "statistic, kind"."""
    found: dict[str, Interval | None] = {}
    for name in (*_TOGETHER, "spearman", "kendall", "deming_slope", "bias_slope"):
        with suppress(NotMeasurable):
            one = clustered_jackknife(values, list(owner), {name: STATISTICS[name]})[name]
            found[f"{name}, patients left out"] = one.interval
    return found


#: What makes intervals, by one of their names.
MAKERS = {
    "concordance, Fisher z": intervals,
    "concordance, patients left out": left_out_intervals,
}


def study(maker: Maker, images: int, patients: int, data_sets: int) -> dict[str, float]:
    """Percent of data sets whose interval holds the truth, by "statistic, kind"."""
    rng = np.random.default_rng([images, patients])
    held: dict[str, list[bool]] = {}
    for _ in range(data_sets):
        values, owner = draw(rng, images, patients)
        for name, interval in maker(values, owner, rng).items():
            if interval is not None:
                truth = TRUTH[name.partition(",")[0]]
                held.setdefault(name, []).append(interval.low <= truth <= interval.high)
    return {name: round(100 * float(np.mean(each)), 2) for name, each in held.items()}


def report(results: dict[str, dict[str, float]], tell: Callable[[str], None] = print) -> None:
    """A table: intervals down, settings across; * where coverage is not 93 to 97%."""
    settings = list(results)
    tell(f"{'':34}" + "".join(f"{name:>14}" for name in settings))
    for name in dict.fromkeys(name for one in results.values() for name in one):
        cells = [results[setting].get(name) for setting in settings]
        marked = ["" if c is None else f"{c:.1f}{' ' if 93 <= c <= 97 else '*'}" for c in cells]
        tell(f"{name:34}" + "".join(f"{cell:>14}" for cell in marked))


def main() -> None:
    """Run what is missing, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-sets", type=int, default=2000)
    parser.add_argument("--results", type=Path, default=Path(__file__).with_suffix(".json"))
    options = parser.parse_args()
    results: dict[str, dict[str, float]] = {}
    if options.results.exists():
        results = json.loads(options.results.read_text(encoding="utf-8"))
    for images in IMAGES:
        for patients in (images, round(images * PATIENTS_PER_IMAGE)):
            one = results.setdefault(f"{images} of {patients}", {})
            for name, maker in MAKERS.items():
                if name in one:
                    continue
                one |= study(maker, images, patients, options.data_sets)
                text = json.dumps(results, indent=1) + "\n"
                options.results.write_text(text, encoding="utf-8")
    report(results)


if __name__ == "__main__":
    main()
