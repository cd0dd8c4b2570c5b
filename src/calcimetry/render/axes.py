"""Axes of a chart: round numbers, plain or logarithmic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from calcimetry.render.chart import INK, MUTED, RULE, Chart
from calcimetry.render.difference_plot import ticks
from calcimetry.render.sheet import Point

_STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Scale:
    """One axis: from where to where it goes, and whether logarithms are drawn."""

    low: float
    high: float
    log: bool = False

    def share(self, value: float) -> float:
        """Where a value lies, 0 at `low` and 1 at `high`."""
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    @property
    def ticks(self) -> list[float]:
        """Round numbers along it."""
        if not self.log:
            return ticks(self.low, self.high)
        decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        every = [step * 10.0**power for power in decades for step in _STEPS]
        inside = [one for one in every if self.low <= one <= self.high]
        # Wide axes show powers of ten only.
        return inside if len(inside) <= 9 else [one for one in inside if _is_power(one)]


def around(values: Sequence[float], log: bool = False, slack: float = 0.06) -> Scale:
    """A scale that holds all values, with some room; of positive values where `log`."""
    low, high = min(values), max(values)
    if log:
        room = slack * math.log(high / low) if high > low else 0.1
        return Scale(low * math.exp(-room), high * math.exp(room), True)
    room = slack * (high - low) if high > low else slack * max(abs(high), 1.0)
    # What cannot be negative keeps its axis from seeming so.
    return Scale(0.0 if 0.0 <= low <= room else low - room, high + room)


@dataclass(frozen=True, slots=True)
class Axes:
    """A frame in a chart, and where values lie in it."""

    chart: Chart
    left: float
    top: float
    width: float
    height: float
    x: Scale
    y: Scale

    @property
    def right(self) -> float:
        """Of the frame."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Of the frame."""
        return self.top + self.height

    def at(self, x: float, y: float) -> Point:
        """Where a pair of values lies."""
        return (
            self.left + self.x.share(x) * self.width,
            self.bottom - self.y.share(y) * self.height,
        )

    def level(self, y: float) -> list[Point]:
        """A horizontal line from side to side."""
        return [(self.left, self.at(self.x.low, y)[1]), (self.right, self.at(self.x.low, y)[1])]

    def inside(self, points: Sequence[tuple[float, float]]) -> list[list[Point]]:
        """A line through values, without what leaves the frame."""
        parts: list[list[Point]] = [[]]
        for x, y in points:
            if self.x.low <= x <= self.x.high and self.y.low <= y <= self.y.high:
                parts[-1].append(self.at(x, y))
            elif parts[-1]:
                parts.append([])
        return [part for part in parts if len(part) > 1]

    def draw(self, x_label: str, y_label: str) -> None:
        """Grid, numbers and what the axes mean; y's meaning stands above, to be read upright."""
        for value in self.x.ticks:
            x = self.at(value, self.y.low)[0]
            self.chart.line([(x, self.top), (x, self.bottom)], RULE)
            self.chart.text((x, self.bottom + 20), _number(value), 12, MUTED, "centre")
        for value in self.y.ticks:
            y = self.at(self.x.low, value)[1]
            self.chart.line([(self.left, y), (self.right, y)], RULE)
            self.chart.text((self.left - 8, y + 4), _number(value), 12, MUTED, "right")
        self.chart.line(
            [(self.left, self.top), (self.left, self.bottom), (self.right, self.bottom)], MUTED
        )
        middle = self.left + self.width / 2
        self.chart.text((middle, self.bottom + 44), x_label, 13, INK, "centre")
        self.chart.text((self.left - 44, self.top - 14), y_label, 13, INK)


def _is_power(value: float) -> bool:
    return math.isclose(math.log10(value), round(math.log10(value)), abs_tol=1e-9)


def _number(value: float) -> str:
    return f"{value:g}".replace("-", "−")
