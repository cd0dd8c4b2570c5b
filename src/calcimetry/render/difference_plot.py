"""Differences of several methods from one, as dots with their intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image as Picture

from calcimetry.model import Interval
from calcimetry.render import palette
from calcimetry.render.sheet import Sheet, wrapped

_WIDTH, _ROW, _NAMES, _MARGIN, _GAP = 330, 38, 130, 28, 40
_HEAD, _FOOT = 128, 64
_SIZE = 15
_MOST_TICKS = 5
#: Room between the outermost value and the frame, as part of the range.
_SLACK = 0.08


@dataclass(frozen=True, slots=True)
class Dot:
    """One difference; `mean` is None where there is none, `interval` where it is not known."""

    mean: float | None
    interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class DotPanel:
    """One quantity: what it is, which side of 0 is better, and a dot for each method."""

    title: str
    better: str
    dots: tuple[Dot, ...]


def draw_differences(
    title: str, methods: Sequence[str], panels: Sequence[DotPanel], note: str = ""
) -> Picture.Image:
    """Draw one line per method and one panel per quantity, with 0 as a line in each.

    A filled dot has a known interval, which is drawn; a ring has none.

    Parameters
    ----------
    title : str
        What is shown, in one line.
    methods : sequence of str
        Names, in the order of each panel's dots.
    panels : sequence of DotPanel
        At least one.
    note : str
        Written below, such as why there are no intervals.

    Returns
    -------
    PIL.Image.Image
        Mode RGB.
    """
    step = _WIDTH + _GAP
    width = 2 * _MARGIN + _NAMES + step * len(panels) - _GAP
    notes = wrapped(note, _SIZE, width - 2 * _MARGIN) if note else []
    bottom = _HEAD + _ROW * max(len(methods), 1)
    sheet = Sheet((width, bottom + _FOOT + 22 * len(notes)), palette.BACKGROUND)
    sheet.text((_MARGIN, _MARGIN + 14), title, 18, palette.TEXT)
    for number, name in enumerate(methods):
        sheet.text((_MARGIN, _middle(number) + 5), name, 16, palette.TEXT)
    for place, panel in enumerate(panels):
        _draw_panel(sheet, _MARGIN + _NAMES + place * step, bottom, panel)
    for number, line in enumerate(notes):
        sheet.text((_MARGIN, bottom + _FOOT + 22 * number), line, _SIZE, palette.MUTED)
    return sheet.finished()


def ticks(low: float, high: float) -> list[float]:
    """Round numbers from `low` to `high`, at most five, 0 among them if it lies there.

    Examples
    --------
    >>> ticks(-0.13, 0.02)
    [-0.1, -0.05, 0.0]
    """
    rough = (high - low) / _MOST_TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(n * power for n in (1, 2, 5, 10) if n * power >= rough)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [round(n * step, 12) for n in range(first, last + 1)]


def _draw_panel(sheet: Sheet, left: float, bottom: float, panel: DotPanel) -> None:
    low, high = _range(panel.dots)

    def x(value: float) -> float:
        return left + (value - low) / (high - low) * _WIDTH

    sheet.text((left, _HEAD - 48), panel.title, 16, palette.TEXT)
    sheet.text((left, _HEAD - 26), panel.better, 13, palette.MUTED)
    for value in ticks(low, high):
        is_zero = value == 0.0
        colour = palette.MUTED if is_zero else palette.RULE
        sheet.line([(x(value), _HEAD - 12), (x(value), bottom)], colour, 2 if is_zero else 1)
        sheet.text((x(value), bottom + 20), f"{value:g}", 13, palette.MUTED, "centre")
    for number, dot in enumerate(panel.dots):
        y = _middle(number)
        if dot.mean is None:
            sheet.text((x(0.0) + 8, y + 5), "none", 13, palette.MUTED)
            continue
        if dot.interval is not None:
            ends = [(x(dot.interval.low), y), (x(dot.interval.high), y)]
            sheet.line(ends, palette.LESION, 3)
            for end, _ in ends:
                sheet.line([(end, y - 6), (end, y + 6)], palette.LESION, 2)
        sheet.disc((x(dot.mean), y), 6, palette.LESION)
        if dot.interval is None:
            sheet.disc((x(dot.mean), y), 3.5, palette.BACKGROUND)


def _range(dots: Sequence[Dot]) -> tuple[float, float]:
    """What a panel spans: 0, all dots and all intervals."""
    values = [0.0]
    for dot in dots:
        values += [] if dot.mean is None else [dot.mean]
        values += [] if dot.interval is None else [dot.interval.low, dot.interval.high]
    slack = _SLACK * (max(values) - min(values)) or 1.0
    return min(values) - slack, max(values) + slack


def _middle(number: int) -> float:
    return _HEAD + _ROW * (number + 0.5)
