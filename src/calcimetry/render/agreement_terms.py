"""Numbers, intervals and units of a comparison as people write them."""

from __future__ import annotations

import math

from calcimetry.agreement.compared import PairComparison
from calcimetry.model import Interval

_RAISED = {"mm2": "mm²", "mm3": "mm³", "cm2": "cm²", "cm3": "cm³", "mg_cm3": "mg/cm³", "hu": "HU"}
_RAISED |= {"percent": "%"}
#: Below this p a test counts.
_CLEAR = 0.05
_NOT_BY_FORMULA = frozenset({"concordance", "icc_agreement", "bias_slope"})


def headline_limits(one: PairComparison) -> list[tuple[str, float, Interval]]:
    """Lower limit, mean and upper limit with the intervals to trust, those over patients first.

    Ratios where logarithms were compared. Empty where neither kind could be had.
    """
    found = one.linked or one.limits
    if found is None:
        return []
    return [
        ("lower", found.lower, found.lower_interval),
        ("mean", found.bias, found.bias_interval),
        ("upper", found.upper, found.upper_interval),
    ]


def headline(one: PairComparison, name: str, plain: Interval | None) -> tuple[Interval | None, str]:
    """The interval of a statistic to trust, and the words that say what it rests on.

    Where a patient has several images, that of leaving out patients. Else that of leaving out
    images for coefficients whose formulas suppose that readings are normal, which areas are
    not; and for other statistics `plain`, that of their formula.
    """
    clustered = is_clustered(one)
    drawn = one.jackknifed.get(name) if clustered or name in _NOT_BY_FORMULA else None
    if drawn is None:
        return plain, ""
    return drawn.interval, " over patients" if clustered else ""


def is_clustered(one: PairComparison) -> bool:
    """Whether a patient has several images."""
    patients = one.pair.patients
    return patients is not None and patients < len(one.pair.images)


def clear_trends(one: PairComparison) -> tuple[bool, bool]:
    """Whether the difference, and whether its scatter, changes with size beyond chance.

    The difference by the interval of its slope that leaves out patients or images, which growing
    scatter does not mislead; scatter by the test of its slope (p < 0.05).
    """
    if one.trend is None:
        return False, False
    interval, _ = headline(one, "bias_slope", one.trend.bias.slope_interval)
    grows = interval is not None and not interval.low <= 0.0 <= interval.high
    return grows, one.trend.scatter.slope_p < _CLEAR


def said_concordance(one: PairComparison) -> str:
    """Lin's coefficient with its interval; why there is none where there is none."""
    found = one.concordance
    if found is None:
        return f"Lin's CCC: not measured ({one.not_measured['concordance']})"
    interval, over = headline(one, "concordance", found.interval_z)
    return f"Lin's CCC {found.coefficient:.2f}{ci(interval, '.2f', over)}"


def shown_unit(unit: str) -> str:
    """A unit as people write it.

    >>> shown_unit("mm2"), shown_unit("score")
    ('mm²', 'score')
    """
    return _RAISED.get(unit, unit)


def number(value: float, scatter: float) -> str:
    """A number with the digits that its scatter leaves any meaning: two of the scatter.

    >>> number(-1.6789, 3.96), number(1234.5, 210.0)
    ('−1.7', '1234')
    """
    places = 1 - math.floor(math.log10(scatter)) if scatter > 0.0 else 2
    text = f"{value:.{min(max(places, 0), 8)}f}"
    is_zero = not text.strip("-0.")
    return text.lstrip("-") if is_zero else text.replace("-", "−")


def number_of(one: PairComparison, value: float) -> str:
    """The same for a difference or, of logarithms, a ratio of a pair."""
    if one.log:
        return f"{value:.2f}"
    return number(value, _scatter(one))


def _scatter(one: PairComparison) -> float:
    return one.limits.sd if one.limits is not None else 0.0


def ci(interval: Interval | None, form: str, over: str = "") -> str:
    """An interval in brackets; nothing where there is none."""
    if interval is None:
        return ""
    ends = f"{interval.low:{form}} to {interval.high:{form}}".replace("-", "−")
    return f" (95% CI{over} {ends})"


def more(bias: float) -> str:
    """Which way a difference a - b goes, said of a."""
    return "more" if bias > 0 else "less"


def percent(ratio: float) -> str:
    """A ratio in percent.

    >>> percent(1.25), percent(0.95)
    ('25% more', '5.0% less')
    """
    off = 100.0 * (ratio - 1.0)
    return f"{abs(off):.{0 if abs(off) >= 10 else 1}f}% {more(off)}"


def with_unit(text: str, unit: str) -> str:
    """A number with its unit, if it has one."""
    return f"{text} {shown_unit(unit)}" if unit else text


def many(count: int, noun: str) -> str:
    """A number of things."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
