"""The largest lesions of a picture enlarged: outlines and axes of small ones can be judged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from calcimetry.model import Lesion, Report
from calcimetry.render import palette, wording
from calcimetry.render.column import BADGE_RADIUS, draw_badge
from calcimetry.render.greys import display_limits, to_grey
from calcimetry.render.marks import draw_axes, draw_lesions
from calcimetry.render.panel import Panel
from calcimetry.render.sheet import Sheet

#: At most so many, three to a row.
MOST_ENLARGED = 6
_TILE, _GAP, _TITLE, _CAPTION = 150, 15, 34, 28
_TO_A_ROW = 3
#: Each is so many times its lesion's long axis wide, and at least so many mm.
_AROUND, _LEAST_MM = 1.5, 5.0


def close_ups_height(listed: Sequence[Lesion]) -> int:
    """How much room `draw_close_ups` takes below each other, in pixels; 0 without lesions."""
    rows = -(-min(len(listed), MOST_ENLARGED) // _TO_A_ROW)
    return _TITLE + rows * (_TILE + _CAPTION) if rows else 0


def draw_close_ups(
    sheet: Sheet, at: tuple[float, float], report: Report, listed: Sequence[Lesion]
) -> None:
    """Draw the largest of the listed lesions enlarged, outlined but not filled, with both axes.

    Parameters
    ----------
    sheet : Sheet
        What to draw on.
    at : (float, float)
        Upper left corner (x, y).
    report : Report
        Of a picture.
    listed : sequence of Lesion
        Those that have a badge.
    """
    largest = sorted(listed, key=lambda one: -one.area_mm2)[:MOST_ENLARGED]
    if not largest:
        return
    left, top = round(at[0]), round(at[1])
    title = "Enlarged, with long x short axis in mm"
    sheet.text((left, top + 18), title, 16, palette.MUTED)
    for place, lesion in enumerate(sorted(largest, key=lambda one: one.number)):
        row, column = divmod(place, _TO_A_ROW)
        x = left + column * (_TILE + _GAP)
        y = top + _TITLE + row * (_TILE + _CAPTION)
        _draw_tile(sheet, (x, y), report, lesion)


def _draw_tile(sheet: Sheet, at: tuple[int, int], report: Report, lesion: Lesion) -> None:
    _, row_mm, column_mm = report.image.grid.spacing
    half_mm = max(_AROUND * lesion.long_axis_mm, _LEAST_MM) / 2
    # Whole pixels, as many above as below the middle one; black where the picture ends.
    reach = [max(1, round(half_mm / mm)) for mm in (row_mm, column_mm)]
    ends = np.array([*lesion.long_axis_ends, *lesion.short_axis_ends])
    middle = np.rint((ends.min(axis=0) + ends.max(axis=0)) / 2).astype(int)
    low, high = display_limits(report.image)
    hu = np.pad(report.image.array[0], [(r, r) for r in reach], constant_values=low)
    labels = np.pad(report.lesion_map.label_map[0], [(r, r) for r in reach])
    part = tuple(slice(m, m + 2 * r + 1) for m, r in zip(middle, reach, strict=True))
    shape = (2 * reach[0] + 1, 2 * reach[1] + 1)
    panel = Panel(at, (_TILE, _TILE), shape)
    sheet.picture(to_grey(hu[part], (low, high)), at, panel.size)
    draw_lesions(sheet, panel, {lesion.number: labels[part] == lesion.number}, filled=False)
    start = middle - reach
    axes = (lesion.long_axis_ends, lesion.short_axis_ends)
    draw_axes(sheet, panel, [np.asarray(one) - start for one in axes])
    corner = (at[0] + BADGE_RADIUS + 3, at[1] + BADGE_RADIUS + 3)
    draw_badge(sheet, corner, lesion.number)
    sheet.text((at[0], at[1] + _TILE + 18), f"{wording.axes_of(lesion)} mm", 15, palette.TEXT)
