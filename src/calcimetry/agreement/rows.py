"""A comparison as rows of a table: one for each number, with its interval."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from calcimetry.agreement.compared import Comparison, OverallComparison, PairComparison
from calcimetry.agreement.icc import Icc, IccKind
from calcimetry.agreement.repeatability import Repeatability
from calcimetry.model import Interval

#: How an interval of a row came about.
_EXACT, _F, _Z, _T = "noncentral t", "F", "Fisher z", "t"
_BOOTSTRAP = "patients, bootstrap BCa"
#: The name in a table of what the bootstrap calls otherwise.
_SAME = {"icc_agreement": "icc_a_1", "bias_slope": "bias_trend", "scatter_slope": "scatter_trend"}


@dataclass(frozen=True, slots=True)
class StatisticRow:
    """One number; docs/measurements.md defines it by its `statistic`.

    `b` is empty where all raters are meant. `value` is None where there is none, and
    `reason` says why. `interval_by` says how the interval came about. `unit` is empty for pure
    numbers, "ratio" for factors, "log" for standard deviations of logarithms.
    """

    a: str
    b: str
    statistic: str
    value: float | None
    interval: Interval | None = None
    interval_by: str = ""
    p: float | None = None
    unit: str = ""
    reason: str = ""


def statistic_rows(comparison: Comparison) -> tuple[StatisticRow, ...]:
    """All numbers of a comparison, pair by pair, then all raters together."""
    unit = comparison.readings.unit
    rows: list[StatisticRow] = []
    for one in comparison.pairs:
        rows.extend(_of_pair(one, unit))
    rows.extend(
        StatisticRow(a, b, "comparison", None, reason=reason)
        for (a, b), reason in comparison.failed.items()
    )
    if comparison.overall is not None:
        log = any(one.log for one in comparison.pairs)
        rows.extend(_of_all(comparison.overall, "log" if log else unit))
    return tuple(rows)


def _of_pair(one: PairComparison, unit: str) -> Iterator[StatisticRow]:
    a, b = one.pair.a, one.pair.b
    between = "ratio" if one.log else unit
    scatter = "log" if one.log else unit
    groups = (
        _concordance(one),
        _limits(one, between, scatter),
        _linked(one, between, scatter),
        _trend(one),
        _ranks(one),
        _icc(one.icc or {}),
        _repeatability(one.repeatability, scatter),
        _lines(one, unit),
    )
    for group in groups:
        for row in group:
            yield StatisticRow(a, b, *row)
            yield from _clustered(a, b, row, one)
    for name, reason in one.not_measured.items():
        yield StatisticRow(a, b, name, None, reason=reason)


_Row = tuple[str, float | None, Interval | None, str, float | None, str]


def _row(
    name: str,
    value: float | None,
    interval: Interval | None = None,
    by: str = "",
    p: float | None = None,
    unit: str = "",
) -> _Row:
    return name, value, interval, by if interval is not None else "", p, unit


def _concordance(one: PairComparison) -> Iterator[_Row]:
    found = one.concordance
    if found is None:
        return
    yield _row("concordance", found.coefficient, found.interval_z, _Z)
    if found.interval_asymptotic is not None:
        yield _row("concordance_asymptotic", found.coefficient, found.interval_asymptotic, "normal")
    yield _row("pearson", found.pearson)
    yield _row("bias_correction", found.bias_correction)
    yield _row("location_shift", found.location_shift)
    yield _row("scale_shift", found.scale_shift)
    yield _row("axis_slope", found.axis_slope)
    yield _row("axis_intercept", found.axis_intercept)
    if found.blackwood_f is not None:
        yield _row("bradley_blackwood", found.blackwood_f, p=found.blackwood_p)


def _limits(one: PairComparison, between: str, scatter: str) -> Iterator[_Row]:
    if one.limits is not None:
        found = one.limits
        yield _row("bias", found.bias, found.bias_interval, _T, unit=between)
        yield _row("sd", found.sd, unit=scatter)
        yield _row("lower_limit", found.lower, found.lower_interval, _EXACT, unit=between)
        yield _row("upper_limit", found.upper, found.upper_interval, _EXACT, unit=between)
        yield _row("within", found.within, unit=between)
        if found.normality_p is not None:
            yield _row("normality", None, p=found.normality_p)
    if one.tolerance is not None:
        yield _row("lower_tolerance", one.tolerance.lower, unit=between)
        yield _row("upper_tolerance", one.tolerance.upper, unit=between)
    if one.percent is not None:
        found = one.percent
        yield _row("bias_percent", found.bias, found.bias_interval, _T, unit="%")
        yield _row("lower_limit_percent", found.lower, found.lower_interval, _EXACT, unit="%")
        yield _row("upper_limit_percent", found.upper, found.upper_interval, _EXACT, unit="%")


def _linked(one: PairComparison, between: str, scatter: str) -> Iterator[_Row]:
    found = one.linked
    if found is None:
        return
    yield _row("linked_bias", found.bias, found.bias_interval, _T, unit=between)
    yield _row("linked_sd", found.sd, unit=scatter)
    yield _row("linked_sd_between", found.sd_between, unit=scatter)
    yield _row("linked_sd_within", found.sd_within, unit=scatter)
    yield _row("linked_lower_limit", found.lower, found.lower_interval, "MOVER", unit=between)
    yield _row("linked_upper_limit", found.upper, found.upper_interval, "MOVER", unit=between)


def _trend(one: PairComparison) -> Iterator[_Row]:
    if one.trend is None:
        return
    for name, line in (("bias_trend", one.trend.bias), ("scatter_trend", one.trend.scatter)):
        yield _row(name, line.slope, line.slope_interval, _T, line.slope_p)


def _ranks(one: PairComparison) -> Iterator[_Row]:
    for name, found in (("spearman", one.spearman), ("kendall", one.kendall)):
        if found is not None:
            yield _row(name, found.coefficient, found.interval, _Z, found.p)


def _icc(found: Mapping[IccKind, Icc]) -> Iterator[_Row]:
    for name, icc in found.items():
        plain = name.lower().replace("(", "_").replace(")", "").replace(",", "_")
        yield _row(plain, icc.coefficient, icc.interval, _F, icc.p)


def _repeatability(found: Repeatability | None, unit: str) -> Iterator[_Row]:
    if found is None:
        return
    chi = "chi-squared"
    yield _row("within_sd", found.within_sd, found.within_sd_interval, chi, unit=unit)
    yield _row(
        "reproducibility_coefficient",
        found.coefficient,
        found.coefficient_interval,
        chi,
        unit=unit,
    )
    yield _row("detectable_change", found.detectable_change, unit=unit)
    if found.cv is not None and unit != "log":
        yield _row("within_cv", found.cv, unit="%")


def _lines(one: PairComparison, unit: str) -> Iterator[_Row]:
    for name, by, line in (
        ("deming", "jackknife", one.deming),
        ("passing_bablok", "Passing-Bablok 1983", one.passing_bablok),
    ):
        if line is not None:
            yield _row(f"{name}_slope", line.slope, line.slope_interval, by)
            yield _row(f"{name}_intercept", line.intercept, line.intercept_interval, by, unit=unit)
    if one.linearity is not None:
        yield _row("linearity", one.linearity.largest, p=one.linearity.p)


def _of_all(one: OverallComparison, unit: str) -> Iterator[StatisticRow]:
    name = "all raters"
    if one.concordance is not None:
        found = one.concordance
        by = "jackknife on Fisher z"
        yield StatisticRow(
            name, "", *_row("overall_concordance", found.coefficient, found.interval, by)
        )
    for row in (*_icc(one.icc or {}), *_repeatability(one.repeatability, unit)):
        yield StatisticRow(name, "", *row)
        yield from _clustered(name, "", row, one)
    for what, reason in one.not_measured.items():
        yield StatisticRow(name, "", what, None, reason=reason)


def _clustered(
    a: str, b: str, row: _Row, one: PairComparison | OverallComparison
) -> Iterator[StatisticRow]:
    """The same number with its intervals over patients."""
    statistic, unit = row[0], row[5]
    name = {shown: drawn for drawn, shown in _SAME.items()}.get(statistic, statistic)
    patients = one.pair.patients if isinstance(one, PairComparison) else one.patients
    left_out = "images, jackknife" if patients is None else "patients, jackknife"
    for by, source in ((left_out, one.jackknifed), (_BOOTSTRAP, one.resampled)):
        if name in source:
            found = source[name]
            yield StatisticRow(a, b, statistic, found.value, found.interval, by, unit=unit)
