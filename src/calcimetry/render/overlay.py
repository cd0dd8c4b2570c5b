"""One picture with everything that was measured on it, for looking at."""

from __future__ import annotations

import numpy as np
from PIL import Image as Picture

from calcimetry.errors import InputError
from calcimetry.model import Image, Report
from calcimetry.render import palette
from calcimetry.render.column import COLUMN_WIDTH, draw_column
from calcimetry.render.layout import GUTTER, lay_out
from calcimetry.render.marks import draw_marks, draw_scale_bar
from calcimetry.render.sheet import Sheet

#: Lesions with a badge and a row of the table: the largest.
MOST_LISTED = 20
#: Display range of HU that were not windowed: window 1500, level 450.
DEFAULT_RANGE_HU = (-300.0, 1200.0)


def draw_overlay(report: Report) -> Picture.Image:
    """Draw a picture twice, bare and with what was measured, and the numbers beside.

    Bones are outlined in a colour each, lesions filled and outlined, their long
    and short axes drawn. Badges with the lesions' numbers stand beside the
    picture, so that they cover nothing; at most `MOST_LISTED` lesions get one.

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
            f"found {report.image.grid.shape[0]} slices; draw one slice at a time."
        )
    largest = sorted(report.lesions, key=lambda lesion: -lesion.area_mm2)[:MOST_LISTED]
    listed = sorted(largest, key=lambda lesion: lesion.number)
    # Drawn once off the sheet, to know its height.
    column_height = draw_column(Sheet((1, 1), palette.BACKGROUND), (0, 0), report, listed)
    layout = lay_out(report.image.grid, (COLUMN_WIDTH, round(column_height)))
    sheet = Sheet(layout.size, palette.BACKGROUND)
    grey = to_grey(report.image)
    above_marked = GUTTER if layout.stacked else 0
    for caption, at, raised in (
        ("Picture", layout.bare, 0),
        ("Measured", layout.marked, above_marked),
    ):
        sheet.text((at[0], at[1] - raised - 10), caption, 15, palette.MUTED)
        sheet.picture(grey, at, layout.panel)
    draw_marks(sheet, layout, report, listed)
    draw_scale_bar(sheet, layout, report.image.grid)
    draw_column(sheet, layout.column, report, listed)
    return sheet.finished()


def to_grey(image: Image) -> Picture.Image:
    """Show a picture's intensities as grey, mode L.

    HU are shown over the range the source was windowed to, or else
    `DEFAULT_RANGE_HU`; other units from their least to their greatest value.
    """
    values = image.array[0]
    if image.unit == "HU":
        low, high = image.clipped_hu or DEFAULT_RANGE_HU
    else:
        low, high = float(values.min()), float(values.max())
    part = (values - low) / max(high - low, 1e-6)
    return Picture.fromarray(np.uint8(255 * np.clip(part, 0.0, 1.0) + 0.5))
