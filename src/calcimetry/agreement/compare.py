"""Every statistic of agreement between raters, or why it cannot be had."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations
from typing import TypeVar

import numpy as np

from calcimetry.agreement.bootstrap import Resampled, clustered_bootstrap
from calcimetry.agreement.compared import Choices, Comparison, OverallComparison, PairComparison
from calcimetry.agreement.concordance import concord
from calcimetry.agreement.concordance_many import overall_concordance
from calcimetry.agreement.icc import intraclass_correlations
from calcimetry.agreement.jackknife import Jackknifed, clustered_jackknife
from calcimetry.agreement.limits import Limits, Scale, limits_of_agreement
from calcimetry.agreement.pairs import Floats, at_least, varying
from calcimetry.agreement.passing_bablok import Linearity, linearity, passing_bablok
from calcimetry.agreement.rank import kendall, spearman
from calcimetry.agreement.readings import Pair, Readings
from calcimetry.agreement.regression import deming
from calcimetry.agreement.repeatability import repeatability
from calcimetry.agreement.repeated import RepeatedLimits, limits_of_linked_pairs
from calcimetry.agreement.tolerance import tolerance_limits
from calcimetry.agreement.trend import trend
from calcimetry.agreement.weighted import STATISTICS
from calcimetry.errors import NotMeasurable
from calcimetry.model import Interval

#: Fewer images say nothing about agreement.
FEWEST_IMAGES = 5
#: What patients are drawn anew for.
RESAMPLED = (
    *("concordance", "bias", "lower_limit", "upper_limit", "within"),
    *("bias_slope", "scatter_slope", "icc_agreement", "spearman"),
)
#: Called with what is done, of how many, and the pair that is being compared.
OnProgress = Callable[[int, int, str], None]


_DIFFERENCES = ("bias", "lower_limit", "upper_limit", "within")
_Found = TypeVar("_Found")
_Drawn = TypeVar("_Drawn", Resampled, Jackknifed)


def compare(
    readings: Readings,
    rng: np.random.Generator,
    choices: Choices | None = None,
    on_progress: OnProgress | None = None,
) -> Comparison:
    """Compare every pair of raters, in the order of `readings`.

    Parameters
    ----------
    readings : Readings
        Of two raters or more.
    rng : numpy.random.Generator
        Draws patients; each pair has a generator of its own, so adding a rater at the end
        does not change the others' intervals.
    choices : Choices, optional
        The defaults where None.
    on_progress : callable, optional
        See `OnProgress`.

    Returns
    -------
    Comparison
        With a reason for each number that could not be had.
    """
    choices = Choices() if choices is None else choices
    names = list(combinations(readings.raters, 2))
    generators = rng.spawn(len(names) + 1)
    done: list[PairComparison] = []
    failed: dict[tuple[str, str], str] = {}
    for number, (a, b) in enumerate(names):

        def drawn(share: int, total: int, number: int = number, label: str = f"{a}, {b}") -> None:
            if on_progress is not None:
                on_progress(number * total + share, len(names) * total, label)

        try:
            done.append(compare_pair(readings.pair(a, b), generators[number], choices, drawn))
        except NotMeasurable as error:
            failed[a, b] = str(error)
    overall = None
    if len(readings.raters) > 2:
        overall = _compare_all(readings, generators[-1], choices)
    return Comparison(readings, tuple(done), failed, overall)


def compare_pair(
    pair: Pair,
    rng: np.random.Generator,
    choices: Choices,
    on_progress: Callable[[int, int], None] | None = None,
) -> PairComparison:
    """Every statistic of agreement between two raters.

    Parameters
    ----------
    pair : Pair
        What both read.
    rng : numpy.random.Generator
        Draws patients.
    choices : Choices
        How to compare.
    on_progress : callable, optional
        Called with the number of resamples done and of all.

    Raises
    ------
    NotMeasurable
        If there are fewer than five images that both read, a rater's readings are all the
        same, or a reading is not positive and logarithms are wanted.
    """
    doing = f"Comparing {pair.a} with {pair.b}"
    at_least(FEWEST_IMAGES, len(pair.values), doing, "images that both read")
    for name, column in zip((pair.a, pair.b), pair.values.T, strict=True):
        varying(column, name, doing)
    values = _logarithms(pair.values, doing) if choices.log else pair.values
    a, b = values.T
    given = (pair.values[:, 0], pair.values[:, 1])
    scale: Scale = "log" if choices.log else "difference"
    reasons: dict[str, str] = {}
    percent: Limits | None = None
    if not choices.log:
        percent = _tried("percent", lambda: limits_of_agreement(*given, "percent"), reasons)
    line = _tried("passing_bablok", lambda: passing_bablok(*given), reasons)
    straight: Linearity | None = None
    if line is not None:
        straight = _tried("linearity", lambda: linearity(line, *given), reasons)
    linked: RepeatedLimits | None = None
    resampled: dict[str, Resampled] = {}
    subjects = pair.subjects
    jackknifed = _jackknifed(
        values, pair.images if subjects is None else subjects, RESAMPLED, reasons
    )
    if choices.log:
        jackknifed = _as_ratios(jackknifed)
    if subjects is not None:
        linked = _tried("linked", lambda: limits_of_linked_pairs(a, b, subjects), reasons)
        resampled = _resampled(
            values, subjects, RESAMPLED, rng, choices, reasons, on_progress=on_progress
        )
        if choices.log:
            resampled = _as_ratios(resampled)
            linked = None if linked is None else _linked_as_ratio(linked)
    return PairComparison(
        pair,
        choices.log,
        _tried("concordance", lambda: concord(a, b), reasons),
        _tried("limits", lambda: limits_of_agreement(*given, scale), reasons),
        percent,
        _tried("tolerance", lambda: tolerance_limits(*given, scale), reasons),
        linked,
        _tried("trend", lambda: trend(a, b), reasons),
        _tried("spearman", lambda: spearman(a, b), reasons),
        _tried("kendall", lambda: kendall(a, b), reasons),
        _tried("icc", lambda: intraclass_correlations(values), reasons),
        _tried("repeatability", lambda: repeatability(values), reasons),
        _tried("deming", lambda: deming(*given, weighted=choices.log), reasons),
        line,
        straight,
        jackknifed,
        resampled,
        reasons,
    )


def _compare_all(
    readings: Readings, rng: np.random.Generator, choices: Choices
) -> OverallComparison:
    """All raters together, on the images that all of them read."""
    table, subjects = readings.complete(readings.raters)
    doing = "Comparing all raters together"
    reasons: dict[str, str] = {}

    def ready() -> Floats:
        at_least(FEWEST_IMAGES, len(table), doing, "images that all raters read")
        return _logarithms(table, doing) if choices.log else table

    values = _tried("all", ready, reasons)
    patients = None if subjects is None else len(set(subjects))
    if values is None:
        return OverallComparison(
            readings.raters, len(table), patients, None, None, None, {}, {}, reasons
        )
    resampled: dict[str, Resampled] = {}
    one = ("icc_agreement",)
    owners = range(len(values)) if subjects is None else subjects
    jackknifed = _jackknifed(values, owners, one, reasons)
    if subjects is not None:
        resampled = _resampled(values, subjects, one, rng, choices, reasons)
    return OverallComparison(
        readings.raters,
        len(table),
        patients,
        _tried("concordance", lambda: overall_concordance(values), reasons),
        _tried("icc", lambda: intraclass_correlations(values), reasons),
        _tried("repeatability", lambda: repeatability(values), reasons),
        jackknifed,
        resampled,
        reasons,
    )


def _tried(name: str, measure: Callable[[], _Found], reasons: dict[str, str]) -> _Found | None:
    """What `measure` gives, or None with its reason noted."""
    try:
        return measure()
    except NotMeasurable as error:
        reasons[name] = str(error)
        return None


def _resampled(
    values: Floats,
    subjects: Sequence[str],
    names: Sequence[str],
    rng: np.random.Generator,
    choices: Choices,
    reasons: dict[str, str],
    on_progress: Callable[[int, int], None] | None = None,
) -> dict[str, Resampled]:
    """BCa intervals over patients; where one statistic fails, the others are tried alone."""

    def drawn(some: Sequence[str]) -> dict[str, Resampled]:
        return clustered_bootstrap(
            values,
            subjects,
            {name: STATISTICS[name] for name in some},
            rng,
            resamples=choices.resamples,
            workers=choices.workers,
            on_progress=on_progress,
        )

    try:
        return drawn(names)
    except NotMeasurable:
        single = {
            name: _tried(f"resampled {name}", partial(drawn, [name]), reasons) for name in names
        }
    return {name: found[name] for name, found in single.items() if found is not None}


def _jackknifed(
    values: Floats, owners: Sequence[object], names: Sequence[str], reasons: dict[str, str]
) -> dict[str, Jackknifed]:
    """Intervals from leaving out patients, or images, one statistic at a time."""
    found: dict[str, Jackknifed] = {}
    for name in names:
        some = {name: STATISTICS[name]}
        one = _tried(
            f"jackknifed {name}", partial(clustered_jackknife, values, owners, some), reasons
        )
        found |= one or {}
    return found


def _logarithms(values: Floats, doing: str) -> Floats:
    bad = int(np.count_nonzero(values <= 0.0))
    if bad:
        raise NotMeasurable(
            f"{doing} on the log scale: positive readings are needed, found {bad} of {values.size} "
            f"that are 0 or less (the smallest is {values.min():g}). Leave --log out."
        )
    return np.log(values)


def _ratio(interval: Interval) -> Interval:
    return Interval(math.exp(interval.low), math.exp(interval.high))


def _as_ratios(found: Mapping[str, _Drawn]) -> dict[str, _Drawn]:
    """What is said of differences, as ratios."""
    return {
        name: replace(one, value=math.exp(one.value), interval=_ratio(one.interval))
        if name in _DIFFERENCES
        else one
        for name, one in found.items()
    }


def _linked_as_ratio(linked: RepeatedLimits) -> RepeatedLimits:
    return replace(
        linked,
        bias=math.exp(linked.bias),
        lower=math.exp(linked.lower),
        upper=math.exp(linked.upper),
        bias_interval=_ratio(linked.bias_interval),
        lower_interval=_ratio(linked.lower_interval),
        upper_interval=_ratio(linked.upper_interval),
        within=math.exp(linked.within),
    )
