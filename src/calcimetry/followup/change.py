"""By how much a lesion changed, how sure that is, and what it means."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from calcimetry.followup.likeness import Likeness
from calcimetry.followup.reading import Reading
from calcimetry.followup.repeat_error import ChangeSettings
from calcimetry.followup.result import Category, Change, Quantity
from calcimetry.model.lesion import Interval

#: The published rule (Valenzuela et al., Semin Arthritis Rheum 2022,
#: 10.1016/j.semarthrit.2022.151980), in percent.
PUBLISHED_RULE_PERCENT = 25.0


@dataclass(frozen=True, slots=True)
class _Sum:
    """Lesions of one visit taken together.

    `random` is the half width of what is random of the logarithm of `size`; `below` and
    `above` are those of its whole 95% interval, None where one has none. `proportional` and
    `detection_limit` are those of its lesions' errors, weighted by size.
    """

    size: float
    random: float
    proportional: float
    detection_limit: float
    below: float | None
    above: float | None
    interval: Interval | None


def change_of(
    first: Sequence[Reading],
    last: Sequence[Reading],
    quantity: Quantity,
    likeness: Likeness | None = None,
    settings: ChangeSettings | None = None,
) -> Change | str:
    """How one quantity of some lesions, taken together, changed.

    Parameters
    ----------
    first, last : sequence of Reading
        Of the baseline and the later visit; one may be empty: nothing was there then. Of one
        lesion, of one that merged or split, of a finger or of all.
    quantity : str
    likeness : Likeness, optional
        Of the two visits; alike where not given.
    settings : ChangeSettings, optional

    Returns
    -------
    Change or str
        Or the reason why there is none.

    Notes
    -----
    Errors of a size that both visits share, such as those of the border's level or of the
    calibration, cancel in the ratio r of the two; what is random from scan to scan does not.
    ``log r`` is known to within ``w = hypot(w_first, w_last)`` (`RepeatError`; in quadrature
    over several lesions) and the part `proportional` of itself::

        log r +- hypot(w, proportional * log r)

    Its 95% interval leaves out 0, no change, where r goes beyond the minimal detectable
    change ``exp(+-w / sqrt(1 - proportional**2))``, which is 1.96 sqrt(2) within-lesion
    standard deviations (Beckerman et al., Qual Life Res 2001) of the logarithm for two equally
    large sizes. The absolute change has that error and, as a factor on all of it, what the two
    visits' own intervals hold besides. Where visits were scanned in different ways, `unshared`
    of that besides is random too.
    """
    likeness, settings = likeness or Likeness(), settings or ChangeSettings()
    if quantity == "mass_mg" and likeness.mass_refused:
        return likeness.mass_refused
    lacking = next((one.lesion for one in (*first, *last) if one.size(quantity) is None), None)
    if lacking is not None:
        return lacking.not_measured.get(quantity, f"lesion {lacking.number} has none")
    before, after = (_summed(readings, quantity, settings) for readings in (first, last))
    if not before.size and not after.size:
        one_visit = "one visit alone drew it, and its place at the other has no such size"
        return one_visit if first or last else "there was nothing at either visit"
    if not before.size or not after.size:
        return _one_visit(quantity, before, after)
    share = settings.unshared if likeness.other_scan else 0.0
    if quantity == "mass_mg" and likeness.other_gain:
        share = 1.0
    return _both_visits(quantity, before, after, share)


def _summed(readings: Sequence[Reading], quantity: Quantity, settings: ChangeSettings) -> _Sum:
    sizes = [one.size(quantity) or 0.0 for one in readings]
    total = math.fsum(sizes)
    if not total > 0:
        return _Sum(0.0, 0.0, 0.0, 0.0, None, None, None)
    errors = [settings.of(quantity, quantity in one.factors) for one in readings]
    parts = []
    for reading, size, error in zip(readings, sizes, errors, strict=True):
        lesion = reading.lesion
        border, of = (
            (lesion.perimeter_mm, lesion.area_mm2)
            if quantity == "area_mm2"
            else (lesion.surface_mm2 or 0.0, lesion.volume_mm3 or 0.0)
        )
        parts.append(size * error.half_width(border, of) if size > 0 else 0.0)
    random = math.hypot(*parts) / total
    weighted = list(zip(sizes, errors, strict=True))
    proportional = math.fsum(size * one.proportional for size, one in weighted) / total
    limit = math.fsum(size * one.detection_limit for size, one in weighted) / total
    known = [one.interval(quantity) for one in readings]
    intervals = [one for one in known if one is not None]
    if len(intervals) < len(known):
        return _Sum(total, random, proportional, limit, None, None, None)
    reach = [(size - one.low, one.high - size) for size, one in zip(sizes, intervals, strict=True)]
    # Errors that visits share are those that lesions share: they add up.
    below, above = (math.fsum(side) for side in zip(*reach, strict=True))
    low = max(0.0, total - below)
    return _Sum(
        total,
        random,
        proportional,
        limit,
        math.log(total / low) if low > 0 else math.log1p(above / total),
        math.log1p(above / total),
        Interval(low, total + above),
    )


def _one_visit(quantity: Quantity, before: _Sum, after: _Sum) -> Change:
    """Something that was there at one visit alone."""
    appeared = not before.size
    there = after if appeared else before
    category: Category = "progression" if appeared else "improvement"
    interval = there.interval
    if interval is not None and not appeared:
        interval = Interval(-interval.high, -interval.low)
    return Change(
        quantity,
        before.size,
        after.size,
        after.size - before.size,
        interval,
        None if appeared else -100.0,
        None,
        None,
        None,
        "below detection" if there.size < there.detection_limit else category,
        category,
    )


def _both_visits(quantity: Quantity, before: _Sum, after: _Sum, unshared: float) -> Change:
    # What was measured at each visit alone is the less sure; it decides for a sum of both.
    proportional = max(before.proportional, after.proportional)
    limit = max(before.detection_limit, after.detection_limit)
    log_ratio = math.log(after.size / before.size)
    shared = [_shared(one) for one in (before, after)]
    random = math.hypot(
        before.random,
        after.random,
        *(unshared * max(sides) for sides in shared if sides is not None),
    )
    half = math.hypot(random, proportional * log_ratio)
    least = random / math.sqrt(1.0 - proportional**2)
    ends = [math.expm1(log_ratio + side * half) for side in (-1.0, 1.0)]
    category: Category = "stable"
    if max(before.size, after.size) < limit:
        category = "below detection"
    elif abs(log_ratio) > least:
        category = "progression" if log_ratio > 0 else "improvement"
    relative = 100.0 * math.expm1(log_ratio)
    rule: Category = "stable"
    if abs(relative) > PUBLISHED_RULE_PERCENT:
        rule = "progression" if relative > 0 else "improvement"
    return Change(
        quantity,
        before.size,
        after.size,
        after.size - before.size,
        _absolute(before, after, (ends[0], ends[1]), shared),
        relative,
        Interval(100.0 * ends[0], 100.0 * ends[1]),
        100.0 * math.expm1(least),
        -100.0 * math.expm1(-least),
        category,
        rule,
    )


def _shared(one: _Sum) -> tuple[float, float] | None:
    """What is left of a sum's half widths, below and above, without what is random."""
    if one.below is None or one.above is None:
        return None
    below, above = (math.sqrt(max(side**2 - one.random**2, 0.0)) for side in (one.below, one.above))
    return below, above


def _absolute(
    before: _Sum,
    after: _Sum,
    relative: tuple[float, float],
    shared: list[tuple[float, float] | None],
) -> Interval | None:
    """Interval of the absolute change: that of the ratio, and a factor on all of it.

    An end on the far side of no change stays there: a factor turns no growth into shrinkage.
    """
    first, last = shared
    if first is None or last is None:
        return None
    factor = (max(first[0], last[0]), max(first[1], last[1]))
    change = after.size - before.size
    low, high = (before.size * end for end in relative)
    if low > 0 or high < 0:
        near, far = (low, high) if low > 0 else (-high, -low)
        size = abs(change)
        inner = size * math.exp(-math.hypot(math.log(size / near), factor[0]))
        outer = size * math.exp(math.hypot(math.log(far / size), factor[1]))
        return Interval(inner, outer) if low > 0 else Interval(-outer, -inner)
    down = abs(change) * math.expm1(factor[1]) if change < 0 else -change * math.expm1(-factor[0])
    up = change * math.expm1(factor[1]) if change > 0 else change * math.expm1(-factor[0])
    return Interval(change - math.hypot(change - low, down), change + math.hypot(high - change, up))
