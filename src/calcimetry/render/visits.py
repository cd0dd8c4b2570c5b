"""What pictures and figures show of several visits: the visits, and lesions followed over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcimetry.model import Report
from calcimetry.render import palette
from calcimetry.render.column import BADGE_RADIUS, draw_badge
from calcimetry.render.marks import Borders, draw_badges, draw_lesions
from calcimetry.render.palette import Colour
from calcimetry.render.panel import Panel
from calcimetry.render.sheet import Sheet, wrapped

#: Lesions with a row in the table of a picture: the first.
MOST_LINES = 28
_ROW, _SMALL, _PLAIN = 32, 15, 17
TABLE_WIDTH = 600
#: Right ends of the table's columns of numbers, and where its words begin.
_FIRST, _LAST, _CHANGE, _WORDS = 300, 380, 462, 474


@dataclass(frozen=True, eq=False, slots=True)
class ShownVisit:
    """One visit to draw; `tracks` holds the number of each lesion's track, by lesion number."""

    caption: str
    report: Report
    tracks: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class TrackLine:
    """What is written of one followed lesion, in words; empty where there is nothing to say.

    `verdict` is the category or what became of it.
    """

    number: int
    place: str
    first: str
    last: str
    change: str
    verdict: str


def draw_tracks(
    sheet: Sheet,
    panel: Panel,
    masks: Mapping[int, NDArray[np.bool_]],
    tracks: Mapping[int, int],
    filled: bool = True,
) -> dict[int, Borders]:
    """Fill and outline lesions, each in the colour of its track.

    Parameters
    ----------
    sheet : Sheet
    panel : Panel
    masks : mapping of int to bool array, shape (rows, columns)
        Lesions by their number.
    tracks : mapping of int to int
        Their tracks; a lesion that has none is grey.
    filled : bool
        False for the outline alone.

    Returns
    -------
    dict of int to borders
        By track, for `badge_tracks`.
    """
    found: dict[int, Borders] = {}
    by_track: dict[int, dict[int, NDArray[np.bool_]]] = {}
    for number, mask in masks.items():
        by_track.setdefault(tracks.get(number, 0), {})[number] = mask
    for track, own in by_track.items():
        drawn = draw_lesions(sheet, panel, own, filled, palette.track_colour(track))
        borders = [border for one in drawn.values() for border in one]
        if borders and track:
            found[track] = borders
    return found


def badge_tracks(
    sheet: Sheet, panel: Panel, outlines: Mapping[int, Borders], notes: Mapping[int, str]
) -> None:
    """Put the number of each track beside the panel, in its colour."""
    colours: dict[int, Colour] = {one: palette.track_colour(one) for one in outlines}
    draw_badges(sheet, panel, dict(sorted(outlines.items())), notes, colours=colours)


def table_height(lines: Sequence[TrackLine], notes: Sequence[str]) -> int:
    """Of what `draw_table` writes."""
    shown = min(len(lines), MOST_LINES) + (len(lines) > MOST_LINES)
    said = sum(len(wrapped(note, _SMALL, TABLE_WIDTH)) for note in notes)
    return 70 + _ROW * shown + 24 * said


def draw_table(
    sheet: Sheet,
    at: tuple[float, float],
    lines: Sequence[TrackLine],
    heads: tuple[str, str],
    unit: str,
    notes: Sequence[str],
) -> None:
    """Write a row for each followed lesion, and notes below.

    Parameters
    ----------
    sheet : Sheet
    at : (float, float)
        Upper left corner.
    lines : sequence of TrackLine
        The first `MOST_LINES` of them are shown.
    heads : (str, str)
        What the columns of the first and the last size are called.
    unit : str
        Of both.
    notes : sequence of str
    """
    x, y = at
    for words, right in ((heads[0], _FIRST), (heads[1], _LAST), ("change", _CHANGE)):
        sheet.text((x + right, y + 18), words, _SMALL, palette.MUTED, "right")
    for right in (_FIRST, _LAST):
        sheet.text((x + right, y + 40), unit, _SMALL, palette.MUTED, "right")
    y += 54
    sheet.line([(x, y), (x + TABLE_WIDTH, y)], palette.RULE, width=1)
    for line in lines[:MOST_LINES]:
        colour = palette.track_colour(line.number)
        draw_badge(sheet, (x + BADGE_RADIUS, y + _ROW / 2), line.number, colour)
        base = y + _ROW / 2 + 5
        sheet.text((x + 2 * BADGE_RADIUS + 8, base), line.place, _SMALL, palette.TEXT)
        for words, right in ((line.first, _FIRST), (line.last, _LAST), (line.change, _CHANGE)):
            sheet.text((x + right, base), words, _PLAIN, palette.TEXT, "right")
        sheet.text((x + _WORDS, base), line.verdict, _SMALL, palette.MUTED)
        y += _ROW
    if len(lines) > MOST_LINES:
        more = f"and {len(lines) - MOST_LINES} more in followup.csv"
        sheet.text((x, y + _ROW / 2 + 5), more, _SMALL, palette.MUTED)
        y += _ROW
    y += 12
    for note in notes:
        for row in wrapped(note, _SMALL, TABLE_WIDTH):
            y += 22
            sheet.text((x, y), row, _SMALL, palette.MUTED)
        y += 2
