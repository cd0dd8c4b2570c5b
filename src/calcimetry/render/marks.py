"""What is drawn onto a panel: outlines, axes, badges, a scale bar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calcimetry.model import Lesion
from calcimetry.render import callouts, palette
from calcimetry.render.column import BADGE_RADIUS, draw_badge
from calcimetry.render.contours import display_contours
from calcimetry.render.palette import Colour
from calcimetry.render.panel import GUTTER, Panel
from calcimetry.render.sheet import Point, Sheet, text_width

_BADGE_GAP = 2 * BADGE_RADIUS + 3
#: Size of the words under a badge, and the room that they take along and across.
_NOTE_SIZE = 15
_NOTE_ROOM = (19.0, 80.0)
_HALO = (0, 0, 0, 130)
_FAINT = (163, 173, 186, 110)
_LESION_OPACITY = 0.45
#: Axes shorter than this are drawn as hairlines, which hide less of a small lesion.
_SHORT_AXIS = 16.0
#: A leader that leaves its course by less would show a single step.
_NEARLY_STRAIGHT = 2.0
_BAR_LENGTHS_MM = (10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1)

#: Borders of one lesion in pixels of the sheet, each an array of (x, y).
Borders = list[NDArray[np.float64]]


def draw_bones(sheet: Sheet, panel: Panel, label_map: NDArray[np.integer]) -> None:
    """Outline each bone of a label map, shape (rows, columns), in its colour."""
    for label in np.unique(label_map[label_map > 0]).tolist():
        outline_bone(sheet, panel, label, label_map == label)


def outline_bone(sheet: Sheet, panel: Panel, label: int, mask: NDArray[np.bool_]) -> None:
    """Outline one bone, a mask of shape (rows, columns), in its colour."""
    _outline(sheet, _borders(panel, mask), palette.bone_colour(label), width=1.5)


def draw_shadow(sheet: Sheet, panel: Panel, mask: NDArray[np.bool_]) -> None:
    """Outline faintly what lies before or behind the plane that is shown."""
    for border in _borders(panel, mask):
        sheet.line(_points(border), _FAINT, width=1)


def draw_lesions(
    sheet: Sheet,
    panel: Panel,
    masks: Mapping[int, NDArray[np.bool_]],
    filled: bool = True,
    colour: Colour = palette.LESION,
) -> dict[int, Borders]:
    """Fill and outline lesions.

    Parameters
    ----------
    sheet : Sheet
        What to draw on.
    panel : Panel
        Where.
    masks : mapping of int to bool array, shape (rows, columns)
        Each lesion by its number; empty ones are left out.
    filled : bool
        False for the outline alone.
    colour : (int, int, int)
        Of all of them.

    Returns
    -------
    dict of int to borders
        The outlines in pixels of the sheet, for `draw_badges`.
    """
    borders = {number: _borders(panel, mask) for number, mask in masks.items() if mask.any()}
    if filled:
        every = [_points(border) for one in borders.values() for border in one]
        sheet.region(every, colour, _LESION_OPACITY)
    for one in borders.values():
        _outline(sheet, one, colour, width=1.5)
    return borders


def draw_axes(sheet: Sheet, panel: Panel, axes: Iterable[ArrayLike]) -> None:
    """Draw axes, each its two ends as fractional (row, column)."""
    for ends in axes:
        axis = panel.place(ends)
        if np.linalg.norm(axis[1] - axis[0]) < _SHORT_AXIS:
            sheet.line(_points(axis), palette.AXIS, width=1)
            continue
        sheet.line(_points(axis), _HALO, width=3)
        sheet.line(_points(axis), palette.AXIS, width=1.5)


def draw_scale_bar(sheet: Sheet, panel: Panel, column_mm: float, below: float) -> None:
    """Draw a bar of 10 mm under a panel, or of less where that is half the picture."""
    pixels_per_mm = panel.size[0] / (panel.shape[1] * column_mm)
    fitting = [n for n in _BAR_LENGTHS_MM if n * pixels_per_mm <= panel.size[0] / 2]
    length_mm = fitting[0] if fitting else _BAR_LENGTHS_MM[-1]
    left = float(panel.at[0])
    right = left + length_mm * pixels_per_mm
    y = panel.at[1] + panel.size[1] + below
    sheet.line([(left, y), (right, y)], palette.TEXT, width=2)
    for x in (left, right):
        sheet.line([(x, y - 5), (x, y + 5)], palette.TEXT, width=2)
    sheet.text((right + 10, y + 5), f"{length_mm:g} mm", 15, palette.TEXT)


def badged(outlines: Mapping[int, Borders], lesions: Iterable[Lesion]) -> dict[int, Borders]:
    """The outlines of those lesions that get a badge and are drawn."""
    return {one.number: outlines[one.number] for one in lesions if one.number in outlines}


def _borders(panel: Panel, mask: NDArray[np.bool_]) -> Borders:
    return [panel.place(border) for border in display_contours(mask, panel.refine)]


def _points(border: NDArray[np.float64]) -> list[Point]:
    return [(float(x), float(y)) for x, y in border]


def _outline(sheet: Sheet, borders: Borders, colour: Colour, width: float) -> None:
    """Draw a thin line on a dark one, so that it shows on bright bone too."""
    for border in borders:
        sheet.line(_points(border), _HALO, width + 1.5)
    for border in borders:
        sheet.line(_points(border), colour, width)


def draw_badges(
    sheet: Sheet,
    panel: Panel,
    lesions: Mapping[int, Borders],
    notes: Mapping[int, str] | None = None,
    above: bool = False,
    colours: Mapping[int, Colour] | None = None,
) -> None:
    """Put each badge beside the panel, level with its lesion, and join the two.

    Badges stand in the gutters left and right, or `above` and below the panel.
    Under a badge stands what `notes` say of its lesion, such as the lengths of its axes.
    `colours` are those of lesions that have one of their own.
    """
    notes, colours = notes or {}, colours or {}
    room_below = _NOTE_ROOM[0] if notes else 0.0
    gap = max(_BADGE_GAP, _NOTE_ROOM[1]) if notes and above else _BADGE_GAP + room_below
    # How far from the ends of a side badges stay, so that their notes lie beside the panel too.
    first = _NOTE_ROOM[1] / 2 if notes and above else BADGE_RADIUS
    last = first if above else BADGE_RADIUS + room_below
    along = 0 if above else 1
    across = 1 - along
    start, size = np.array(panel.at), np.array(panel.size)
    numbers = list(lesions)
    outlines = [np.concatenate(borders) for borders in lesions.values()]
    middles = [(outline.min(axis=0) + outline.max(axis=0)) / 2 for outline in outlines]
    wanted = [float(m[along]) for m in middles]
    inset = [float(m[across] - start[across]) for m in middles]
    room = int((size[along] - first - last) // gap) + 1
    far = callouts.sides(wanted, inset, float(size[across]), room)
    for side, outward in ((False, -1), (True, 1)):
        members = sorted((i for i, f in enumerate(far) if f is side), key=lambda i: wanted[i])
        places = callouts.spread(
            [wanted[i] for i in members],
            gap,
            start[along] + first,
            start[along] + size[along] - last,
        )
        edge = start[across] + (size[across] if side else 0)
        centres = np.zeros((len(members), 2))
        centres[:, along] = places
        centres[:, across] = edge + outward * GUTTER / 2
        shades = [colours.get(numbers[i], palette.LESION) for i in members]
        for i, centre, shade in zip(members, centres, shades, strict=True):
            gaps = np.linalg.norm(outlines[i] - centre, axis=1)
            target = outlines[i][gaps.argmin()].copy()
            if abs(target[along] - centre[along]) < _NEARLY_STRAIGHT:
                target[along] = centre[along]
            leader = _points(np.array([centre, target]))
            sheet.line(leader, _HALO, width=3)
            sheet.line(leader, shade, width=1)
        for i, centre, shade in zip(members, centres, shades, strict=True):
            place = (float(centre[0]), float(centre[1]))
            _draw_note(sheet, place, notes.get(numbers[i], ""))
            draw_badge(sheet, place, numbers[i], shade)


def _draw_note(sheet: Sheet, badge: Point, words: str) -> None:
    """Words under a badge, on a ground that keeps leaders of other badges off them."""
    if not words:
        return
    width = text_width(words, _NOTE_SIZE) + 4
    top = badge[1] + BADGE_RADIUS
    sheet.box((badge[0] - width / 2, top), (width, _NOTE_ROOM[0]), palette.BACKGROUND)
    sheet.text((badge[0], top + 14), words, _NOTE_SIZE, palette.TEXT, "centre")
