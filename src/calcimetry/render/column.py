"""The column of words and numbers beside the pictures of an overlay."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from calcimetry.model import Lesion, Report
from calcimetry.render import palette, wording
from calcimetry.render.palette import Colour
from calcimetry.render.sheet import Sheet, text_width, wrapped

COLUMN_WIDTH = 420
BADGE_RADIUS = 12.0

_SMALL, _PLAIN, _TITLE, _TOTAL = 14, 16, 20, 44
_LINE = 1.4
_ROW = 29
#: Longer notes stand whole in the report page and report.json.
_NOTE_LINES = 5

#: Right end of each table column, from the left of the column.
_HEADINGS: tuple[tuple[str, float], ...] = (
    ("area", 92),
    ("95% interval", 212),
    ("long x short", 312),
    ("nearest bone", COLUMN_WIDTH),
)


@dataclass
class _Cursor:
    """Writes downwards; `y` is the top of what comes next."""

    sheet: Sheet
    x: float
    y: float

    def lines(self, lines: Sequence[str], size: int, colour: Colour) -> None:
        for line in lines:
            self.y += size * _LINE
            self.sheet.text((self.x, self.y - 0.35 * size), line, size, colour)

    def note(self, text: str, colour: Colour = palette.MUTED) -> None:
        lines = wrapped(text, _SMALL, COLUMN_WIDTH)
        if len(lines) > _NOTE_LINES:
            lines = [*lines[: _NOTE_LINES - 1], lines[_NOTE_LINES - 1] + " ..."]
        self.lines(lines, _SMALL, colour)

    def cell(self, text: str, right: float, size: int, colour: Colour) -> None:
        """Right-aligned text with its middle at `y`."""
        self.sheet.text((self.x + right, self.y + 0.35 * size), text, size, colour, "right")

    def rule(self) -> None:
        self.sheet.line([(self.x, self.y), (self.x + COLUMN_WIDTH, self.y)], palette.RULE, width=1)


def draw_badge(sheet: Sheet, centre: tuple[float, float], number: int) -> None:
    """A lesion's number on a disc of the lesion colour."""
    text = str(number)
    size = 14 if len(text) < 3 else 11
    sheet.disc(centre, BADGE_RADIUS, palette.LESION)
    sheet.text((centre[0], centre[1] + 0.36 * size), text, size, palette.BACKGROUND, "centre")


def draw_column(
    sheet: Sheet, at: tuple[float, float], report: Report, listed: Sequence[Lesion]
) -> float:
    """Write what was measured; `listed` are the lesions that get a row of the table.

    Returns
    -------
    float
        How far down the sheet it reached.
    """
    cursor = _Cursor(sheet, *at)
    _heading(cursor, report)
    cursor.y += 18
    if listed:
        _table(cursor, report, listed)
        cursor.y += 18
    _legend(cursor, report)
    for warning in report.warnings:
        cursor.y += 8
        cursor.note(warning, palette.STATUS["partial"])
    cursor.y += 18
    _small_print(cursor, report)
    return cursor.y


def _heading(cursor: _Cursor, report: Report) -> None:
    name = wording.printable(report.image.name)
    cursor.lines(wrapped(name, _TITLE, COLUMN_WIDTH)[:2], _TITLE, palette.TEXT)
    cursor.y += 12
    colour = palette.STATUS[report.status]
    word = report.status.capitalize()
    width = text_width(word, _SMALL) + 24
    cursor.sheet.box((cursor.x, cursor.y), (width, 24), colour, radius=12)
    cursor.sheet.text((cursor.x + 12, cursor.y + 17), word, _SMALL, palette.BACKGROUND)
    cursor.y += 28
    if report.reason:
        cursor.note(report.reason, colour)
    cursor.y += _TOTAL + 14
    total = wording.area(report.area_mm2)
    cursor.sheet.text((cursor.x, cursor.y), total, _TOTAL, palette.TEXT)
    after = cursor.x + text_width(total, _TOTAL) + 8
    cursor.sheet.text((after, cursor.y), "mm²", _TITLE, palette.TEXT)
    cursor.y += 10
    count = report.lesion_count
    lesions = f"{count} lesion" if count == 1 else f"{count} lesions"
    cursor.lines(
        [f"Area of {lesions} in all" if count else "No lesion found"], _PLAIN, palette.TEXT
    )
    if report.area_interval:
        interval = wording.area_range(report.area_interval)
        cursor.lines([f"95% interval {interval} mm²"], _PLAIN, palette.MUTED)


def _table(cursor: _Cursor, report: Report, listed: Sequence[Lesion]) -> None:
    cursor.y += 8
    units = ("mm²", "mm²", "mm", "")
    for (heading, right), unit in zip(_HEADINGS, units, strict=True):
        cursor.cell(heading, right, _SMALL, palette.MUTED)
        cursor.sheet.text((cursor.x + right, cursor.y + 22), unit, _SMALL, palette.MUTED, "right")
    cursor.y += 32
    cursor.rule()
    for lesion in listed:
        cursor.y += _ROW / 2
        draw_badge(cursor.sheet, (cursor.x + BADGE_RADIUS, cursor.y), lesion.number)
        axes = f"{wording.length(lesion.long_axis_mm)} x {wording.length(lesion.short_axis_mm)}"
        words = (
            (wording.area(lesion.area_mm2), palette.TEXT),
            (wording.area_range(lesion.area_interval), palette.MUTED),
            (axes, palette.TEXT),
            (wording.bone_of(lesion).replace(" phalanx", ""), palette.TEXT),
        )
        for (_, right), (text, colour) in zip(_HEADINGS, words, strict=True):
            cursor.cell(text, right, _SMALL, colour)
        cursor.y += _ROW / 2
    left_out = report.lesion_count - len(listed)
    if left_out:
        cursor.note(f"and {left_out} smaller: outlined here, listed in lesions.csv")


def _legend(cursor: _Cursor, report: Report) -> None:
    entries = [("lesion", palette.LESION)] if report.lesions else []
    entries += [
        (report.bones.meanings[label], palette.bone_colour(label)) for label in report.bones.labels
    ]
    half = COLUMN_WIDTH / 2
    for place, (name, colour) in enumerate(entries):
        x = cursor.x + (place % 2) * half
        y = cursor.y + 24 * (place // 2) + 12
        cursor.sheet.line([(x, y), (x + 22, y)], colour, width=3)
        cursor.sheet.text((x + 30, y + 5), name, _SMALL, palette.TEXT)
    cursor.y += 24 * ((len(entries) + 1) // 2)
    if not report.bones.labels:
        cursor.note("No bone found.")
    if report.lesions:
        cursor.note("Crossed lines: long and short axis of each lesion.")


def _small_print(cursor: _Cursor, report: Report) -> None:
    cursor.rule()
    cursor.y += 6
    _, row_mm, column_mm = report.image.grid.spacing
    spacing = (
        f"{row_mm:.3g}"
        if math.isclose(row_mm, column_mm, rel_tol=1e-6)
        else f"{row_mm:.3g} x {column_mm:.3g}"
    )
    cursor.note(f"Pixel spacing {spacing} mm. Bone method: {report.method}")
    cursor.note(wording.RESEARCH_USE, palette.TEXT)
