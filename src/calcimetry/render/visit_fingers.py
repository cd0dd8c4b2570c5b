"""Fingers of several visits from the side, each beside itself, matched lesions in one colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image as Picture

from calcimetry.model import Digit, Finger, Grid, Laterality
from calcimetry.render import palette, wording
from calcimetry.render.finger_sides import Side, axes_on, sides_of
from calcimetry.render.greys import display_limits, to_grey
from calcimetry.render.layout import MARGIN
from calcimetry.render.marks import draw_axes, draw_scale_bar, draw_shadow
from calcimetry.render.panel import GUTTER, Panel
from calcimetry.render.sheet import Sheet, text_width
from calcimetry.render.visits import ShownVisit, badge_tracks, draw_tracks

#: Width that panels of a row share, and height of the tallest panel.
_ROOM = (1500, 640)
_HEAD, _CAPTION, _FOOT, _BETWEEN = 96, 70, 46, 36
_LEAST_WIDTH = 900
_EXPLAINED = (
    "Each finger from the side at every visit, in the plane that shows most of its lesions there.",
    "Filled: lesion in this plane; outlined: beside it; crossed lines: its own axes, in mm.",
)
#: How a finger is known at every visit.
_Name = tuple[Digit, Laterality | None]


@dataclass(frozen=True, slots=True)
class _Block:
    """One finger: a panel for each visit, None where the visit does not show it."""

    name: str
    sides: tuple[Side | None, ...]
    sizes: tuple[tuple[int, int], ...]

    @property
    def width(self) -> int:
        return sum(width + 2 * GUTTER for width, _ in self.sizes)

    @property
    def height(self) -> int:
        return max(height for _, height in self.sizes) + _CAPTION + _FOOT


def draw_visit_fingers(visits: Sequence[ShownVisit]) -> Picture.Image | None:
    """Draw every finger that has a lesion at any visit, once for each visit, in one scale.

    Parameters
    ----------
    visits : sequence of ShownVisit
        The baseline first.

    Returns
    -------
    PIL.Image.Image or None
        Mode RGB; None where no finger with a lesion is known.
    """
    blocks = _blocks(visits)
    if not blocks:
        return None
    rows: list[list[_Block]] = []
    for block in blocks:
        if not rows or sum(one.width + _BETWEEN for one in rows[-1]) + block.width > _ROOM[0]:
            rows.append([])
        rows[-1].append(block)
    width = max(sum(one.width + _BETWEEN for one in row) for row in rows)
    heights = [max(one.height for one in row) for row in rows]
    sheet = Sheet(
        (2 * MARGIN + max(width, _LEAST_WIDTH), 2 * MARGIN + _HEAD + sum(heights) + 30),
        palette.BACKGROUND,
    )
    title = "Matched lesions have one colour and number at every visit"
    sheet.text((MARGIN, MARGIN + 20), title, 20, palette.TEXT)
    for number, words in enumerate(_EXPLAINED):
        sheet.text((MARGIN, MARGIN + 46 + 22 * number), words, 15, palette.MUTED)
    top = MARGIN + _HEAD
    for row, height in zip(rows, heights, strict=True):
        left = MARGIN
        for block in row:
            _draw_block(sheet, (left, top), block, visits, first=block is row[0])
            left += block.width + _BETWEEN
        top += height
    sheet.text((MARGIN, top + 22), wording.RESEARCH_USE, 15, palette.TEXT)
    return sheet.finished()


def _blocks(visits: Sequence[ShownVisit]) -> list[_Block]:
    """Fingers hand by hand, the thumb first."""
    found: dict[_Name, tuple[str, list[Side | None]]] = {}
    for place, visit in enumerate(visits):
        for finger in (one for hand in visit.report.hands for one in hand.fingers):
            key = _name(finger, visits)
            _, sides = found.setdefault(key, (finger.name, [None] * len(visits)))
            sides[place] = sides[place] or _one_side(sides_of(visit.report, finger))
    kept = {
        key: (name, sides)
        for key, (name, sides) in found.items()
        if any(side is not None and side.lesions for side in sides)
    }
    scale = min((_scale(sides) for _, sides in kept.values()), default=1.0)
    return [
        _Block(name, tuple(sides), tuple(_size(side, sides, scale) for side in sides))
        for name, sides in kept.values()
    ]


def _one_side(sides: Sequence[Side]) -> Side:
    """The last plane, which its lesions fill most of, with an outline of those beside it."""
    shown = sides[-1]
    others = {
        number: mask
        for side in sides[:-1]
        for number, mask in {**side.missed, **side.cut}.items()
        if number not in shown.cut and number not in shown.missed
    }
    best = tuple(lesion for side in sides[:-1] for lesion in side.best)
    return replace(
        shown,
        missed={**others, **shown.missed},
        lesions=tuple(dict.fromkeys([*shown.lesions, *best])),
        best=(*shown.best, *best),
    )


def _name(finger: Finger, visits: Sequence[ShownVisit]) -> _Name:
    """Digit and side; a lone finger is itself whatever it was taken for."""
    alone = all(sum(len(hand.fingers) for hand in one.report.hands) == 1 for one in visits)
    return (Digit.UNKNOWN, None) if alone else (finger.digit, finger.laterality)


def _extent_mm(grid: Grid) -> tuple[float, float]:
    """Width and height of a plane."""
    _, rows, columns = grid.shape
    return columns * grid.spacing[2], rows * grid.spacing[1]


def _scale(sides: Sequence[Side | None]) -> float:
    """Pixels per mm at which all panels of a finger fit their room."""
    extents = [_extent_mm(side.plane) for side in sides if side is not None]
    widest, highest = (max(one) for one in zip(*extents, strict=True))
    room = _ROOM[0] - 2 * GUTTER * len(sides)
    return float(min(room / (widest * len(sides)), _ROOM[1] / highest))


def _size(side: Side | None, sides: Sequence[Side | None], scale: float) -> tuple[int, int]:
    """Of a panel; one that stays empty is as large as another."""
    shown = side or next(one for one in sides if one is not None)
    width, height = _extent_mm(shown.plane)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _draw_block(
    sheet: Sheet, at: tuple[int, int], block: _Block, visits: Sequence[ShownVisit], first: bool
) -> None:
    left, top = at
    name = block.name.capitalize()
    sheet.text((left + GUTTER, top + 18), name, 18, palette.TEXT)
    for place, (side, size) in enumerate(zip(block.sides, block.sizes, strict=True)):
        x, y = left + GUTTER, top + _CAPTION
        caption = visits[place].caption
        sheet.text((x, y - 28), caption, 15, palette.TEXT)
        if side is None:
            sheet.text((x, y + 40), "not in view", 15, palette.MUTED)
        else:
            panel = Panel((x, y), size, side.plane.shape[1:])
            _draw_side(sheet, panel, side, visits[place])
            if first and place == 0:
                draw_scale_bar(sheet, panel, side.plane.spacing[2], below=18.0)
        left += size[0] + 2 * GUTTER


def _draw_side(sheet: Sheet, panel: Panel, side: Side, visit: ShownVisit) -> None:
    x, y = panel.at
    sheet.picture(to_grey(side.hu, display_limits(visit.report.image)), panel.at, panel.size)
    doubt = "?" if side.finger.reason else ""
    if panel.size[0] > text_width(f"back palm{doubt}{doubt}", 15):
        sheet.text((x, y - 8), "back" + doubt, 15, palette.MUTED)
        sheet.text((x + panel.size[0], y - 8), "palm" + doubt, 15, palette.MUTED, "right")
    draw_shadow(sheet, panel, side.shadow)
    for label in (int(one) for one in np.unique(side.bones) if one):
        draw_shadow(sheet, panel, side.bones == label)
    beside = draw_tracks(sheet, panel, {**side.missed, **side.beside}, visit.tracks, filled=False)
    cut = draw_tracks(sheet, panel, side.cut, visit.tracks)
    lengths: dict[int, str] = {}
    for lesion in side.best:
        axes = axes_on(side.plane, lesion)
        draw_axes(sheet, panel, axes)
        track = visit.tracks.get(lesion.number, 0)
        if axes and track:
            lengths.setdefault(track, wording.axes_of(lesion))
    badge_tracks(sheet, panel, {**beside, **cut}, lengths)
