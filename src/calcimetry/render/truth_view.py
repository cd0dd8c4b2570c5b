"""A simulated hand and its truth on one sheet."""

from __future__ import annotations

from PIL import Image as Picture

from calcimetry.model import Report
from calcimetry.render import palette
from calcimetry.render.finger_sheet import draw_fingers
from calcimetry.render.hand_view import draw_hands


def draw_truth(report: Report) -> Picture.Image:
    """Draw a simulated hand as on a radiograph, and below it a sagittal plane of each finger.

    Parameters
    ----------
    report : Report
        The truth of a volume, from `calcimetry.phantom.truth.true_report`.

    Returns
    -------
    PIL.Image.Image
        Mode RGB. Lesions are coloured and numbered, bones outlined by kind.
    """
    parts = (draw_hands(report, caption="True bones and lesions"), draw_fingers(report))
    sheet = Picture.new(
        "RGB",
        (max(part.width for part in parts), sum(part.height for part in parts)),
        palette.BACKGROUND,
    )
    top = 0
    for part in parts:
        sheet.paste(part, (0, top))
        top += part.height
    return sheet
