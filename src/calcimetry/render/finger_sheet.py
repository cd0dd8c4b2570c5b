"""Each finger of a volume from the side, with its bones, its lesions and their axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from calcimetry.model import Finger, Grid, Lesion, Report
from calcimetry.model.hand import finger_of
from calcimetry.render import palette, wording
from calcimetry.render.finger_planes import APART_MM, planes_to_show
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
from calcimetry.render.overlay import display_limits, listed_lesions, to_grey
from calcimetry.render.panel import GUTTER, Panel
from calcimetry.render.sheet import Sheet
from calcimetry.render.views import image_on, labels_on

#: Room for the panels of one hand side by side, without their gutters.
_ROOM = (1200, 860)
_HEAD, _CAPTION, _FOOT, _LEGEND = 98, 58, 48, 110
_LEAST_WIDTH = 1100
#: A lesion's plane is a finger's where their normals meet at less than about 1 degree.
_SAME_NORMAL = 0.9998
_PLANES = (
    "Each finger from the side, in the plane that shows most of its lesions. Where that lies more "
    f"than {APART_MM:g} mm from the mid plane of its bones, both are shown."
)
_MARKS = (
    "Filled: lesion in this plane; outlined: beside it; crossed lines: long and short axis; "
    "faint: all its bones."
)
_EXPLAINED = (_PLANES, _MARKS)


@dataclass(frozen=True, slots=True)
class _Side:
    """One sagittal plane of a finger: what it shows, arrays of shape (rows, columns)."""

    finger: Finger
    caption: str
    #: Of the finger, cut to the slice that is shown.
    plane: Grid
    hu: NDArray[np.float32]
    bones: NDArray[np.int32]
    #: Where the finger's bones lie before or behind the plane.
    shadow: NDArray[np.bool_]
    #: Lesions that the plane cuts, and whole shadows of those of the finger's lesions that no
    #: plane shown of it cuts.
    cut: Mapping[int, NDArray[np.bool_]]
    missed: Mapping[int, NDArray[np.bool_]]
    #: The finger's lesions that are seen here, and those that this plane shows best.
    lesions: tuple[Lesion, ...]
    best: tuple[Lesion, ...]


def draw_fingers(report: Report) -> Picture.Image:
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

    Returns
    -------
    PIL.Image.Image
        Mode RGB; one row of panels per hand, each with its plane's distance from the
        mid plane. Where no finger was found it says so;
        where something of a finger could not be told, back and palm have a question
        mark.
    """
    rows = [
        [side for finger in hand.fingers for side in _sides(report, finger)]
        for hand in report.hands
    ]
    rows = [row for row in rows if row]
    scale = min((_scale(row) for row in rows), default=1.0)
    sizes = [[_size(side.plane, scale) for side in row] for row in rows]
    width = max((sum(w + 2 * GUTTER for w, _ in row) for row in sizes), default=0)
    heights = [max(h for _, h in row) + _CAPTION + _FOOT for row in sizes]
    sheet = Sheet(
        (
            2 * MARGIN + max(width, _LEAST_WIDTH),
            2 * MARGIN + _HEAD + sum(heights) + _LEGEND,
        ),
        palette.BACKGROUND,
    )
    _heading(sheet, report, bool(rows))
    top = MARGIN + _HEAD
    for row, row_sizes, height in zip(rows, sizes, heights, strict=True):
        left = MARGIN
        for number, (side, size) in enumerate(zip(row, row_sizes, strict=True)):
            panel = Panel((left + GUTTER, top + _CAPTION), size, side.plane.shape[1:])
            _draw_side(sheet, panel, side, report)
            if number == 0:
                draw_scale_bar(sheet, panel, side.plane.spacing[2], below=24.0)
            left += size[0] + 2 * GUTTER
        top += height
    widths = [width / 6 for width in [max(width, _LEAST_WIDTH)] * 6]
    height = draw_legend(sheet, (MARGIN, top + 8), report, widths)
    sheet.text((MARGIN, top + height + 36), wording.RESEARCH_USE, 14, palette.TEXT)
    return sheet.finished()


def _scale(row: Sequence[_Side]) -> float:
    """Pixels per mm at which a row of fingers fits its room."""
    extents = [
        (side.plane.shape[2] * side.plane.spacing[2], side.plane.shape[1] * side.plane.spacing[1])
        for side in row
    ]
    wide, high = sum(w for w, _ in extents), max(h for _, h in extents)
    return min(_ROOM[0] / wide, _ROOM[1] / high)


def _size(plane: Grid, scale: float) -> tuple[int, int]:
    _, rows, columns = plane.shape
    _, row_mm, column_mm = plane.spacing
    return max(1, round(columns * column_mm * scale)), max(1, round(rows * row_mm * scale))


def _sides(report: Report, finger: Finger) -> list[_Side]:
    grid, source = finger.grid, report.image.grid
    bones, found = labels_on(report, grid)
    lesions = tuple(
        one
        for one in report.lesions
        if finger_of(report.hands, one.bone, source.index_to_mm(one.centre)) is finger
    )
    shown = planes_to_show(finger, bones, np.isin(found, [one.number for one in lesions]))
    shadow = np.asarray(np.isin(bones, finger.labels).any(axis=0))
    # Which plane cuts most of each lesion; where none does, the last, which then outlines it.
    area = np.array([[(found[p.number] == n.number).sum() for n in lesions] for p in shown])
    best = len(shown) - 1 - area[::-1].argmax(axis=0)
    sides = []
    for number, chosen in enumerate(shown):
        plane = _slice_of(grid, chosen.number)
        slice_ = found[chosen.number]
        own = [one for one, where in zip(lesions, best, strict=True) if where == number]
        cut = {int(n): slice_ == n for n in np.unique(slice_) if n}
        missed = [one.number for one in own if one.number not in cut]
        sides.append(
            _Side(
                finger,
                chosen.caption,
                plane,
                image_on(report, plane)[0],
                bones[chosen.number],
                shadow,
                cut,
                {n: np.asarray((found == n).any(axis=0)) for n in missed},
                tuple(one for one in lesions if one.number in cut or one in own),
                tuple(own),
            )
        )
    return sides


def _slice_of(grid: Grid, number: int) -> Grid:
    affine = grid.affine.copy()
    affine[:3, 3] += number * affine[:3, 0]
    return Grid((1, *grid.shape[1:]), affine, grid.frame_of_reference_uid)


def _heading(sheet: Sheet, report: Report, has_fingers: bool) -> None:
    name = wording.printable(report.image.name)
    sheet.text((MARGIN, MARGIN + 20), name, 20, palette.TEXT)
    lines = _EXPLAINED if has_fingers else ("No finger was found.",)
    for number, words in enumerate(lines):
        sheet.text((MARGIN, MARGIN + 48 + 22 * number), words, 15, palette.MUTED)


def _draw_side(sheet: Sheet, panel: Panel, side: _Side, report: Report) -> None:
    x, y = panel.at
    name = side.finger.name.capitalize()
    sheet.text((x, y - 42), name, 16, palette.TEXT)
    sheet.text((x, y - 25), side.caption, 12, palette.TEXT)
    sheet.picture(to_grey(side.hu, display_limits(report.image)), panel.at, panel.size)
    doubt = "?" if side.finger.reason else ""
    sheet.text((x, y - 7), "back" + doubt, 12, palette.MUTED)
    sheet.text((x + panel.size[0], y - 7), "palm" + doubt, 12, palette.MUTED, "right")
    draw_shadow(sheet, panel, side.shadow)
    draw_bones(sheet, panel, side.bones)
    missed = draw_lesions(sheet, panel, side.missed, filled=False)
    cut = draw_lesions(sheet, panel, side.cut)
    for lesion in side.best:
        draw_axes(sheet, panel, _axes_on(side.plane, lesion))
    listed = [one for one in listed_lesions(report) if one in side.lesions]
    draw_badges(sheet, panel, badged({**missed, **cut}, listed))


def _axes_on(plane: Grid, lesion: Lesion) -> list[NDArray[np.float64]]:
    """A lesion's axes as (row, column) of a plane; none where measured in a turned one."""
    if lesion.plane is None or abs(_normal(plane) @ _normal(lesion.plane)) < _SAME_NORMAL:
        return []
    axes = []
    for ends in (lesion.long_axis_ends, lesion.short_axis_ends):
        places = lesion.plane.index_to_mm([(0.0, row, column) for row, column in ends])
        axes.append(plane.mm_to_index(places)[:, 1:])
    return axes


def _normal(grid: Grid) -> NDArray[np.float64]:
    normal = np.cross(grid.affine[:3, 1], grid.affine[:3, 2])
    return np.asarray(normal / np.linalg.norm(normal))
