"""A heat map of raters: how well each agrees with each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from calcimetry.model import Interval
from calcimetry.render.agreement_marks import TOP, draw_title, shortened
from calcimetry.render.chart import BLUE, INK, MUTED, Chart
from calcimetry.render.sheet import Point, text_width


def draw_raters(
    raters: Sequence[str], found: Mapping[tuple[str, str], tuple[float, Interval | None]]
) -> Chart:
    """A heat map: the concordance of each rater with each other, with its interval.

    Parameters
    ----------
    raters : sequence of str
        Their names.
    found : mapping
        Concordance and interval by the names of a pair, in the order of `raters`; pairs that
        could not be compared are missing.
    """
    cell = 108
    left = 40 + max(text_width(name, 14) for name in raters)
    side = cell * len(raters)
    chart = Chart(
        int(left + side + 40),
        TOP + side + 30,
        "Concordance of each rater with each other",
        "Lin's concordance coefficients of all pairs, the darker the closer to 1.",
    )
    draw_title(chart, chart.title, "Lin's CCC and its 95% interval; the darker, the closer to 1")
    for row, name in enumerate(raters):
        y = TOP + 24 + row * cell
        chart.text((left - 12, y + cell / 2 + 5), name, 14, INK, "right")
        chart.text((left + (row + 0.5) * cell, TOP + 14), shortened(name, cell), 14, INK, "centre")
        for column, other in enumerate(raters):
            pair = (name, other) if row < column else (other, name)
            _heat(chart, (left + column * cell, y), cell, found.get(pair), row == column)
    return chart


def _heat(
    chart: Chart,
    at: Point,
    cell: float,
    found: tuple[float, Interval | None] | None,
    same: bool,
) -> None:
    x, y = at
    corners = [(x + 2, y + 2), (x + cell - 2, y + 2), (x + cell - 2, y + cell - 2)]
    corners.append((x + 2, y + cell - 2))
    if same or found is None:
        chart.area(corners, MUTED, 0.12)
        if not same:
            chart.text((x + cell / 2, y + cell / 2 + 5), "none", 13, MUTED, "centre")
        return
    value, interval = found
    # A good part of the scale goes to 0.8 and above, where raters differ; dark ink stays legible.
    depth = max(0.0, min(1.0, value)) ** 4
    chart.area(corners, BLUE, 0.04 + 0.56 * depth)
    chart.text((x + cell / 2, y + cell / 2 + 2), f"{value:.2f}", 22, INK, "centre")
    if interval is not None:
        ends = f"{interval.low:.2f} to {interval.high:.2f}".replace("-", "−")
        chart.text((x + cell / 2, y + cell / 2 + 24), ends, 12, INK, "centre")
