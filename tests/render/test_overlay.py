"""The annotated picture."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from calcimetry.errors import InputError
from calcimetry.model import Grid, Image
from calcimetry.render import palette
from calcimetry.render.column import COLUMN_WIDTH
from calcimetry.render.greys import display_limits, to_grey
from calcimetry.render.layout import lay_out
from calcimetry.render.overlay import MOST_LISTED, draw_overlay
from calcimetry.render.sheet import Sheet, text_width


def close_to(pixels: np.ndarray, colour: palette.Colour, by: int = 40) -> np.ndarray:
    return np.abs(pixels.astype(int) - colour).max(axis=-1) <= by


def orange(pixels: np.ndarray) -> np.ndarray:
    """Where red clearly exceeds blue, as in lesions and their badges and nowhere else."""
    return pixels[..., 0].astype(int) - pixels[..., 2] > 60


def panel_of(report, pixels: np.ndarray) -> np.ndarray:
    """The marked panel; the column's height changes nothing but the sheet's."""
    layout = lay_out(report.image.grid, (COLUMN_WIDTH, 100))
    left, top = layout.marked
    width, height = layout.panel
    return pixels[top : top + height, left : left + width]


@pytest.mark.parametrize("shape", [(248, 95), (95, 248), (120, 120), (40, 400), (1, 1), (900, 700)])
def test_is_comfortable_to_look_at_whatever_the_shape(make_report, shape) -> None:
    overlay = draw_overlay(make_report(shape=shape, with_bone=min(shape) > 20))
    assert overlay.mode == "RGB"
    assert overlay.height >= 900
    assert overlay.width <= 1900


@pytest.mark.parametrize("shape", [(248, 95), (95, 248)])
def test_lesions_are_coloured_where_they_lie(make_report, shape) -> None:
    report = make_report(shape=shape, squares=((20, 20, 6), (60, 70, 10)))
    panel = panel_of(report, np.asarray(draw_overlay(report)))
    scale = panel.shape[0] / shape[0]
    for lesion in report.lesions:
        # A quarter of the way from the centre to a corner: off the axes.
        side = lesion.long_axis_mm / 0.4
        row, column = ((lesion.centre[n] + 0.5 + side / 4) * scale for n in (1, 2))
        red, green, blue = panel[int(row), int(column)].tolist()
        assert red > green > blue
        assert red - blue > 60


def test_a_lesion_of_half_a_square_millimetre_can_be_seen(make_report) -> None:
    report = make_report(squares=((124, 20, 2),))  # 0.64 mm2
    panel = panel_of(report, np.asarray(draw_overlay(report)))
    scale = panel.shape[0] / 248
    top, left = int(123 * scale), int(19 * scale)
    size = int(4 * scale)
    assert orange(panel[top : top + size, left : left + size]).sum() > 40


def test_bones_are_outlined_and_not_filled(make_report) -> None:
    report = make_report()
    panel = panel_of(report, np.asarray(draw_overlay(report)))
    outlined = close_to(panel, palette.bone_colour(1), by=60)
    scale = panel.shape[0] / 248
    rows, columns = np.nonzero(outlined)
    assert rows.min() / scale == pytest.approx(248 // 3, abs=1.5)
    assert columns.max() / scale == pytest.approx(95 // 2 + 8, abs=1.5)
    middle = panel[panel.shape[0] // 2, int((95 // 2 + 4) * scale)]
    assert np.ptp(middle) == 0


def test_the_bare_picture_stays_bare(make_report) -> None:
    report = make_report(squares=((20, 20, 6),))
    layout = lay_out(report.image.grid, (COLUMN_WIDTH, 100))
    pixels = np.asarray(draw_overlay(report))
    left, top = layout.bare
    bare = pixels[top : top + layout.panel[1], left : left + layout.panel[0]]
    assert np.ptp(bare, axis=-1).max() == 0


@pytest.mark.parametrize("shape", [(248, 95), (95, 248)])
@pytest.mark.parametrize("count", [1, 20, 60])
def test_each_listed_lesion_has_one_badge_and_none_overlap(
    make_report, scattered, monkeypatch, shape, count
) -> None:
    badges: list[tuple[tuple[float, float], int]] = []
    monkeypatch.setattr(
        "calcimetry.render.marks.draw_badge",
        lambda _, centre, number, *_colour: badges.append((centre, number)),
    )
    report = make_report(shape=shape, squares=scattered(count, shape))
    overlay = draw_overlay(report)
    assert len({number for _, number in badges}) == len(badges) == min(count, MOST_LISTED)
    centres = np.array([centre for centre, _ in badges])
    gaps = np.linalg.norm(centres[:, None] - centres[None], axis=-1)
    assert gaps[~np.eye(len(badges), dtype=bool)].min(initial=99) >= 24
    assert (centres > 12).all()
    assert (centres < np.array(overlay.size) - 12).all()


@pytest.mark.parametrize("shape", [(248, 95), (95, 248)])
def test_lengths_stand_by_each_badge_and_none_overlap(
    make_report, scattered, monkeypatch, shape
) -> None:
    texts = []
    original = Sheet.text

    def remembered(self, at, words, size, colour, align="left"):
        if " x " in words and align == "centre":
            texts.append((at, text_width(words, size), words))
        original(self, at, words, size, colour, align)

    monkeypatch.setattr(Sheet, "text", remembered)
    draw_overlay(make_report(shape=shape, squares=scattered(20, shape)))
    assert len(texts) == 20
    assert all(re.fullmatch(r"\d+\.\d x \d+\.\d", words) for _, _, words in texts)
    for (at, width, _), (other, its_width, _) in combinations(texts, 2):
        beside = abs(at[0] - other[0]) >= (width + its_width) / 2
        assert beside or abs(at[1] - other[1]) >= 30


def test_both_axes_of_a_small_lesion_are_drawn(make_report, monkeypatch) -> None:
    lines = []
    original = Sheet.line

    def remembered(self, points, colour, width):
        if colour == palette.AXIS:
            lines.append(width)
        original(self, points, colour, width)

    monkeypatch.setattr(Sheet, "line", remembered)
    draw_overlay(make_report(squares=((124, 20, 2), (60, 20, 9))))
    assert lines[:4] == [1, 1, 1.5, 1.5]  # then enlarged, each below


def test_urate_is_said_not_to_count(make_report, monkeypatch) -> None:
    texts = []
    monkeypatch.setattr(Sheet, "text", lambda _self, _at, words, *_: texts.append(words))
    report = make_report(squares=((20, 20, 6), (60, 70, 10)))
    gout = replace(report.lesions[1], material="urate")
    draw_overlay(replace(report, lesions=(report.lesions[0], gout)))
    assert {"Area of 1 lesion in all", "and 1 of urate, not counted"} <= set(texts)


def test_many_words_make_the_sheet_longer(make_report, scattered) -> None:
    shape = (248, 95)
    warnings = tuple(f"Warning number {n}: " + "so it is " * 12 for n in range(6))
    short = draw_overlay(make_report(squares=scattered(20, shape)))
    long = draw_overlay(
        make_report(
            squares=scattered(20, shape), status="partial", reason="x " * 900, warnings=warnings
        )
    )
    assert long.height > short.height


def test_pixels_that_are_not_square_are_shown_in_proportion(make_report) -> None:
    affine = Grid.picture((100, 100), 0.2).affine.copy()
    affine[:, 1] *= 3
    layout = lay_out(Grid((1, 100, 100), affine), (COLUMN_WIDTH, 100))
    assert layout.panel[1] / layout.panel[0] == pytest.approx(3, rel=0.01)


def test_a_volume_is_refused(make_report) -> None:
    image = Image(np.zeros((4, 5, 6)), Grid((4, 5, 6), np.eye(4)), name="volume")
    with pytest.raises(InputError, match=r"one slice, found 4 slices"):
        draw_overlay(replace(make_report(), image=image))


def test_grey_follows_the_window() -> None:
    grid = Grid.picture((1, 3), 0.4)

    def grey(image: Image) -> list[list[int]]:
        return np.asarray(to_grey(image.array[0], display_limits(image))).tolist()

    windowed = Image([[-300, 450, 1200]], grid, clipped_hu=(-300.0, 1200.0))
    assert grey(windowed) == [[0, 128, 255]]
    assert grey(Image([[-1000, 450, 3000]], grid)) == [[0, 128, 255]]
    assert grey(Image([[0, 1, 2]], grid, unit="mg/cm3")) == [[0, 128, 255]]
    assert grey(Image([[7, 7, 7]], grid, unit="1")) == [[0, 0, 0]]
