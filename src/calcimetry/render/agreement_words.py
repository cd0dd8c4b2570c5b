"""A comparison in plain sentences that a clinician can paste."""

from __future__ import annotations

import math

from calcimetry.agreement.compared import Comparison, OverallComparison, PairComparison
from calcimetry.model import Interval
from calcimetry.render.agreement_terms import (
    ci,
    clear_trends,
    headline,
    headline_limits,
    many,
    more,
    number_of,
    percent,
    said_concordance,
    with_unit,
)


def sentences(comparison: Comparison) -> tuple[str, ...]:
    """One sentence or two for each result, pair by pair; each stands for itself.

    Parameters
    ----------
    comparison : Comparison
        What `calcimetry.agreement.compare.compare` gives.

    Returns
    -------
    tuple of str
        Plain text. Every difference says which rater reads higher.
    """
    unit = comparison.readings.unit
    said: list[str] = []
    for one in comparison.pairs:
        said.extend(pair_sentences(one, unit))
    said.extend(comparison.failed.values())
    if comparison.overall is not None:
        said.extend(overall_sentences(comparison.overall))
    return tuple(said)


def pair_sentences(one: PairComparison, unit: str) -> tuple[str, ...]:
    """The sentences of one pair of raters."""
    parts = (
        _counted(one),
        _bias(one, unit),
        _spread(one, unit),
        _trend(one, unit),
        _agreement(one),
        _reproducible(one, unit),
        _patients(one),
    )
    return tuple(part for part in parts if part)


def _counted(one: PairComparison) -> str:
    pair = one.pair
    words = f"{pair.a} and {pair.b} both read {many(len(pair.images), 'image')}"
    if pair.patients is not None:
        words += f" of {many(pair.patients, 'patient')}"
    lacking = [
        f"{count} without a reading by {name}"
        for count, name in (
            (pair.lacks_a, pair.a),
            (pair.lacks_b, pair.b),
            (pair.lacks_both, "either"),
        )
        if count
    ]
    return f"{words}; left out: {', '.join(lacking)}." if lacking else f"{words}."


def _bias(one: PairComparison, unit: str) -> str:
    found = headline_limits(one)
    if not found:
        return f"{one.pair.a} minus {one.pair.b}: {one.not_measured['limits']}"
    _, bias, interval = found[1]
    if one.log:
        return _ratio_bias(one, bias, interval)
    size = number_of(one, abs(bias))
    said = f"{one.pair.a} reads {with_unit(size, unit)} {more(bias)} than {one.pair.b} {_mean(one)}"
    if interval.low <= 0.0 <= interval.high:
        low, high = number_of(one, -interval.low), number_of(one, interval.high)
        return (
            f"{said}, which is no clear difference (95% CI {with_unit(low, unit)} less to "
            f"{with_unit(high, unit)} more)."
        )
    ends = sorted((abs(interval.low), abs(interval.high)))
    low, high = (number_of(one, end) for end in ends)
    return f"{said} (95% CI {low} to {with_unit(high, unit)} {more(bias)})."


def _mean(one: PairComparison) -> str:
    return "on average over patients" if one.linked is not None else "on average"


def _ratio_bias(one: PairComparison, ratio: float, interval: Interval) -> str:
    a, b = one.pair.a, one.pair.b
    said = f"{a} reads {percent(ratio)} than {b} {_mean(one)}"
    if interval.low <= 1.0 <= interval.high:
        return (
            f"{said}, which is no clear difference (95% CI {percent(interval.low)} to "
            f"{percent(interval.high)})."
        )
    return f"{said} (95% CI {percent(interval.low)} to {percent(interval.high)})."


def _spread(one: PairComparison, unit: str) -> str:
    found = headline_limits(one)
    if not found:
        return ""
    (_, lower, _), _, (_, upper, _) = found
    source = one.linked or one.limits
    within = source.within if source is not None else 0.0
    if one.log:
        return (
            f"For 95% of images {one.pair.a} reads between {lower:.2f} and {upper:.2f} times what "
            f"{one.pair.b} reads (limits of agreement), and the two differ by less than a factor "
            f"of {within:.2f}."
        )
    return (
        f"For 95% of images the two differ by less than {with_unit(number_of(one, within), unit)}: "
        f"{one.pair.a} minus {one.pair.b} lies between {number_of(one, lower)} and "
        f"{with_unit(number_of(one, upper), unit)} (limits of agreement)."
    )


def _trend(one: PairComparison, unit: str) -> str:
    found = one.trend
    if found is None:
        return f"Whether the difference grows with size: {one.not_measured['trend']}"
    what = "ratio" if one.log else "difference"
    parts = []
    bias_clear, scatter_clear = clear_trends(one)
    bias, over = headline(one, "bias_slope", found.bias.slope_interval)
    if bias_clear:
        bigger = one.pair.a if found.bias.slope > 0 else one.pair.b
        parts.append(
            f"the {what} changes with size: the larger the readings, the more {bigger} reads "
            f"beside the other{_slope(found.bias.slope, bias, over, unit, one.log)}"
        )
    if scatter_clear:
        grows = "larger" if found.scatter.slope > 0 else "smaller"
        advice = ""
        if not one.log:
            advice = ", so one pair of limits does not fit all sizes: compare with --log too"
        parts.append(f"scatter is {grows} for large readings than for small ones{advice}")
    if not parts:
        return f"No clear change of the {what} or of its scatter with size was found."
    said = "; ".join(parts)
    return f"{said[0].upper()}{said[1:]}."


def _slope(slope: float, interval: Interval | None, over: str, unit: str, log: bool) -> str:
    if log:
        return ""
    tens = [10.0 * abs(slope)]
    if interval is not None:
        tens += sorted((10.0 * abs(interval.low), 10.0 * abs(interval.high)))
    first, *ends = (f"{one:.2g}" for one in tens)
    ci = f" (95% CI{over} {ends[0]} to {ends[1]})" if ends else ""
    return f", by {with_unit(first, unit)} for every {with_unit('10', unit)}{ci}"


def _agreement(one: PairComparison) -> str:
    said = [said_concordance(one).replace("Lin's CCC", "Lin's concordance coefficient is", 1)]
    if one.spearman is not None:
        interval, over = headline(one, "spearman", one.spearman.interval)
        said.append(f"Spearman's rho {one.spearman.coefficient:.2f}{ci(interval, '.2f', over)}")
    if one.icc is not None:
        icc = one.icc["ICC(A,1)"]
        interval, over = headline(one, "icc_agreement", icc.interval)
        said.append(f"ICC(A,1) {icc.coefficient:.2f}{ci(interval, '.2f', over)}")
    scale = " (all of logarithms)" if one.log else ""
    return f"{', '.join(said)}{scale}."


def _reproducible(one: PairComparison, unit: str) -> str:
    found = one.repeatability
    if found is None:
        return ""
    start = "Read once by each, the same image gets two values that differ by less than"
    if one.log:
        return f"{start} a factor of {math.exp(found.coefficient):.2f} in 95 of 100 cases."
    size = with_unit(number_of(one, found.coefficient), unit)
    return f"{start} {size} in 95 of 100 cases (reproducibility coefficient)."


def _patients(one: PairComparison) -> str:
    warning = next((found.warning for found in one.resampled.values() if found.warning), "")
    return f"Caution: {warning}." if warning else ""


def overall_sentences(one: OverallComparison) -> list[str]:
    """The sentences of all raters together."""
    names = f"{', '.join(one.raters[:-1])} and {one.raters[-1]}"
    if one.icc is None or one.concordance is None:
        reasons = "; ".join(one.not_measured.values())
        return [f"{names} together: {reasons}"]
    icc, concordance = one.icc["ICC(A,1)"], one.concordance
    drawn = one.jackknifed.get("icc_agreement")
    interval = icc.interval if drawn is None else drawn.interval
    over = "" if drawn is None or one.patients is None else " over patients"
    said = (
        f"{names} together, on {many(one.images, 'image')} that all read: overall concordance "
        f"{concordance.coefficient:.2f}{ci(concordance.interval, '.2f')}, ICC(A,1) "
        f"{icc.coefficient:.2f}{ci(interval, '.2f', over)}."
    )
    return [said]
