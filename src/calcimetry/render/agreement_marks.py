"""What figures of agreement have in common: marks by patient, shading, legends, titles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from calcimetry.agreement.compared import PairComparison
from calcimetry.model import Interval
from calcimetry.render.agreement_terms import number_of
from calcimetry.render.axes import Axes
from calcimetry.render.chart import BLUE, INK, MARKS, MUTED, ORANGE, SHAPES, Chart, Shape
from calcimetry.render.palette import Colour
from calcimetry.render.sheet import text_width

#: Where the frames of all figures begin.
TOP = 92
#: So many patients get a colour and shape of their own.
MOST_PATIENTS = len(MARKS) * len(SHAPES)
#: From so many images on, where they crowd is shaded.
CROWD = 50
_CELLS = 36
#: Marks of up to so many images are of full size.
_ROOMY = 60
_RADIUS, _SMALLEST = 4.5, 2.2
_PLAIN: tuple[Colour, Shape] = (BLUE, "disc")


def draw_title(chart: Chart, title: str, below: str) -> None:
    """Two lines above a figure."""
    chart.text((20, 30), title, 17, INK)
    chart.text((20, 51), below, 13, MUTED)


def draw_marks(
    axes: Axes, x: NDArray[np.float64], y: NDArray[np.float64], subjects: Sequence[str] | None
) -> None:
    """One mark for each image, of its patient's colour and shape where there are not too many."""
    looks = _looks(subjects)
    radius = min(_RADIUS, max(_SMALLEST, _RADIUS * (_ROOMY / len(x)) ** 0.5))
    for place, (one, other) in enumerate(zip(x, y, strict=True)):
        colour, shape = _PLAIN if subjects is None else looks[subjects[place]]
        axes.chart.mark(axes.at(float(one), float(other)), shape, colour, radius)


def note_patients(chart: Chart, axes: Axes, subjects: Sequence[str] | None) -> None:
    """Say below a figure what its colours mean, if anything."""
    if subjects is None or len(set(subjects)) > MOST_PATIENTS:
        return
    words = f"A colour and shape for each of {len(set(subjects))} patients"
    chart.text((axes.left, axes.bottom + 60), words, 12, MUTED)


def draw_legend(
    chart: Chart, left: float, top: float, lines: Sequence[tuple[str, Colour, float]]
) -> None:
    """Names of lines, each with a piece of it: colour and length of its dashes."""
    for number, (name, colour, dash) in enumerate(lines):
        y = top + 24 * number
        chart.line([(left, y), (left + 28, y)], colour, 1.8, dash)
        chart.text((left + 36, y + 4), name, 12, INK)


def label_levels(
    axes: Axes, lines: Sequence[tuple[str, float, Interval]], one: PairComparison
) -> None:
    """Values beside horizontal lines, kept apart from each other."""
    last = float("inf")
    for name, value, interval in sorted(lines, key=lambda line: line[1]):
        _, y = axes.at(axes.x.low, value)
        y = min(y, last - 40)
        last = y
        colour = BLUE if name == "mean" else ORANGE
        text = f"{name} {number_of(one, value)}"
        ends = f"{number_of(one, interval.low)} to {number_of(one, interval.high)}"
        axes.chart.text((axes.right + 10, y), text, 13, colour)
        axes.chart.text((axes.right + 10, y + 16), ends, 12, MUTED)


def shade_crowd(axes: Axes, values: NDArray[np.float64]) -> None:
    """Shade where many points lie: their density, by a Gaussian kernel, in a few steps."""
    if len(values) < CROWD:
        return
    points = np.log(values) if axes.x.log else values
    if np.linalg.matrix_rank(np.cov(points.T)) < 2:
        return
    centres = (np.arange(_CELLS) + 0.5) / _CELLS
    ends = [(np.log([s.low, s.high]) if s.log else [s.low, s.high]) for s in (axes.x, axes.y)]
    x, y = (low + (high - low) * centres for low, high in ends)
    density = stats.gaussian_kde(points.T)(
        np.array([np.tile(x, _CELLS), np.repeat(y, _CELLS)])
    ).reshape(_CELLS, _CELLS)
    step_x, step_y = axes.width / _CELLS, axes.height / _CELLS
    for row, column in np.argwhere(density > 0.08 * density.max()):
        left, bottom = axes.left + column * step_x, axes.bottom - row * step_y
        corners = [(left, bottom), (left, bottom - step_y)]
        corners += [(left + step_x, bottom - step_y), (left + step_x, bottom)]
        axes.chart.area(corners, BLUE, 0.28 * float(density[row, column] / density.max()))


def shortened(text: str, width: float, size: float = 14.0) -> str:
    """Text cut to a width, with dots where something is missing."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "...", size) > width:
        text = text[:-1]
    return text + "..."


def _looks(subjects: Sequence[str] | None) -> dict[str, tuple[Colour, Shape]]:
    names = sorted(set(subjects or ()))
    if len(names) > MOST_PATIENTS:
        return dict.fromkeys(names, _PLAIN)
    return {
        # Neighbours differ in both, so that shapes tell them apart in grey too.
        name: (MARKS[number % len(MARKS)], SHAPES[number % len(SHAPES)])
        for number, name in enumerate(names)
    }
