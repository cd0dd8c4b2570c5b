"""The hands of several visits side by side, matched lesions in one colour."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image as Picture

from calcimetry.model import Grid, Hand
from calcimetry.render import palette, wording
from calcimetry.render.greys import to_grey
from calcimetry.render.hand_view import (
    DARKEST_HU,
    HandShadow,
    hand_shadow,
    hand_title,
    name_fingers,
    white_hu,
)
from calcimetry.render.layout import MARGIN
from calcimetry.render.marks import draw_scale_bar, draw_shadow
from calcimetry.render.panel import GUTTER, Panel
from calcimetry.render.sheet import Sheet
from calcimetry.render.visits import (
    TABLE_WIDTH,
    ShownVisit,
    TrackLine,
    badge_tracks,
    draw_table,
    draw_tracks,
    table_height,
)

#: Room (width of all panels of a row, height of one).
_ROOM = (1240, 860)
_HEAD, _CAPTION, _FOOT, _COLUMN_GAP = 44, 58, 44, 36
#: A finger alone is drawn no larger than this, in pixels per mm.
_MOST_SCALE = 9.0


def draw_visits(
    visits: Sequence[ShownVisit],
    lines: Sequence[TrackLine],
    notes: Sequence[str] = (),
    unit: str = "mm³",
) -> Picture.Image:
    """Draw each hand at every visit, looked through as on a radiograph, in one scale.

    Bones are outlined faintly; a lesion has the same colour and number at every visit, one
    that was not followed is grey. Beside them stands what became of each.

    Parameters
    ----------
    visits : sequence of ShownVisit
        The baseline first.
    lines : sequence of TrackLine
        One for each followed lesion.
    notes : sequence of str
        What is written below the table.
    unit : str
        Of the sizes in it.

    Returns
    -------
    PIL.Image.Image
        Mode RGB; a row of panels for each hand, the visits from left to right.
    """
    rows = [
        [hand_shadow(visit.report, hand) for visit, hand in zip(visits, hands, strict=True)]
        for hands in _hands(visits)
    ]
    scale = min(_scale(row) for row in rows)
    sizes = [[_size(view.hand.grid, scale) for view in row] for row in rows]
    widths = [max(row[place][0] for row in sizes) for place in range(len(visits))]
    panels = sum(widths) + 2 * GUTTER * len(visits)
    heights = [max(height for _, height in row) + _CAPTION + _FOOT for row in sizes]
    notes = (*notes, wording.RESEARCH_USE)
    beside = (MARGIN + panels + _COLUMN_GAP, MARGIN + _HEAD)
    sheet = Sheet(
        (
            beside[0] + TABLE_WIDTH + MARGIN,
            2 * MARGIN + _HEAD + max(sum(heights), table_height(lines, notes)),
        ),
        palette.BACKGROUND,
    )
    title = "Matched lesions have one colour and number at every visit"
    sheet.text((MARGIN, MARGIN + 20), title, 20, palette.TEXT)
    top = MARGIN + _HEAD
    for row, row_sizes, height in zip(rows, sizes, heights, strict=True):
        left = MARGIN
        for place, (view, size) in enumerate(zip(row, row_sizes, strict=True)):
            panel = Panel((left + GUTTER, top + _CAPTION), size, view.hand.grid.shape[1:])
            _draw_view(sheet, panel, view, visits[place])
            if place == 0:
                draw_scale_bar(sheet, panel, view.hand.grid.spacing[2], below=20.0)
            left += widths[place] + 2 * GUTTER
        top += height
    draw_table(sheet, beside, lines, ("baseline", "last"), unit, notes)
    return sheet.finished()


def _hands(visits: Sequence[ShownVisit]) -> list[list[Hand]]:
    """Each of the baseline's hands with the same one of later visits.

    A visit without any that is known is shown along its own slices.
    """

    def own(visit: ShownVisit) -> tuple[Hand, ...]:
        return visit.report.hands or (Hand(None, (), visit.report.image.grid),)

    rows = []
    for place, hand in enumerate(own(visits[0])):
        row = []
        for visit in visits:
            same = [one for one in own(visit) if one.laterality is hand.laterality]
            others = own(visit)
            row.append((same or others[place : place + 1] or others)[0])
        rows.append(row)
    return rows


def _scale(row: Sequence[HandShadow]) -> float:
    """Pixels per mm at which the panels of a hand fit their room."""
    wide, high = 0.0, 0.0
    for view in row:
        _, rows, columns = view.hand.grid.shape
        _, row_mm, column_mm = view.hand.grid.spacing
        wide, high = wide + columns * column_mm, max(high, rows * row_mm)
    room = _ROOM[0] - 2 * GUTTER * len(row)
    return min(room / wide, _ROOM[1] / high, _MOST_SCALE)


def _size(grid: Grid, scale: float) -> tuple[int, int]:
    _, rows, columns = grid.shape
    _, row_mm, column_mm = grid.spacing
    return max(1, round(columns * column_mm * scale)), max(1, round(rows * row_mm * scale))


def _draw_view(sheet: Sheet, panel: Panel, view: HandShadow, visit: ShownVisit) -> None:
    x, y = panel.at
    sheet.text((x, y - 34), visit.caption, 18, palette.TEXT)
    sheet.text((x, y - 12), hand_title(view.hand), 15, palette.MUTED)
    sheet.picture(to_grey(view.brightest, (DARKEST_HU, white_hu(view))), panel.at, panel.size)
    side = view.hand.laterality
    if side is not None:
        sheet.text((x + 12, y + 38), side.value, 30, palette.TEXT)
    for mask in view.bones.values():
        draw_shadow(sheet, panel, mask)
    outlines = draw_tracks(sheet, panel, view.lesions, visit.tracks)
    badge_tracks(sheet, panel, outlines, {})
    name_fingers(sheet, panel, view)
