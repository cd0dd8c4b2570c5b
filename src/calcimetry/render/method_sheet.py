"""The same pictures as several methods see them, one beside the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from calcimetry.model import Image, bone_name
from calcimetry.render import palette
from calcimetry.render.greys import display_limits, to_grey
from calcimetry.render.marks import draw_bones, draw_lesions, draw_scale_bar
from calcimetry.render.palette import Colour
from calcimetry.render.panel import Panel
from calcimetry.render.sheet import Sheet, wrapped

#: Room (width, height) for one picture.
_ROOM = (196, 400)
_GAP, _MARGIN, _HEAD, _TITLE, _FOOT = 18, 28, 58, 26, 58
_SIZE = 14
#: Width and height of one entry of the legend.
_ENTRY = (190, 26)


@dataclass(frozen=True, eq=False, slots=True)
class Finding:
    """What one method, or the truth, says of one picture.

    Parameters
    ----------
    heading : str
        Whose it is; that of the first picture's stands over the column.
    bones, lesions : int array, shape (rows, columns), or None
        Label maps; None where there is nothing to show.
    caption : str
        One short line below, such as its Dice.
    note : str
        Written over the picture, for a method without an answer.
    """

    heading: str
    bones: NDArray[np.integer] | None = None
    lesions: NDArray[np.integer] | None = None
    caption: str = ""
    note: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class MethodRow:
    """One picture and all that is said of it."""

    name: str
    image: Image
    findings: tuple[Finding, ...]


def draw_methods(rows: Sequence[MethodRow], title: str) -> Picture.Image:
    """Draw pictures as rows and findings as columns, all of a row at one size.

    Parameters
    ----------
    rows : sequence of MethodRow
        At least one; each of one slice, and with the same headings.
    title : str
        What the sheet shows, in one line.

    Returns
    -------
    PIL.Image.Image
        Mode RGB.
    """
    panels = [_panel_size(row.image) for row in rows]
    step = _ROOM[0] + _GAP
    width = 2 * _MARGIN + step * len(rows[0].findings) - _GAP
    entries = _legend(rows)
    in_line = max(1, (width - 2 * _MARGIN) // _ENTRY[0])
    legend_height = _ENTRY[1] * -(-len(entries) // in_line)
    height = _MARGIN + _HEAD + sum(_TITLE + h + _FOOT for _, h in panels) + legend_height + 6
    sheet = Sheet((width, height), palette.BACKGROUND)
    sheet.text((_MARGIN, _MARGIN + 10), title, 18, palette.TEXT)
    top = _MARGIN + _HEAD
    for column, finding in enumerate(rows[0].findings):
        sheet.text((_MARGIN + column * step, top - 8), finding.heading, 17, palette.TEXT)
    for row, (panel_width, panel_height) in zip(rows, panels, strict=True):
        sheet.line([(_MARGIN, top), (width - _MARGIN, top)], palette.RULE, 1)
        sheet.text((_MARGIN, top + 18), row.name, _SIZE, palette.MUTED)
        grey = to_grey(row.image.array[0], display_limits(row.image))
        for column, finding in enumerate(row.findings):
            at = (_MARGIN + column * step, top + _TITLE)
            panel = Panel(at, (panel_width, panel_height), row.image.grid.shape[1:])
            sheet.picture(grey, at, panel.size)
            _draw_finding(sheet, panel, finding)
        first = Panel((_MARGIN, top + _TITLE), (panel_width, panel_height), grey.size[::-1])
        draw_scale_bar(sheet, first, row.image.grid.spacing[2], 16)
        top += _TITLE + panel_height + _FOOT
    _draw_legend(sheet, (_MARGIN, top + 8), entries, in_line)
    return sheet.finished()


def _panel_size(image: Image) -> tuple[int, int]:
    """Largest size that fits the room, in true proportion even if pixels are not square."""
    _, rows, columns = image.grid.shape
    _, row_mm, column_mm = image.grid.spacing
    scale = min(_ROOM[0] / (columns * column_mm), _ROOM[1] / (rows * row_mm))
    return max(1, round(columns * column_mm * scale)), max(1, round(rows * row_mm * scale))


def _draw_finding(sheet: Sheet, panel: Panel, finding: Finding) -> None:
    if finding.bones is not None:
        draw_bones(sheet, panel, finding.bones)
    if finding.lesions is not None:
        numbers = np.unique(finding.lesions[finding.lesions > 0]).tolist()
        draw_lesions(sheet, panel, {number: finding.lesions == number for number in numbers})
    x, y = panel.at
    if finding.note:
        lines = wrapped(finding.note, 13, panel.size[0] - 12)[: max(1, panel.size[1] // 18 - 1)]
        sheet.box((x, y), (panel.size[0], 18 * len(lines) + 8), palette.BACKGROUND)
        for number, line in enumerate(lines):
            sheet.text((x + 6, y + 18 * (number + 1)), line, 13, palette.STATUS["failed"])
    if finding.caption:
        sheet.text((x, y + panel.size[1] + 20), finding.caption, _SIZE, palette.TEXT)


def _legend(rows: Sequence[MethodRow]) -> list[tuple[str, Colour]]:
    """Names and colours of all that is drawn."""
    findings = [finding for row in rows for finding in row.findings]
    labels = {
        int(label)
        for finding in findings
        if finding.bones is not None
        for label in np.unique(finding.bones[finding.bones > 0])
    }
    names = {bone_name(label): palette.bone_colour(label) for label in sorted(labels)}
    return [("calcification", palette.LESION), *names.items()]


def _draw_legend(
    sheet: Sheet, at: tuple[float, float], entries: Sequence[tuple[str, Colour]], in_line: int
) -> None:
    for number, (name, colour) in enumerate(entries):
        line, place = divmod(number, in_line)
        x, y = at[0] + place * _ENTRY[0], at[1] + line * _ENTRY[1]
        sheet.line([(x, y), (x + 22, y)], colour, width=3)
        sheet.text((x + 30, y + 5), name, _SIZE, palette.TEXT)
