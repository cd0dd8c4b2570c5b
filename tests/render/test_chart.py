from __future__ import annotations

from xml.etree import ElementTree as ET

import numpy as np
import pytest

from calcimetry.render.chart import BLUE, INK, ORANGE, PAPER, SHAPES, Chart

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def chart():
    return Chart(100, 60, "A <title>", "What it & shows")


def tags(chart):
    return [one.tag.removeprefix(SVG) for one in ET.fromstring(chart.svg())]  # noqa: S314 - our own


def test_words_for_those_who_cannot_see_it(chart):
    tree = ET.fromstring(chart.svg())  # noqa: S314 - our own
    assert tree.find(f"{SVG}title").text == "A <title>"
    assert tree.find(f"{SVG}desc").text == "What it & shows"
    assert tree.get("role") == "img"


def test_the_picture_is_twice_as_large(chart):
    picture = chart.picture()
    assert picture.size == (200, 120)
    assert picture.getpixel((5, 5)) == PAPER


def test_a_line_and_its_dashes(chart):
    chart.line([(0, 10), (100, 10)], INK, 2)
    chart.line([(0, 40), (100, 40)], ORANGE, 2, dash=10)
    row = np.asarray(chart.picture())
    assert (row[20] == INK).all()
    dashed = (row[80] == ORANGE).all(axis=-1)
    assert dashed[10]
    assert not dashed[30]
    assert dashed[50]
    assert 0.4 < dashed.mean() < 0.6
    assert 'stroke-dasharray="10"' in chart.svg()


@pytest.mark.parametrize("turned", [False, True])
def test_an_area_is_filled_whichever_way_it_turns(chart, turned):
    corners = [(10, 10), (40, 10), (40, 40), (10, 40)]
    chart.area(corners[::-1] if turned else corners, BLUE)
    assert chart.picture().getpixel((50, 50)) == BLUE
    assert chart.picture().getpixel((150, 50)) == PAPER


@pytest.mark.parametrize("shape", SHAPES)
def test_marks(chart, shape):
    chart.mark((50, 30), shape, ORANGE, 8)
    assert chart.picture().getpixel((100, 60)) == ORANGE
    assert tags(chart)[-1] == ("circle" if shape == "disc" else "polygon")


def test_words_are_escaped_and_minus_signs_drawn(chart):
    chart.text((50, 30), "−1 < 2 mm²", 14, INK, "centre")
    assert "−1 &lt; 2 mm²" in chart.svg()
    other = Chart(100, 60, "", "")
    other.text((50, 30), "-1 < 2 mm²", 14, INK, "centre")
    assert chart.picture().tobytes() == other.picture().tobytes()
