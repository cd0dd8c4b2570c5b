"""What is drawn onto the marked panel of an overlay: outlines, axes, badges."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calcimetry.model import Grid, Lesion, Report, Segmentation
from calcimetry.render import callouts, palette
from calcimetry.render.column import BADGE_RADIUS, draw_badge
from calcimetry.render.contours import display_contours
from calcimetry.render.layout import GUTTER, Layout
from calcimetry.render.palette import Colour
from calcimetry.render.sheet import Point, Sheet

_BADGE_GAP = 2 * BADGE_RADIUS + 3
_HALO = (0, 0, 0, 130)
_LESION_OPACITY = 0.45
#: Axes of lesions drawn smaller than this would hide them.
_LEAST_AXIS = 12.0
#: A leader that leaves its course by less would show a single step.
_NEARLY_STRAIGHT = 2.0
_BAR_LENGTHS_MM = (10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1)

#: Borders of one label in pixels of the sheet, each an array of (x, y).
_Borders = list[NDArray[np.float64]]


def draw_marks(sheet: Sheet, layout: Layout, report: Report, listed: Sequence[Lesion]) -> None:
    """Mark bones and lesions on the panel, and the `listed` lesions by badges beside it."""
    for label, borders in _borders(layout, report.bones).items():
        _outline(sheet, borders, palette.bone_colour(label), width=1.5)
    lesions = _borders(layout, report.lesion_map)
    every = [_points(border) for borders in lesions.values() for border in borders]
    sheet.region(every, palette.LESION, _LESION_OPACITY)
    for borders in lesions.values():
        _outline(sheet, borders, palette.LESION, width=1.5)
    for lesion in report.lesions:
        for ends in (lesion.long_axis_ends, lesion.short_axis_ends):
            axis = _to_sheet(layout, report.image.grid, ends)
            if np.linalg.norm(axis[1] - axis[0]) >= _LEAST_AXIS:
                sheet.line(_points(axis), _HALO, width=3)
                sheet.line(_points(axis), palette.AXIS, width=1.5)
    _badges(sheet, layout, [(n.number, lesions[n.number]) for n in listed])


def draw_scale_bar(sheet: Sheet, layout: Layout, grid: Grid) -> None:
    """Draw a bar of 10 mm under the panels, or of less where that is half the picture."""
    pixels_per_mm = layout.panel[0] / (grid.shape[2] * grid.spacing[2])
    fitting = [n for n in _BAR_LENGTHS_MM if n * pixels_per_mm <= layout.panel[0] / 2]
    length_mm = fitting[0] if fitting else _BAR_LENGTHS_MM[-1]
    left = float(layout.marked[0])
    right = left + length_mm * pixels_per_mm
    y = layout.marked[1] + layout.panel[1] + 18.0 + (GUTTER if layout.stacked else 0)
    sheet.line([(left, y), (right, y)], palette.TEXT, width=2)
    for x in (left, right):
        sheet.line([(x, y - 5), (x, y + 5)], palette.TEXT, width=2)
    sheet.text((right + 10, y + 5), f"{length_mm:g} mm", 15, palette.TEXT)


def _borders(layout: Layout, segmentation: Segmentation) -> dict[int, _Borders]:
    label_map, grid = segmentation.label_map[0], segmentation.grid
    refine = int(np.clip(round(layout.panel[0] / grid.shape[2]), 1, 4))
    return {
        label: [_to_sheet(layout, grid, b) for b in display_contours(label_map == label, refine)]
        for label in segmentation.labels
    }


def _to_sheet(layout: Layout, grid: Grid, index: ArrayLike) -> NDArray[np.float64]:
    """Fractional (row, column), shape (n, 2), to (x, y): index 0 is the middle of a pixel."""
    scale = np.array(layout.panel) / (grid.shape[2], grid.shape[1])
    return np.asarray((np.asarray(index)[:, ::-1] + 0.5) * scale + layout.marked)


def _points(border: NDArray[np.float64]) -> list[Point]:
    return [(float(x), float(y)) for x, y in border]


def _outline(sheet: Sheet, borders: _Borders, colour: Colour, width: float) -> None:
    """Draw a thin line on a dark one, so that it shows on bright bone too."""
    for border in borders:
        sheet.line(_points(border), _HALO, width + 1.5)
    for border in borders:
        sheet.line(_points(border), colour, width)


def _badges(sheet: Sheet, layout: Layout, lesions: Sequence[tuple[int, _Borders]]) -> None:
    """Put each badge beside the panel, level with its lesion, and join the two."""
    along = 0 if layout.stacked else 1
    across = 1 - along
    start, size = np.array(layout.marked), np.array(layout.panel)
    outlines = [np.concatenate(borders) for _, borders in lesions]
    middles = [(outline.min(axis=0) + outline.max(axis=0)) / 2 for outline in outlines]
    wanted = [float(m[along]) for m in middles]
    inset = [float(m[across] - start[across]) for m in middles]
    room = int((size[along] - 2 * BADGE_RADIUS) // _BADGE_GAP) + 1
    far = callouts.sides(wanted, inset, float(size[across]), room)
    for side, outward in ((False, -1), (True, 1)):
        members = sorted((i for i, f in enumerate(far) if f is side), key=lambda i: wanted[i])
        places = callouts.spread(
            [wanted[i] for i in members],
            _BADGE_GAP,
            start[along] + BADGE_RADIUS,
            start[along] + size[along] - BADGE_RADIUS,
        )
        edge = start[across] + (size[across] if side else 0)
        centres = np.zeros((len(members), 2))
        centres[:, along] = places
        centres[:, across] = edge + outward * GUTTER / 2
        for i, centre in zip(members, centres, strict=True):
            gaps = np.linalg.norm(outlines[i] - centre, axis=1)
            target = outlines[i][gaps.argmin()].copy()
            if abs(target[along] - centre[along]) < _NEARLY_STRAIGHT:
                target[along] = centre[along]
            leader = _points(np.array([centre, target]))
            sheet.line(leader, _HALO, width=3)
            sheet.line(leader, palette.LESION, width=1)
        for i, centre in zip(members, centres, strict=True):
            draw_badge(sheet, (float(centre[0]), float(centre[1])), lesions[i][0])
