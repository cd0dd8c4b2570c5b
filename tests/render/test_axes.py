from __future__ import annotations

import pytest

from calcimetry.render.axes import Axes, Scale, around
from calcimetry.render.chart import Chart


def test_plain_and_logarithmic_scales():
    assert Scale(0.0, 10.0).share(2.5) == 0.25
    assert Scale(1.0, 100.0, log=True).share(10.0) == pytest.approx(0.5)


def test_round_numbers():
    assert Scale(-10.0, 10.0).ticks == [-10.0, -5.0, 0.0, 5.0, 10.0]
    assert Scale(0.4, 60.0, log=True).ticks == [0.5, 1, 2, 5, 10, 20, 50]
    assert Scale(0.01, 1e4, log=True).ticks == pytest.approx([10.0**n for n in range(-2, 5)])


def test_room_around_values():
    found = around([10.0, 20.0])
    assert found.low < 10.0
    assert found.high > 20.0
    assert around([0.3, 20.0]).low == 0.0
    assert around([5.0, 5.0]).high > 5.0
    logs = around([1.0, 100.0], log=True)
    assert 0.0 < logs.low < 1.0
    assert around([2.0, 2.0], log=True).low < 2.0


def test_lines_end_at_the_frame():
    axes = Axes(Chart(100, 100, "", ""), 10, 10, 80, 80, Scale(0, 10), Scale(0, 10))
    parts = axes.inside([(0, 5), (2, 5), (4, 20), (6, 5), (8, 5), (9, 30)])
    assert parts == [[(10.0, 50.0), (26.0, 50.0)], [(58.0, 50.0), (74.0, 50.0)]]
    assert axes.level(10.0) == [(10, 10.0), (90, 10.0)]


def test_they_say_what_they_mean():
    chart = Chart(200, 200, "", "")
    Axes(chart, 50, 50, 100, 100, Scale(-1, 1), Scale(-1, 1)).draw("size, mm²", "difference")
    svg = chart.svg()
    assert "size, mm²" in svg
    assert "difference" in svg
    assert ">−1<" in svg
