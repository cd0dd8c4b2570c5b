"""Lesions enlarged."""

from __future__ import annotations

import numpy as np
import pytest

from calcimetry.render import close_ups, palette
from calcimetry.render.close_ups import MOST_ENLARGED, close_ups_height, draw_close_ups
from calcimetry.render.overlay import draw_overlay
from calcimetry.render.sheet import Sheet


@pytest.fixture
def badges(monkeypatch) -> list[tuple[tuple[float, float], int]]:
    seen: list[tuple[tuple[float, float], int]] = []
    monkeypatch.setattr(close_ups, "draw_badge", lambda _, at, number: seen.append((at, number)))
    return seen


def drawn(report) -> np.ndarray:
    sheet = Sheet((480, 500), palette.BACKGROUND)
    draw_close_ups(sheet, (0, 0), report, report.lesions)
    return np.asarray(sheet.finished())


def test_the_largest_are_enlarged_in_the_order_of_their_numbers(make_report, badges) -> None:
    squares = tuple((20 + 20 * n, 20, 2 + n % 8) for n in range(9))
    report = make_report(squares=squares)
    drawn(report)
    areas = sorted((one.area_mm2 for one in report.lesions), reverse=True)[:MOST_ENLARGED]
    numbers = [number for _, number in badges]
    assert numbers == sorted(numbers)
    shown = sorted((report.lesions[n - 1].area_mm2 for n in numbers), reverse=True)
    assert shown == areas


def test_no_lesion_takes_no_room(make_report, badges) -> None:
    assert close_ups_height(()) == 0
    assert (drawn(make_report()) == palette.BACKGROUND).all()
    assert badges == []


def test_seven_take_the_room_of_two_rows(make_report) -> None:
    report = make_report(squares=tuple((20 + 20 * n, 20, 3) for n in range(7)))
    one, two = (close_ups_height(report.lesions[:n]) for n in (3, 7))
    assert one < two == close_ups_height(report.lesions[:4])


def test_a_lesion_stands_in_the_middle_of_its_tile_also_at_the_border(make_report, badges) -> None:
    report = make_report(squares=((0, 0, 5), (100, 30, 5)), with_bone=False)
    sheet = drawn(report)
    for (x, y), _ in badges:
        left, top = round(x) - 16, round(y) - 16
        tile = sheet[top : top + 150, left : left + 150]
        rows, columns = np.nonzero(tile.min(axis=-1) > 100)
        assert abs((rows.min() + rows.max()) / 2 - 75) < 6
        assert abs((columns.min() + columns.max()) / 2 - 75) < 6


def test_an_overlay_has_room_for_them(make_report, badges) -> None:
    shape = (60, 60)
    squares = tuple((3 + 12 * (n // 4), 3 + 14 * (n % 4), 4) for n in range(16))
    overlay = draw_overlay(make_report(shape=shape, squares=squares))
    assert max(y for (_, y), _ in badges) + 180 < overlay.height
