"""The column of words and numbers beside the pictures of an overlay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from calcimetry.model import Lesion, Report
from calcimetry.render import palette, wording
from calcimetry.render.legend import draw_legend
from calcimetry.render.palette import Colour
from calcimetry.render.sheet import Sheet, text_width, wrapped

COLUMN_WIDTH = 480
#: A volume's table has a column more.
VOLUME_COLUMN_WIDTH = 640
BADGE_RADIUS = 13.0

_SMALL, _PLAIN, _TITLE, _TOTAL = 16, 18, 22, 44
_LINE = 1.4
_ROW = 32
#: Longer notes stand whole in the report page and report.json.
_NOTE_LINES = 5


@dataclass(frozen=True, slots=True)
class _TableColumn:
    """One column of the table: `right` is its right end, from the left of the words."""

    title: str
    unit: str
    right: float
    text: Callable[[Lesion], str]
    colour: Colour = palette.TEXT


_PICTURE_TABLE = (
    _TableColumn("area", "mm²", 106, lambda one: wording.area(one.area_mm2)),
    _TableColumn(
        "95% interval",
        "mm²",
        244,
        lambda one: wording.area_range(one.area_interval),
        palette.MUTED,
    ),
    _TableColumn("long x short", "mm", 360, wording.axes_of),
    _TableColumn("nearest bone", "", COLUMN_WIDTH, wording.short_bone_of),
)
_VOLUME_TABLE = (
    _TableColumn("volume", "mm³", 114, wording.volume_of),
    _TableColumn("95% interval", "mm³", 254, wording.volume_range_of, palette.MUTED),
    _TableColumn("area", "mm²", 334, lambda one: wording.area(one.area_mm2)),
    _TableColumn("long x short", "mm", 450, wording.axes_of),
    _TableColumn("nearest bone", "", VOLUME_COLUMN_WIDTH, wording.short_bone_of),
)


@dataclass
class _Cursor:
    """Writes downwards; `y` is the top of what comes next."""

    sheet: Sheet
    x: float
    y: float
    width: float

    def lines(self, lines: Sequence[str], size: int, colour: Colour) -> None:
        for line in lines:
            self.y += size * _LINE
            self.sheet.text((self.x, self.y - 0.35 * size), line, size, colour)

    def note(self, text: str, colour: Colour = palette.MUTED) -> None:
        lines = wrapped(text, _SMALL, self.width)
        if len(lines) > _NOTE_LINES:
            lines = [*lines[: _NOTE_LINES - 1], lines[_NOTE_LINES - 1] + " ..."]
        self.lines(lines, _SMALL, colour)

    def cell(self, text: str, right: float, size: int, colour: Colour) -> None:
        """Right-aligned text with its middle at `y`."""
        self.sheet.text((self.x + right, self.y + 0.35 * size), text, size, colour, "right")

    def rule(self) -> None:
        self.sheet.line([(self.x, self.y), (self.x + self.width, self.y)], palette.RULE, width=1)


def draw_badge(
    sheet: Sheet, centre: tuple[float, float], number: int, colour: Colour = palette.LESION
) -> None:
    """A lesion's number on a disc of its colour."""
    text = str(number)
    size = 16 if len(text) < 3 else 12
    sheet.disc(centre, BADGE_RADIUS, colour)
    sheet.text((centre[0], centre[1] + 0.36 * size), text, size, palette.BACKGROUND, "centre")


def column_width(report: Report) -> int:
    """How wide the words beside a picture's or a volume's panels are."""
    return COLUMN_WIDTH if report.image.is_picture else VOLUME_COLUMN_WIDTH


def draw_column(
    sheet: Sheet, at: tuple[float, float], report: Report, listed: Sequence[Lesion]
) -> float:
    """Write what was measured; `listed` are the lesions that get a row of the table.

    Returns
    -------
    float
        How far down the sheet it reached.
    """
    cursor = _Cursor(sheet, *at, column_width(report))
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
    cursor.lines(wrapped(name, _TITLE, cursor.width)[:2], _TITLE, palette.TEXT)
    cursor.y += 12
    colour = palette.STATUS[report.status]
    word = report.status.capitalize()
    width = text_width(word, _SMALL) + 24
    cursor.sheet.box((cursor.x, cursor.y), (width, 26), colour, radius=13)
    cursor.sheet.text((cursor.x + 12, cursor.y + 19), word, _SMALL, palette.BACKGROUND)
    cursor.y += 30
    if report.reason:
        cursor.note(report.reason, colour)
    cursor.y += _TOTAL + 14
    total, interval, unit, quantity = _total(report)
    cursor.sheet.text((cursor.x, cursor.y), total, _TOTAL, palette.TEXT)
    after = cursor.x + text_width(total, _TOTAL) + 8
    cursor.sheet.text((after, cursor.y), unit, _TITLE, palette.TEXT)
    cursor.y += 10
    count = report.lesion_count
    lesions = f"{count} lesion" if count == 1 else f"{count} lesions"
    cursor.lines(
        [f"{quantity} of {lesions} in all" if count else "No lesion found"], _PLAIN, palette.TEXT
    )
    urate = len(report.lesions) - count
    if urate:
        cursor.lines([f"and {urate} of urate, not counted"], _PLAIN, palette.MUTED)
    if interval:
        cursor.lines([f"95% interval {interval} {unit}"], _PLAIN, palette.MUTED)


def _total(report: Report) -> tuple[str, str, str, str]:
    """The number that matters most, its interval (or nothing), its unit and what it is."""
    if report.volume_mm3 is not None:
        interval = wording.volume_range(report.volume_interval) if report.volume_interval else ""
        return wording.volume(report.volume_mm3), interval, "mm³", "Volume"
    interval = wording.area_range(report.area_interval) if report.area_interval else ""
    return wording.area(report.area_mm2), interval, "mm²", "Area"


def _table(cursor: _Cursor, report: Report, listed: Sequence[Lesion]) -> None:
    table = _PICTURE_TABLE if report.image.is_picture else _VOLUME_TABLE
    cursor.y += 8
    for column in table:
        cursor.cell(column.title, column.right, _SMALL, palette.MUTED)
        place = (cursor.x + column.right, cursor.y + 24)
        cursor.sheet.text(place, column.unit, _SMALL, palette.MUTED, "right")
    cursor.y += 35
    cursor.rule()
    for lesion in listed:
        cursor.y += _ROW / 2
        draw_badge(cursor.sheet, (cursor.x + BADGE_RADIUS, cursor.y), lesion.number)
        for column in table:
            cursor.cell(column.text(lesion), column.right, _SMALL, column.colour)
        cursor.y += _ROW / 2
    left_out = len(report.lesions) - len(listed)
    if left_out:
        cursor.note(f"and {left_out} smaller: outlined here, listed in lesions.csv")


def _legend(cursor: _Cursor, report: Report) -> None:
    half = cursor.width / 2
    cursor.y += draw_legend(cursor.sheet, (cursor.x, cursor.y), report, [half, half])
    if not report.bones.labels:
        cursor.note("No bone found.")
    if report.lesions and report.image.is_picture:
        cursor.note("Crossed lines: long and short axis, with their lengths in mm.")


def _small_print(cursor: _Cursor, report: Report) -> None:
    cursor.rule()
    cursor.y += 6
    cursor.note(f"{wording.spacing_of(report.image)}. Bone method: {report.method}")
    cursor.note(wording.RESEARCH_USE, palette.TEXT)
