"""Each finger of a volume from the side, with its bones, its lesions and their axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PIL import Image as Picture

from calcimetry.model import Grid, Report
from calcimetry.model.report import Status
from calcimetry.render import palette, wording
from calcimetry.render.finger_planes import APART_MM
from calcimetry.render.finger_sides import Side, axes_on, sides_of
from calcimetry.render.greys import display_limits, to_grey
from calcimetry.render.layout import MARGIN
from calcimetry.render.legend import draw_legend
from calcimetry.render.marks import (
    badged,
    draw_axes,
    draw_badges,
    draw_bones,
    draw_lesions,
    draw_scale_bar,
    draw_shadow,
)
from calcimetry.render.overlay import listed_lesions
from calcimetry.render.panel import Panel
from calcimetry.render.sheet import Sheet, wrapped

#: Width that the panels of a row share with their gutters, and height of the tallest panel.
_ROOM = (1320, 800)
_HEAD, _CAPTION, _FOOT, _LEGEND = 110, 66, 70, 110
_LEAST_WIDTH = 1100
_NAME_SIZE, _SMALL, _REMARK_ROW = 18, 15, 20
#: Longer reasons stand whole in the report page and fingers.csv.
_REMARK_LINES = 6
_PLANES = (
    "Each finger from the side, in the plane that shows most of its lesions. Where that lies more "
    f"than {APART_MM:g} mm from the mid plane of its bones, both are shown."
)
_MARKS = (
    "Filled: lesion in this plane; outlined: beside it; crossed lines: long and short axis, with "
    "their lengths in mm; faint: all its bones."
)
_EXPLAINED = (_PLANES, _MARKS)


@dataclass(frozen=True, slots=True)
class _Block:
    """The panels of one finger, which stay side by side, and what is said below them."""

    sides: tuple[Side, ...]
    sizes: tuple[tuple[int, int], ...]
    status: Status | None
    remark: tuple[str, ...]

    @property
    def width(self) -> int:
        return sum(w + 2 * s.gutter for s, (w, _) in zip(self.sides, self.sizes, strict=True))

    @property
    def height(self) -> int:
        said = len(self.remark) + (self.status is not None)
        return max(h for _, h in self.sizes) + _CAPTION + _FOOT + _REMARK_ROW * said


def draw_fingers(report: Report, told: Sequence[tuple[Status, str]] = ()) -> Picture.Image:
    """Draw one or two sagittal planes of each finger of a volume, all of one scale.

    Of the slices of a finger's straightened grid the one is shown in which its
    lesions fill the largest area or, where it has none, its mid plane; both where
    they lie far from each other, since the one then grazes the bones. Lesions in
    a plane are filled; those of the finger that no such plane cuts are outlined
    where they would show through, and its bones faintly. Long and short axes are
    drawn where they were measured in a plane of this finger, once for each lesion.

    Parameters
    ----------
    report : Report
        Of a volume.
    told : sequence of (status, reason)
        What to say below each finger, hand by hand and the thumb first; nothing where
        left out.

    Returns
    -------
    PIL.Image.Image
        Mode RGB; one or more rows of panels per hand, each with its plane's distance from
        the mid plane. Where no finger was found it says so;
        where something of a finger could not be told, back and palm have a question
        mark.
    """
    rows = _rows(report, told)
    width = max((sum(block.width for block in row) for row in rows), default=0)
    heights = [max(block.height for block in row) for row in rows]
    sheet = Sheet(
        (
            2 * MARGIN + max(width, _LEAST_WIDTH),
            2 * MARGIN + _HEAD + sum(heights) + _LEGEND,
        ),
        palette.BACKGROUND,
    )
    _heading(sheet, report, bool(rows))
    top = MARGIN + _HEAD
    for row, height in zip(rows, heights, strict=True):
        left = MARGIN
        for block in row:
            _draw_block(sheet, (left, top), block, report, first=block is row[0])
            left += block.width
        top += height
    widths = [width / 6 for width in [max(width, _LEAST_WIDTH)] * 6]
    height = draw_legend(sheet, (MARGIN, top + 8), report, widths)
    sheet.text((MARGIN, top + height + 36), wording.RESEARCH_USE, 16, palette.TEXT)
    return sheet.finished()


def _rows(report: Report, told: Sequence[tuple[Status, str]]) -> list[list[_Block]]:
    """Fingers from left to right, hand by hand, as many to a row as fit."""
    hands = [[sides_of(report, finger) for finger in hand.fingers] for hand in report.hands]
    scale = min((_scale(sides) for hand in hands for sides in hand), default=1.0)
    said = iter(told)
    rows: list[list[_Block]] = []
    for hand in hands:
        room = 0
        for sides in hand:
            block = _block(sides, scale, *next(said, (None, "")))
            if block.width > room:
                rows.append([])
                room = _ROOM[0]
            rows[-1].append(block)
            room -= block.width
    return rows


def _block(sides: Sequence[Side], scale: float, status: Status | None, reason: str) -> _Block:
    sizes = tuple(_size(side.plane, scale) for side in sides)
    block = _Block(tuple(sides), sizes, status, ())
    remark = wrapped(reason, _SMALL, block.width - sides[0].gutter - 16) if reason else []
    if len(remark) > _REMARK_LINES:
        remark = [*remark[: _REMARK_LINES - 1], remark[_REMARK_LINES - 1] + " ..."]
    return replace(block, remark=tuple(remark))


def _scale(sides: Sequence[Side]) -> float:
    """Pixels per mm at which the panels of a finger fit their room."""
    extents = [
        (side.plane.shape[2] * side.plane.spacing[2], side.plane.shape[1] * side.plane.spacing[1])
        for side in sides
    ]
    wide, high = sum(w for w, _ in extents), max(h for _, h in extents)
    gutters = sum(2 * side.gutter for side in sides)
    return min((_ROOM[0] - gutters) / wide, _ROOM[1] / high)


def _size(plane: Grid, scale: float) -> tuple[int, int]:
    _, rows, columns = plane.shape
    _, row_mm, column_mm = plane.spacing
    return max(1, round(columns * column_mm * scale)), max(1, round(rows * row_mm * scale))


def _heading(sheet: Sheet, report: Report, has_fingers: bool) -> None:
    name = wording.printable(report.image.name)
    sheet.text((MARGIN, MARGIN + 20), name, 22, palette.TEXT)
    lines = _EXPLAINED if has_fingers else ("No finger was found.",)
    for number, words in enumerate(lines):
        sheet.text((MARGIN, MARGIN + 50 + 23 * number), words, 16, palette.MUTED)


def _draw_block(
    sheet: Sheet, at: tuple[int, int], block: _Block, report: Report, first: bool
) -> None:
    left, top = at
    for number, (side, size) in enumerate(zip(block.sides, block.sizes, strict=True)):
        panel = Panel((left + side.gutter, top + _CAPTION), size, side.plane.shape[1:])
        _draw_side(sheet, panel, side, report)
        if first and number == 0:
            draw_scale_bar(sheet, panel, side.plane.spacing[2], below=18.0)
        left += size[0] + 2 * side.gutter
    if block.status is None:
        return
    colour = palette.STATUS[block.status]
    said = [(block.status.capitalize(), colour), *((line, palette.TEXT) for line in block.remark)]
    below = top + _CAPTION + max(h for _, h in block.sizes) + 50
    for number, (words, shade) in enumerate(said):
        place = (at[0] + block.sides[0].gutter, below + _REMARK_ROW * number)
        sheet.text(place, words, _SMALL, shade)


def _draw_side(sheet: Sheet, panel: Panel, side: Side, report: Report) -> None:
    x, y = panel.at
    name = side.finger.name.capitalize()
    sheet.text((x, y - 47), name, _NAME_SIZE, palette.TEXT)
    sheet.text((x, y - 28), side.caption, _SMALL, palette.TEXT)
    sheet.picture(to_grey(side.hu, display_limits(report.image)), panel.at, panel.size)
    doubt = "?" if side.finger.reason else ""
    sheet.text((x, y - 7), "back" + doubt, _SMALL, palette.MUTED)
    sheet.text((x + panel.size[0], y - 7), "palm" + doubt, _SMALL, palette.MUTED, "right")
    draw_shadow(sheet, panel, side.shadow)
    draw_bones(sheet, panel, side.bones)
    missed = draw_lesions(sheet, panel, {**side.missed, **side.beside}, filled=False)
    cut = draw_lesions(sheet, panel, side.cut)
    lengths = {}
    for lesion in side.best:
        axes = axes_on(side.plane, lesion)
        draw_axes(sheet, panel, axes)
        lengths[lesion.number] = wording.axes_of(lesion) if axes else ""
    listed = [one for one in listed_lesions(report) if one in side.lesions]
    draw_badges(sheet, panel, badged({**missed, **cut}, listed), lengths)
