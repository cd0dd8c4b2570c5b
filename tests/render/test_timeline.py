from __future__ import annotations

import re

import numpy as np
import pytest

from calcimetry.model import Interval
from calcimetry.render.timeline import MOST_NAMED, TimeLine, TimePoint, draw_timeline

TOTAL = TimeLine(0, (TimePoint(0, 40.0), TimePoint(1, 50.0, Interval(44.0, 57.0))), "+25%")


def lesion(number, *sizes, ends="+1%"):
    points = tuple(TimePoint(place, size) for place, size in enumerate(sizes))
    return TimeLine(number, points, ends)


def draw(lesions=(), days=(0, 90), visits=("baseline", "day 90"), total=TOTAL):
    return draw_timeline("Left hand", "+25%: progression", visits, days, total, lesions)


def words(chart):
    return re.findall(r"<text[^>]*>([^<]*)</text>", chart.svg())


def test_lines_are_named_and_what_is_gone_lies_below():
    chart = draw([lesion(1, 10.0, 12.0, ends="+20%"), lesion(2, 5.0, 0.0, ends="gone")])
    assert {"1  +20%", "2  gone", "+25%", "not seen", "baseline", "day 90"} <= set(words(chart))
    assert "Volume of each lesion, mm³" in words(chart)
    picture = np.asarray(chart.picture())
    assert 0.01 < np.mean(picture != 255) < 0.4
    assert "not seen" not in words(draw([lesion(1, 10.0, 12.0)]))


def test_totals_alone():
    chart = draw()
    assert chart.width < draw([lesion(1, 1.0, 2.0)]).width
    assert chart.shows == "Volume at 2 visits, of all lesions together."
    assert draw(total=TimeLine(0, ())).svg().count("<circle") == 0


def test_names_of_lines_do_not_lie_on_each_other():
    svg = draw([lesion(n, 10.0, 12.0 + 0.01 * n) for n in range(1, 9)]).svg()
    heights = [float(y) for y in re.findall(r'y="([\d.]+)"[^>]*>\d  \+1%', svg)]
    assert len(heights) == 8
    assert min(np.diff(sorted(heights))) > 15


def test_small_lesions_of_many_are_grey():
    chart = draw([lesion(n, float(n), float(n)) for n in range(1, MOST_NAMED + 4)])
    assert "Grey: 3 smaller lesions" in words(chart)
    assert f"{MOST_NAMED + 3}  +1%" in words(chart)
    assert "1  +1%" not in words(chart)


@pytest.mark.parametrize(
    ("days", "share"), [((0, 30, 120), 0.25), ((0, None, 120), 0.5), ((0, 0, 0), 0.5)]
)
def test_visits_stand_by_their_days(days, share):
    visits = ("baseline", "visit 2", "visit 3")
    total = TimeLine(0, tuple(TimePoint(place, 10.0) for place in range(3)))
    svg = draw(days=days, visits=visits, total=total).svg()
    first, middle, last = (float(x) for x in re.findall(r'<circle cx="([\d.]+)"', svg))
    assert (middle - first) / (last - first) == pytest.approx(share, abs=0.01)


def test_visits_close_together_do_not_write_over_each_other():
    visits = ("baseline", "day 1", "day 400")
    total = TimeLine(0, tuple(TimePoint(place, 10.0) for place in range(3)))
    assert "day 1" not in words(draw(days=(0, 1, 400), visits=visits, total=total))
