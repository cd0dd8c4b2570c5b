"""Drawing primitives."""

from __future__ import annotations

import numpy as np

from calcimetry.render.sheet import Sheet, drawable, text_width, wrapped

BLACK, WHITE = (0, 0, 0), (255, 255, 255)


def test_text_keeps_to_letters_that_the_font_has() -> None:
    assert drawable("Fingér_1.jpg") == "Finger_1.jpg"
    assert drawable("漢\u202e") == "??"
    assert drawable("5 mm²") == "5 mm²"


def test_raised_two_is_narrower_than_a_plain_one() -> None:
    assert text_width("mm", 20) < text_width("mm²", 20) < text_width("mm2", 20)


def test_lines_keep_every_letter_and_their_width() -> None:
    text = "a_very_long_file_name_without_any_blank.jpg and more"
    lines = wrapped(text, 15, 100)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert max(text_width(line, 15) for line in lines) <= 100


def test_aligned_text_ends_where_it_should() -> None:
    for align, ink in (("left", range(50, 100)), ("right", range(51))):
        sheet = Sheet((100, 30), BLACK)
        sheet.text((50, 20), "nnn", 16, WHITE, align)
        columns = np.nonzero(np.asarray(sheet.finished()).any(axis=(0, 2)))[0]
        assert set(columns.tolist()) <= set(ink)


def test_a_region_leaves_its_hole_and_its_surroundings() -> None:
    outer = [(10.0, 10.0), (30.0, 10.0), (30.0, 30.0), (10.0, 30.0), (10.0, 10.0)]
    hole = [(16.0, 16.0), (16.0, 24.0), (24.0, 24.0), (24.0, 16.0), (16.0, 16.0)]
    sheet = Sheet((40, 40), BLACK)
    sheet.region([hole, outer], WHITE, opacity=0.5)
    grey = np.asarray(sheet.finished())[..., 0]
    assert grey[13, 13] == 128
    assert grey[20, 20] == 0
    assert grey[5, 5] == 0


def test_a_region_of_nothing_draws_nothing() -> None:
    sheet = Sheet((4, 4), BLACK)
    sheet.region([], WHITE, opacity=1.0)
    assert not np.asarray(sheet.finished()).any()
