"""What a viewer burned into a picture and no scanner saw: a bright frame near its edge."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from calcimetry.model.image import Image

#: A frame lies within this part of the picture's height and width from its edge.
OUTER_PART = 0.06
#: Its lines are so bright, as a part of the window, over so much of their length, and at most so
#: many pixels wide. No bone is: it would have to fill a whole side of the picture.
BRIGHT_PART = 0.8
LENGTH_PART = 0.8
MOST_PIXELS = 4
#: JPEG smears a line into its neighbours.
SMEARED_PIXELS = 2

#: What a report says of a picture that had one.
FRAME_WARNING = (
    "A bright frame near the picture's edge was left out: it is burned in, and no calcium. Better "
    "export pictures without it."
)


def without_frame(image: Image) -> tuple[Image, bool]:
    """A picture without the straight bright lines that frame it.

    Parameters
    ----------
    image : Image
        A picture (one slice).

    Returns
    -------
    image : Image
        Of the same shape; a line, what lies outside it and two pixels inside it are filled
        with the nearest pixel within. The same image where there is no frame, or where the
        picture's window is not known: what "bright" is cannot be said then.
    found : bool
        Whether it had a frame.

    Examples
    --------
    >>> from calcimetry.model import Grid
    >>> hu = np.zeros((1, 60, 40), np.float32)
    >>> hu[0, 2, 2:-2] = 1200.0
    >>> framed = Image(hu, Grid.picture((60, 40), 0.4), "HU", clipped_hu=(-300.0, 1200.0))
    >>> cleaned, found = without_frame(framed)
    >>> found, float(cleaned.array.max())
    (True, 0.0)
    """
    if image.clipped_hu is None:
        return image, False
    low, high = image.clipped_hu
    hu = image.array[0]
    bright = hu >= low + BRIGHT_PART * (high - low)
    kept = []
    for axis, length in enumerate(hu.shape):
        lines = bright.mean(axis=1 - axis) >= LENGTH_PART
        first, last = _lines_to_cut(lines), _lines_to_cut(lines[::-1])
        kept.append((first, length - last))
    (top, bottom), (left, right) = kept
    if (top, left, bottom, right) == (0, 0, *hu.shape) or top >= bottom or left >= right:
        return image, False
    around = [(top, hu.shape[0] - bottom), (left, hu.shape[1] - right)]
    filled = np.pad(hu[top:bottom, left:right], around, mode="edge")
    return replace(image, array=filled[None]), True


def _lines_to_cut(lines: NDArray[np.bool_]) -> int:
    """How many lines from the edge go with the innermost bright one near it; 0 without one."""
    bright = np.flatnonzero(lines[: max(MOST_PIXELS, round(OUTER_PART * len(lines)))])
    if not len(bright):
        return 0
    innermost = int(bright[-1])
    start = max(innermost + 1 - MOST_PIXELS, 0)
    wide = lines[innermost + 1] or (start > 0 and lines[start - 1 : innermost].all())
    return 0 if wide else innermost + 1 + SMEARED_PIXELS
