from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calcimetry.model import Grid, Image
from calcimetry.render import palette
from calcimetry.render.method_sheet import Finding, MethodRow, draw_methods


def near(picture, colour, tolerance=40) -> int:
    """How many pixels have about a colour."""
    return int((np.abs(np.asarray(picture, int) - colour).max(axis=2) < tolerance).sum())


@pytest.fixture
def row() -> MethodRow:
    bones = np.zeros((60, 30), np.uint8)
    bones[5:25, 10:20] = 3
    lesions = np.zeros((60, 30), np.uint8)
    lesions[40:46, 10:20] = 1
    image = Image(np.where(bones > 0, 800.0, 0.0), Grid.picture((60, 30), 0.4))
    findings = (Finding("Picture"), Finding("Truth", bones, lesions, "9.6 mm²"))
    return MethodRow("finger.png", image, findings)


def test_bones_and_lesions_are_drawn_where_a_finding_has_them(row):
    sheet = draw_methods([row], "One picture")
    left, right = sheet.crop((0, 90, 228, 480)), sheet.crop((238, 90, sheet.width, 480))
    for colour in (palette.bone_colour(3), palette.LESION):
        assert near(left, colour) == 0
        assert near(right, colour) > 100


def test_a_column_for_each_finding_and_a_row_for_each_picture(row):
    one = draw_methods([row], "")
    wide = draw_methods([replace(row, findings=row.findings * 2)], "")
    tall = draw_methods([row, row], "")
    assert wide.width - one.width == 2 * (196 + 18)
    assert tall.height > one.height + 400


def test_the_legend_names_what_is_drawn_and_stays_on_the_sheet(row):
    four = row.findings[1]
    bones = np.tile(np.arange(5, dtype=np.uint8).repeat(12)[:, None], (1, 30))
    sheet = draw_methods([replace(row, findings=(replace(four, bones=bones),))], "")
    legend = sheet.crop((0, sheet.height - 150, sheet.width, sheet.height))
    for label in (1, 2, 3, 4):
        assert near(legend, palette.bone_colour(label)) > 30
    plain = draw_methods([row], "")
    legend = plain.crop((0, plain.height - 70, plain.width, plain.height))
    assert near(legend, palette.bone_colour(4)) == 0


def test_no_answer_is_written_over_the_picture(row):
    refused = Finding("em", note="no answer: " + "no bone was found " * 40)
    sheet = draw_methods([replace(row, findings=(refused,))], "")
    assert near(sheet, palette.STATUS["failed"]) > 100


def test_pixels_that_are_not_square_keep_their_proportion(row):
    grid = Grid((1, 60, 30), np.diag([1.0, 0.4, 0.8, 1.0]))
    wide = draw_methods([replace(row, image=Image(row.image.array, grid))], "")
    assert wide.height < draw_methods([row], "").height
