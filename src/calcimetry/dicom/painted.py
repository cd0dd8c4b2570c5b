"""Words and frames that somebody painted into the pixels of CT, which no header tells of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.burned_in import without_frame
from calcimetry.model import Grid, Image

#: Heights of letters in pixels; smaller ones cannot be read, larger ones are no writing.
_LETTER_HEIGHTS = (5, 40)
#: Fewest letters that are a word, and so many times their height they may be apart.
_LETTERS_OF_A_WORD = 4
_GAP = 1.5
#: Letters of a line stand on it, and differ so much in height, in pixels.
_OFF_LINE = 1
#: Of a letter's box, its strokes cover at most so much: a filled box is no letter.
_MOST_FILLED = 0.9
#: More spots than this are noise or a display's whole background.
_MOST_SPOTS = 3_000


def holds_hidden_bits(stored: NDArray[np.integer], bits_stored: int) -> bool:
    """Whether the bits above those that are used hold something, as overlays once did.

    Parameters
    ----------
    stored : array of int
        Of 16 bits, as stored.
    bits_stored : int

    Returns
    -------
    bool
        False where they are all 0 or repeat the sign.

    Examples
    --------
    >>> holds_hidden_bits(np.array([[0x0FFF, 0xFFFF]], np.uint16), 12)
    False
    >>> holds_hidden_bits(np.array([[0x1FFF]], np.uint16), 12)
    True
    """
    above = stored.astype(np.uint16) >> np.uint16(bits_stored)
    return not bool(np.isin(above, (0, 0xFFFF >> bits_stored)).all())


@dataclass(frozen=True, slots=True)
class _Letter:
    bottom: int
    left: int
    right: int
    height: int


def is_painted(stored: NDArray[np.integer]) -> bool:
    """Whether words or a frame seem to be painted into a slice of CT.

    Writing has one value, the brightest of the slice, over many small shapes that stand
    in a line. Saturated metal makes few and large ones. Faint, dark or rotated writing, and
    letters that touch each other, are not found: this is a second look, after what the header
    says.

    Parameters
    ----------
    stored : array of int, shape (rows, columns)
        As stored.

    Returns
    -------
    bool
    """
    brightest = stored.max()
    if brightest == stored.min():
        return False
    painted = np.asarray(stored == brightest)
    return _has_frame(painted) or _has_words(painted)


def _has_frame(painted: NDArray[np.bool_]) -> bool:
    grid = Grid.picture((painted.shape[0], painted.shape[1]), 1.0)
    picture = Image(painted[None].astype(np.float32), grid, "HU", clipped_hu=(0.0, 1.0))
    return without_frame(picture)[1]


def _has_words(painted: NDArray[np.bool_]) -> bool:
    labels, count = ndimage.label(painted, np.ones((3, 3)))
    if not _LETTERS_OF_A_WORD <= count <= _MOST_SPOTS:
        return False
    letters = []
    for number, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1):
        height, width = rows.stop - rows.start, columns.stop - columns.start
        filled = (labels[rows, columns] == number).mean()
        low, high = _LETTER_HEIGHTS
        # An upright stroke, an I or a 1, fills its own box.
        stroke = width <= max(height // 3, 2)
        if low <= height <= high and width <= 1.5 * height and (filled < _MOST_FILLED or stroke):
            letters.append(_Letter(rows.stop, columns.start, columns.stop, height))
    return any(_word_from(first, letters) for first in letters)


def _word_from(first: _Letter, letters: list[_Letter]) -> bool:
    """Whether enough letters follow a first one on its line."""
    line = sorted(
        (
            one
            for one in letters
            if abs(one.bottom - first.bottom) <= _OFF_LINE
            and abs(one.height - first.height) <= max(2 * _OFF_LINE, first.height // 3)
            and one.left >= first.left
        ),
        key=lambda one: one.left,
    )
    count, right = 1, first.right
    for one in line[1:]:
        if one.left - right > _GAP * first.height:
            break
        count, right = count + 1, max(right, one.right)
    return count >= _LETTERS_OF_A_WORD
