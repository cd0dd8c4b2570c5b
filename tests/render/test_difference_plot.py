from __future__ import annotations

import numpy as np
import pytest

from calcimetry.model import Interval
from calcimetry.render import palette
from calcimetry.render.difference_plot import Dot, DotPanel, draw_differences, ticks


def orange(picture) -> np.ndarray:
    """Where the colour of dots and intervals is, as (row, column)."""
    near = np.abs(np.asarray(picture, int) - palette.LESION).max(axis=2) < 40
    return np.argwhere(near)


def draw(*dots, note=""):
    names = [f"m{n}" for n in range(len(dots))]
    return draw_differences("Title", names, [DotPanel("Dice", "right is better", dots)], note)


def test_an_interval_is_drawn_as_far_as_it_reaches():
    bare, whiskers = orange(draw(Dot(-0.1))), orange(draw(Dot(-0.1, Interval(-0.2, -0.05))))
    assert np.ptp(bare[:, 1]) < 14
    # The panel is 330 pixels wide and spans 0.2 and a slack of 8% at both ends.
    assert np.ptp(whiskers[:, 1]) == pytest.approx(330 * 0.15 / 0.232, abs=4)


def test_a_ring_has_no_interval():
    ring, dot = orange(draw(Dot(0.1))), orange(draw(Dot(0.1, Interval(0.1, 0.1))))
    assert len(ring) < 0.8 * len(dot)


def test_no_difference_has_no_dot():
    assert len(orange(draw(Dot(None)))) == 0


def test_a_line_for_each_method_and_room_for_the_note():
    one, two = draw(Dot(0.1)), draw(Dot(0.1), Dot(0.2))
    assert two.height > one.height
    assert draw(Dot(0.1), note="why there is none " * 20).height > one.height
    assert draw().height > 0


@pytest.mark.parametrize(("low", "high"), [(-1, 1), (0, 0.013), (-7.3, 0.2), (-1e-9, 1e-9)])
def test_ticks_are_few_and_within(low, high):
    found = ticks(low, high)
    assert 2 <= len(found) <= 6
    assert 0.0 in found
    assert all(low <= tick <= high for tick in found)
