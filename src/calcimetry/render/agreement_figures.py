"""Figures of agreement: identity plot, Bland-Altman plot, mountain plot."""

from __future__ import annotations

import numpy as np

from calcimetry.agreement.compared import PairComparison
from calcimetry.agreement.trend import Trend
from calcimetry.render.agreement_marks import (
    TOP,
    draw_legend,
    draw_marks,
    draw_title,
    label_levels,
    note_patients,
    shade_crowd,
)
from calcimetry.render.agreement_terms import (
    clear_trends,
    headline_limits,
    said_concordance,
    shown_unit,
)
from calcimetry.render.axes import Axes, Scale, around
from calcimetry.render.chart import BLUE, INK, MUTED, ORANGE, Chart
from calcimetry.render.palette import Colour

_WIDTH, _HEIGHT = 640, 540
_LEFT, _BOTTOM = 64, 82
_STEPS = 60


def draw_identity(one: PairComparison, unit: str) -> Chart:
    """Both readings of each image, the line of equality, and the fitted lines.

    Parameters
    ----------
    one : PairComparison
        a is drawn along x, b along y; axes are logarithmic where logarithms were compared.
    unit : str
        Of the readings.

    Returns
    -------
    Chart
        To be written as SVG or as a picture.
    """
    pair = one.pair
    chart = Chart(
        _WIDTH,
        _HEIGHT,
        f"{pair.b} against {pair.a}",
        f"Readings of {len(pair.images)} images by both, with the line of equality.",
    )
    scale = around([*pair.values[:, 0], *pair.values[:, 1]], one.log)
    side = _HEIGHT - TOP - _BOTTOM
    axes = Axes(chart, _LEFT, TOP, side, side, scale, scale)
    suffix = f", {shown_unit(unit)}" if unit else ""
    draw_title(chart, chart.title, said_concordance(one))
    axes.draw(f"{pair.a}{suffix}", f"{pair.b}{suffix}")
    shade_crowd(axes, pair.values)
    chart.line([axes.at(scale.low, scale.low), axes.at(scale.high, scale.high)], INK, 1.2)
    legend: list[tuple[str, Colour, float]] = [("line of equality", INK, 0.0)]
    for fit, colour, dash in ((one.deming, ORANGE, 7.0), (one.passing_bablok, BLUE, 3.0)):
        if fit is not None:
            along = _along(scale)
            for part in axes.inside([(x, fit.intercept + fit.slope * x) for x in along]):
                chart.line(part, colour, 1.8, dash)
            legend.append((fit.method, colour, dash))
    draw_marks(axes, pair.values[:, 0], pair.values[:, 1], pair.subjects)
    draw_legend(chart, axes.right + 16, axes.top + 8, legend)
    note_patients(chart, axes, pair.subjects)
    return chart


def draw_bland_altman(one: PairComparison, unit: str) -> Chart:
    """Differences a - b against the mean of both, with bias, limits and their intervals.

    Where logarithms were compared, ratios a / b against the geometric mean, both on
    logarithmic axes. Dotted lines are limits that follow size, where bias or scatter
    grows with it (p < 0.05).
    """
    pair = one.pair
    a, b = pair.values.T
    difference = a / b if one.log else a - b
    size = np.sqrt(a * b) if one.log else (a + b) / 2.0
    lines = headline_limits(one)
    chart = Chart(
        _WIDTH + 100,
        _HEIGHT - 40,
        f"{pair.a} {'/' if one.log else '−'} {pair.b}",
        f"Differences of {len(pair.images)} images against their size, with the mean difference "
        "and the limits of agreement.",
    )
    ends = [end for _, _, interval in lines for end in (interval.low, interval.high)]
    y = around([*difference, *ends, 1.0 if one.log else 0.0], one.log)
    axes = Axes(
        chart, _LEFT, TOP, _WIDTH - 130, _HEIGHT - 40 - TOP - _BOTTOM, around(size, one.log), y
    )
    suffix = f", {shown_unit(unit)}" if unit else ""
    follows = _follows_size(one)
    below = "Bands: 95% intervals of the mean difference and of both limits"
    draw_title(
        chart, chart.title, f"{below}; dotted: limits that follow size" if follows else below
    )
    axes.draw(
        f"{'geometric mean' if one.log else 'mean'} of both{suffix}",
        "ratio a / b" if one.log else f"difference a − b{suffix}",
    )
    chart.line(axes.level(1.0 if one.log else 0.0), INK, 1.2)
    for name, value, interval in lines:
        colour = BLUE if name == "mean" else ORANGE
        (left, low), (right, _) = axes.level(interval.low)
        high = axes.level(interval.high)[0][1]
        chart.area([(left, low), (right, low), (right, high), (left, high)], colour, 0.14)
        chart.line(axes.level(value), colour, 2.0, 0.0 if name == "mean" else 7.0)
    if follows and one.trend is not None:
        _draw_trend(axes, one.trend)
    draw_marks(axes, size, difference, pair.subjects)
    label_levels(axes, lines, one)
    note_patients(chart, axes, pair.subjects)
    return chart


def draw_mountain(one: PairComparison, unit: str) -> Chart:
    """The folded distribution of differences: what share lies further out than each.

    Krouwer JS, Monti KL. A simple, graphical method to evaluate laboratory assays. Eur J Clin
    Chem Clin Biochem 1995;33:525-527.
    """
    pair = one.pair
    a, b = pair.values.T
    difference = np.sort(a / b if one.log else a - b)
    rank = 100.0 * (np.arange(difference.size) + 0.5) / difference.size
    folded = np.minimum(rank, 100.0 - rank)
    chart = Chart(
        _WIDTH,
        _HEIGHT - 160,
        f"{pair.a} {'/' if one.log else '−'} {pair.b}: how differences are spread",
        f"Folded distribution of the differences of {len(pair.images)} images.",
    )
    none = 1.0 if one.log else 0.0
    x = around([*difference, none], one.log)
    axes = Axes(
        chart,
        _LEFT,
        TOP,
        _WIDTH - _LEFT - 40,
        _HEIGHT - 160 - TOP - _BOTTOM + 20,
        x,
        Scale(0.0, 52.0),
    )
    draw_title(
        chart, chart.title, "The top stands over the median; 95% lie between the dashed lines"
    )
    suffix = f", {shown_unit(unit)}" if unit and not one.log else ""
    axes.draw(f"{'a / b' if one.log else 'a − b'}{suffix}", "percent further out")
    chart.line([axes.at(none, 0.0), axes.at(none, 52.0)], INK, 1.2)
    for end in np.quantile(difference, [0.025, 0.975]):
        chart.line([axes.at(float(end), 0.0), axes.at(float(end), 52.0)], ORANGE, 1.6, 7.0)
    curve = [axes.at(float(x), float(y)) for x, y in zip(difference, folded, strict=True)]
    floor = axes.at(float(difference[0]), 0.0)[1]
    chart.area([(curve[0][0], floor), *curve, (curve[-1][0], floor)], BLUE, 0.18)
    chart.line(curve, BLUE, 2.0)
    return chart


def _along(scale: Scale) -> list[float]:
    shares = np.linspace(0.0, 1.0, _STEPS)
    if scale.log:
        return [float(v) for v in scale.low * (scale.high / scale.low) ** shares]
    return [float(v) for v in scale.low + (scale.high - scale.low) * shares]


def _follows_size(one: PairComparison) -> bool:
    """Whether limits that follow size are drawn: where there is a trend; not of logarithms."""
    return not one.log and any(clear_trends(one))


def _draw_trend(axes: Axes, found: Trend) -> None:
    along = _along(axes.x)
    for place in range(3):
        for part in axes.inside([(x, found.limits_at(x)[place]) for x in along]):
            axes.chart.line(part, MUTED, 1.6, 2.5)
