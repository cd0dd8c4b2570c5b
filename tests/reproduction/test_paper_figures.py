from __future__ import annotations

import PIL.Image
import pytest

from calcimetry.reproduction.paper_figures import (
    SHIPPED_CURVE,
    draw_curve,
    read_curve,
    side_by_side,
    spread,
)


def test_the_shipped_curve():
    points = read_curve(SHIPPED_CURVE)
    assert [one.epoch for one in points] == [100, 200, 300, 400, 500]
    assert max(points, key=lambda one: one.bone_dice).epoch == 200
    chart = draw_curve(points, 10)
    assert "On 10 pictures held out" in chart.svg()
    assert chart.picture().size == (1280, 800)


def test_three_charts_take_two_rows():
    chart = draw_curve(read_curve(SHIPPED_CURVE), 10)
    sheet = side_by_side([chart] * 3)
    assert isinstance(sheet, PIL.Image.Image)
    assert sheet.size == (2560, 1600)
    assert side_by_side([chart]).size == (1280, 800)


@pytest.mark.parametrize(("count", "names"), [(0, ""), (1, "a"), (2, "ae"), (9, "abcde")])
def test_spread(count, names):
    assert spread("abcde", count) == list(names)
