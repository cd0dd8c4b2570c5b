"""Changes as people write them."""

from __future__ import annotations

from collections.abc import Mapping

from calcimetry.followup.result import Change, LesionChange
from calcimetry.model import Interval
from calcimetry.render import wording

#: What became of a lesion, in few words.
KIND_WORDS: Mapping[str, str] = {
    "persisted": "at both visits",
    "appeared": "new",
    "disappeared": "gone",
    "merged": "merged",
    "split": "split",
    "regrouped": "regrouped",
    "not compared": "not compared",
    "seen once": "drawn at one visit",
}
#: Units of what can change, and how its numbers are written.
UNITS: Mapping[str, str] = {"volume_mm3": "mm³", "mass_mg": "mg", "area_mm2": "mm²"}


def size_words(quantity: str, value: float) -> str:
    """A volume, mass or area, without its unit; 0 is written plainly.

    >>> size_words("volume_mm3", 12.34), size_words("area_mm2", 0.0)
    ('12.3', '0')
    """
    if not value:
        return "0"
    if quantity == "area_mm2":
        return wording.area(value)
    return wording.mass(value) if quantity == "mass_mg" else wording.volume(value)


def signed(quantity: str, value: float) -> str:
    """A change of it with its sign.

    >>> signed("volume_mm3", -1.5)
    '−1.50'
    """
    sign = "−" if value < 0 else "+" if value > 0 else ""
    return sign + size_words(quantity, abs(value))


def signed_range(quantity: str, interval: Interval | None) -> str:
    """Both ends of a change's interval; nothing where it has none."""
    if interval is None:
        return ""
    return f"{signed(quantity, interval.low)} to {signed(quantity, interval.high)}"


def percent(value: float | None) -> str:
    """A relative change with its sign; nothing where there is none.

    >>> percent(12.3), percent(-100.0), percent(4321.0), percent(None)
    ('+12%', '−100%', '+4320%', '')
    """
    if value is None:
        return ""
    shown = round(value, -1) if abs(value) >= 1000 else round(value)
    sign = "−" if shown < 0 else "+" if shown > 0 else ""
    return f"{sign}{abs(shown):.0f}%"


def percent_range(interval: Interval | None) -> str:
    """Both ends of a relative change's interval; nothing where it has none."""
    return "" if interval is None else f"{percent(interval.low)} to {percent(interval.high)}"


def detectable(change: Change) -> str:
    """The least changes that are more than error, such as ``−18% or +22%``."""
    up, down = change.detectable_increase_percent, change.detectable_decrease_percent
    if up is None or down is None:
        return ""
    return f"{percent(-down)} or {percent(up)}"


def ended(change: LesionChange, quantity: str) -> str:
    """What became of a lesion, for the end of its line in a figure: a change, or a word."""
    size = change.changes.get(quantity)
    if change.kind in ("appeared", "disappeared", "not compared") or size is None:
        return KIND_WORDS[change.kind]
    more = "" if change.kind == "persisted" else f", {KIND_WORDS[change.kind]}"
    return f"{percent(size.relative_percent)}{more}"


def total_words(change: Change) -> str:
    """A total's change in one line, with its interval and what it means."""
    name = change.quantity.rpartition("_")[0].capitalize()
    parts = [f"{name} {signed(change.quantity, change.absolute)} {UNITS[change.quantity]}"]
    if change.relative_percent is not None:
        parts.append(percent(change.relative_percent))
    if change.relative_interval is not None:
        parts.append(f"95% interval {percent_range(change.relative_interval)}")
    return f"{', '.join(parts)}: {change.category}"
