"""One picture with everything that was measured on it, for looking at."""

from __future__ import annotations

from PIL import Image as Picture

from calcimetry.errors import InputError
from calcimetry.model import Lesion, Report
from calcimetry.render import palette, wording
from calcimetry.render.close_ups import close_ups_height, draw_close_ups
from calcimetry.render.column import COLUMN_WIDTH, draw_column
from calcimetry.render.greys import display_limits, to_grey
from calcimetry.render.layout import lay_out
from calcimetry.render.marks import (
    badged,
    draw_axes,
    draw_badges,
    draw_bones,
    draw_lesions,
    draw_scale_bar,
)
from calcimetry.render.panel import GUTTER, Panel
from calcimetry.render.sheet import Sheet

#: Lesions with a badge and a row of the table: the largest.
MOST_LISTED = 20
_ABOVE_CLOSE_UPS = 20


def draw_overlay(report: Report) -> Picture.Image:
    """Draw a picture twice, bare and with what was measured, and the numbers beside.

    Bones are outlined in a colour each, lesions filled and outlined, their long
    and short axes drawn. Badges with the lesions' numbers stand beside the
    picture, so that they cover nothing; at most `MOST_LISTED` lesions get one. The
    largest are shown enlarged below the numbers.

    Parameters
    ----------
    report : Report
        Of a picture, that is, an image of one slice.

    Returns
    -------
    PIL.Image.Image
        Mode RGB, at least 900 pixels high whatever the picture's size.

    Raises
    ------
    InputError
        If the report is that of a volume.
    """
    if not report.image.is_picture:
        raise InputError(
            f"Drawing the overlay of {report.image.name!r}: expected a picture of one slice, "
            f"found {report.image.grid.shape[0]} slices; `draw_hands` draws volumes."
        )
    listed = listed_lesions(report)
    # Drawn once off the sheet, to know its height.
    column_height = draw_column(Sheet((1, 1), palette.BACKGROUND), (0, 0), report, listed)
    words = round(column_height) + _ABOVE_CLOSE_UPS
    height = words + close_ups_height(listed)
    layout = lay_out(report.image.grid, (COLUMN_WIDTH, height))
    sheet = Sheet(layout.size, palette.BACKGROUND)
    grey = to_grey(report.image.array[0], display_limits(report.image))
    above_marked = GUTTER if layout.stacked else 0
    for caption, at, raised in (
        ("Picture", layout.bare, 0),
        ("Measured", layout.marked, above_marked),
    ):
        sheet.text((at[0], at[1] - raised - 10), caption, 16, palette.MUTED)
        sheet.picture(grey, at, layout.panel)
    _, rows, columns = report.image.grid.shape
    panel = Panel(layout.marked, layout.panel, (rows, columns))
    draw_bones(sheet, panel, report.bones.label_map[0])
    lesion_map = report.lesion_map.label_map[0]
    masks = {label: lesion_map == label for label in report.lesion_map.labels}
    outlines = draw_lesions(sheet, panel, masks)
    for lesion in report.lesions:
        draw_axes(sheet, panel, (lesion.long_axis_ends, lesion.short_axis_ends))
    lengths = {one.number: wording.axes_of(one) for one in listed}
    draw_badges(sheet, panel, badged(outlines, listed), lengths, layout.stacked)
    below = 18.0 + (GUTTER if layout.stacked else 0)
    draw_scale_bar(sheet, panel, report.image.grid.spacing[2], below)
    draw_column(sheet, layout.column, report, listed)
    draw_close_ups(sheet, (layout.column[0], layout.column[1] + words), report, listed)
    return sheet.finished()


def listed_lesions(report: Report) -> list[Lesion]:
    """The largest lesions, by volume where there is one, in the order of their numbers."""
    largest = sorted(report.lesions, key=lambda one: (-(one.volume_mm3 or 0.0), -one.area_mm2))
    return sorted(largest[:MOST_LISTED], key=lambda lesion: lesion.number)
