"""The timeline of a follow-up: all lesions together, and each of them, visit by visit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from calcimetry.model import Interval
from calcimetry.render import palette
from calcimetry.render.axes import Scale
from calcimetry.render.callouts import spread
from calcimetry.render.chart import INK, MUTED, RULE, Chart
from calcimetry.render.palette import Colour
from calcimetry.render.sheet import Point, text_width

_WIDTH, _HEIGHT = 1040, 520
_TOP, _BOTTOM = 104, 430
#: Left and right of the two frames, and room within them beside the first and the last visit.
_TOTAL, _EACH = (64.0, 350.0), (440.0, 820.0)
_INSET = 26.0
#: Lines of what was not seen lie so far below the frame of those that were.
_UNSEEN = 26.0
_LABEL_GAP = 17.0
#: Lesions with a line of their own and a label: the largest; the others are drawn thin and grey.
MOST_NAMED = 18
_FAINT: Colour = (190, 196, 204)


@dataclass(frozen=True, slots=True)
class TimePoint:
    """A size at a visit, by the visit's place (0 the baseline); 0 where nothing was seen.

    `interval` is that of its change from the first size.
    """

    place: int
    size: float
    interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class TimeLine:
    """One lesion, or all together (number 0), over the visits; `ends` is written at its end."""

    number: int
    points: tuple[TimePoint, ...]
    ends: str = ""


def draw_timeline(
    title: str,
    below: str,
    visits: Sequence[str],
    days: Sequence[int | None],
    total: TimeLine,
    lesions: Sequence[TimeLine],
    quantity: tuple[str, str] = ("Volume", "mm³"),
) -> Chart:
    """Draw how sizes went from visit to visit, with the 95% intervals of their changes.

    Parameters
    ----------
    title, below : str
        Two lines above the figure.
    visits : sequence of str
        What each is called below the axis.
    days : sequence of int or None
        Days since the baseline; visits stand equally far apart where one is not known.
    total : TimeLine
        Of all lesions.
    lesions : sequence of TimeLine
        Each one, on a logarithmic axis; empty where lesions cannot be followed.
    quantity : (str, str)
        What is drawn, and its unit.

    Returns
    -------
    Chart
        To be written as SVG or as a picture.
    """
    name, unit = quantity
    width = _WIDTH if lesions else round(_TOTAL[1] + 160)
    shows = f"{name} at {len(visits)} visits, of all lesions together" + (
        f" and of each of {len(lesions)} lesions, on a logarithmic axis." if lesions else "."
    )
    chart = Chart(width, _HEIGHT, title, shows)
    chart.text((20, 32), title, 17, INK)
    chart.text((20, 54), below, 13, MUTED)
    at = _places(days)
    highest = max(
        (one.interval.high if one.interval else one.size for one in total.points), default=0.0
    )
    scale = Scale(0.0, 1.08 * highest if highest > 0 else 1.0)
    frame = _Frame(chart, _TOTAL, scale, at)
    frame.draw(f"{name} of all lesions, {unit}", visits)
    frame.line(total, INK, 2.2, 5.0)
    _label(chart, frame, [(total, INK)] if total.points else [])
    chart.text(
        (20, _HEIGHT - 12), "Bars: 95% interval of the change from the first size", 12, MUTED
    )
    if lesions:
        _draw_lesions(chart, lesions, at, visits, f"{name} of each lesion, {unit}")
    return chart


def _draw_lesions(
    chart: Chart,
    lesions: Sequence[TimeLine],
    at: Sequence[float],
    visits: Sequence[str],
    heading: str,
) -> None:
    sizes = [point.size for one in lesions for point in one.points if point.size > 0]
    ends = [
        end
        for one in lesions
        for point in one.points
        if point.interval and point.interval.low > 0
        for end in (point.interval.low, point.interval.high)
    ]
    # An interval that reaches almost to nothing is cut off and does not decide the axis.
    low = min([*sizes, *(end for end in ends if end > 0.3 * min(sizes))])
    frame = _Frame(chart, _EACH, Scale(0.85 * low, 1.18 * max([*sizes, *ends]), log=True), at)
    frame.draw(heading, visits)
    gone = any(point.size <= 0 for one in lesions for point in one.points)
    if gone:
        y = _BOTTOM + _UNSEEN
        chart.line([(_EACH[0], y), (_EACH[1], y)], RULE)
        chart.text((_EACH[0] - 8, y + 4), "not seen", 12, MUTED, "right")
    largest = sorted(lesions, key=lambda one: -max(point.size for point in one.points))
    named = {one.number for one in largest[:MOST_NAMED]}
    for one in lesions:
        if one.number not in named:
            frame.line(one, _FAINT, 1.2, 2.5)
    shown = [one for one in lesions if one.number in named]
    colours = [palette.track_colour(one.number, on_paper=True) for one in shown]
    for one, colour in zip(shown, colours, strict=True):
        frame.line(one, colour, 1.8, 4.5)
    _label(chart, frame, list(zip(shown, colours, strict=True)))
    if len(shown) < len(lesions):
        words = f"Grey: {len(lesions) - len(shown)} smaller lesions"
        chart.text((_EACH[1], _HEIGHT - 12), words, 12, MUTED, "right")


@dataclass(frozen=True, slots=True)
class _Frame:
    """One of the two frames: sizes upwards, visits from left to right."""

    chart: Chart
    sides: tuple[float, float]
    scale: Scale
    at: Sequence[float]

    def x(self, place: int) -> float:
        left, right = self.sides
        return left + _INSET + self.at[place] * (right - left - 2 * _INSET)

    def y(self, size: float) -> float:
        if size <= 0 and self.scale.log:
            return _BOTTOM + _UNSEEN
        share = self.scale.share(max(size, self.scale.low))
        return _BOTTOM - share * (_BOTTOM - _TOP)

    def draw(self, heading: str, visits: Sequence[str]) -> None:
        left, right = self.sides
        for tick in self.scale.ticks:
            y = self.y(tick)
            self.chart.line([(left, y), (right, y)], RULE)
            self.chart.text((left - 8, y + 4), f"{tick:g}", 12, MUTED, "right")
        self.chart.line([(left, _TOP), (left, _BOTTOM), (right, _BOTTOM)], MUTED)
        self.chart.text((left - 44, _TOP - 18), heading, 13, INK)
        taken = -1e9
        for place, name in enumerate(visits):
            x = self.x(place)
            self.chart.line([(x, _TOP), (x, _BOTTOM)], RULE)
            half = text_width(name, 12) / 2
            if x - half > taken + 6:  # visits close together share one name's room
                self.chart.text((x, _BOTTOM + _UNSEEN + 26), name, 12, MUTED, "centre")
                taken = x + half

    def line(self, line: TimeLine, colour: Colour, width: float, radius: float) -> None:
        points: list[Point] = [(self.x(one.place), self.y(one.size)) for one in line.points]
        for one, (x, _) in zip(line.points, points, strict=True):
            if one.interval is not None and one.size > 0:
                ends = [(x, self.y(end)) for end in (one.interval.low, one.interval.high)]
                self.chart.line(ends, colour, 1.0)
                for _, y in ends:
                    self.chart.line([(x - 4, y), (x + 4, y)], colour, 1.0)
        if len(points) > 1:
            self.chart.line(points, colour, width)
        for one, place in zip(line.points, points, strict=True):
            self.chart.mark(place, "disc" if one.size > 0 else "diamond", colour, radius)


def _label(chart: Chart, frame: _Frame, lines: Sequence[tuple[TimeLine, Colour]]) -> None:
    """Number and change at the right end of each line, none on another."""
    ordered = sorted(lines, key=lambda one: frame.y(one[0].points[-1].size))
    wanted = [frame.y(line.points[-1].size) for line, _ in ordered]
    places = spread(wanted, _LABEL_GAP, _TOP, _BOTTOM + _UNSEEN)
    x = frame.sides[1]
    for (line, colour), place, meant in zip(ordered, places, wanted, strict=True):
        end = (frame.x(line.points[-1].place) + 8, meant)
        chart.line([end, (x + 4, float(place))], _FAINT, 0.8)
        number = f"{line.number}  " if line.number else ""
        chart.text((x + 8, float(place) + 4), f"{number}{line.ends}", 12, colour)


def _places(days: Sequence[int | None]) -> list[float]:
    """Where visits stand, 0 to 1: by their days, or equally far apart."""
    known = [day for day in days if day is not None]
    if len(known) == len(days) and known[-1] > known[0]:
        return [(day - known[0]) / (known[-1] - known[0]) for day in known]
    return [place / max(len(days) - 1, 1) for place in range(len(days))]
