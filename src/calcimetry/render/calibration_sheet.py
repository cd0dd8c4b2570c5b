"""A calibration as a picture: where the rods were read, and the lines through them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image as Picture

from calcimetry.measurement.calibration import Calibration
from calcimetry.measurement.rod_readings import RodReading
from calcimetry.model import Image
from calcimetry.render import palette
from calcimetry.render.difference_plot import ticks
from calcimetry.render.sheet import Sheet
from calcimetry.render.wording import RESEARCH_USE

_SIDE, _MARGIN, _GAP, _HEAD, _FOOT = 460, 28, 90, 96, 84
_COLOURS = (palette.LESION, (86, 180, 233))
#: HU that are black and white in the slice.
_BLACK, _WHITE = -200.0, 1200.0
#: Corners of a circle.
_CORNERS = 48


def draw_calibration(
    image: Image, readings: Sequence[RodReading], calibration: Calibration
) -> Picture.Image:
    """Draw the slice through the rods, each with what was read of it, beside the fit.

    Parameters
    ----------
    image : Image
        The scan, or its lower energy.
    readings : sequence of RodReading
    calibration : Calibration
        Fitted to them.

    Returns
    -------
    PIL.Image.Image
        Mode RGB.
    """
    size = (2 * _MARGIN + 2 * _SIDE + _GAP, _HEAD + _SIDE + _FOOT)
    sheet = Sheet(size, palette.BACKGROUND)
    sheet.text((_MARGIN, 44), "Calibration of HU to hydroxyapatite", 18, palette.TEXT)
    made = f"{len(readings)} rods, {calibration.date}, calcimetry {calibration.version}"
    sheet.text((_MARGIN, 70), made, 13, palette.MUTED)
    _draw_slice(sheet, image, readings)
    _draw_fit(sheet, readings, calibration)
    foot = _HEAD + _SIDE + _FOOT - 14
    sheet.text((size[0] - _MARGIN, foot), RESEARCH_USE, 13, palette.MUTED, "right")
    return sheet.finished()


def _draw_slice(sheet: Sheet, image: Image, readings: Sequence[RodReading]) -> None:
    index = image.grid.mm_to_index(np.array([one.centre_mm for one in readings]))
    middle = int(np.clip(round(float(np.median(index[:, 0]))), 0, image.grid.shape[0] - 1))
    grey = np.clip((image.array[middle] - _BLACK) / (_WHITE - _BLACK), 0.0, 1.0)
    extent = np.array(grey.shape) * image.grid.spacing[1:]
    scale = _SIDE / float(extent.max())
    height, width = (extent * scale).tolist()
    shown = Picture.fromarray((255 * grey).astype(np.uint8))
    sheet.picture(shown, (_MARGIN, _HEAD), (round(width), round(height)))
    steps = np.array(image.grid.spacing[1:]) * scale
    turns = np.linspace(0.0, 2.0 * math.pi, _CORNERS)
    for place, one in zip(index, readings, strict=True):
        y, x = (place[1:] + 0.5) * steps + (_HEAD, _MARGIN)
        radius = one.core_mm * scale
        circle = [(x + radius * math.cos(t), y + radius * math.sin(t)) for t in turns]
        sheet.line(circle, palette.LESION, 1.5)
        label = f"{one.name}: {one.density_mg_cm3:g}"
        sheet.text((x, y - radius - 8), label, 13, palette.TEXT, "centre")
    words = "Where each rod was read (slice through most of them); rod: mg/cm³"
    sheet.text((_MARGIN, _HEAD + _SIDE + 24), words, 13, palette.MUTED)


def _draw_fit(sheet: Sheet, readings: Sequence[RodReading], calibration: Calibration) -> None:
    left, top, bottom = _MARGIN + _SIDE + _GAP, _HEAD, _HEAD + _SIDE
    densest = max(one.density_mg_cm3 for one in readings)
    values = [hu for one in readings for hu in one.mean_hu]
    low, high = min(*values, 0.0), max(values)
    slack = 0.06 * (high - low)

    def at(density: float, hu: float) -> tuple[float, float]:
        x = left + _SIDE * (density / densest * 0.94 + 0.03)
        return x, bottom - (hu - low + slack) / (high - low + 2 * slack) * (bottom - top)

    for hu in ticks(low, high):
        y = at(0.0, hu)[1]
        sheet.line([(left, y), (left + _SIDE, y)], palette.RULE, 1)
        sheet.text((left - 8, y + 5), f"{hu:g}", 13, palette.MUTED, "right")
    for density in ticks(0.0, densest):
        sheet.text((at(density, 0.0)[0], bottom + 22), f"{density:g}", 13, palette.MUTED, "centre")
    sheet.text((left, top - 10), "HU", 13, palette.MUTED)
    words = "hydroxyapatite, mg/cm³"
    sheet.text((left + _SIDE, bottom + 42), words, 13, palette.MUTED, "right")
    for number, (line, colour) in enumerate(zip(calibration.lines, _COLOURS, strict=False)):
        ends = [
            at(density, line.intercept_hu + line.slope_hu_per_mg_cm3 * density)
            for density in (0.0, densest)
        ]
        sheet.line(ends, colour, 2)
        for one in readings:
            sheet.disc(at(one.density_mg_cm3, one.mean_hu[number]), 5, colour)
        told = (
            f"{line.setting or 'energy not stated'}: {line.slope_hu_per_mg_cm3:.3f} HU per mg/cm³, "
            f"{line.intercept_hu:+.0f} HU, residual {line.residual_sd_hu:.1f} HU"
        )
        sheet.text((left + 14, top + 20 + 22 * number), told, 14, colour)
