"""Where the parts of an overlay go, for tall and for wide pictures."""

from __future__ import annotations

from dataclasses import dataclass

from calcimetry.model import Grid
from calcimetry.render.panel import GUTTER

MARGIN = 28

_LEAST_HEIGHT = 900
#: Room (width, height) for each of the two panels, side by side or one above the other.
_BESIDE, _ABOVE = (580, 1000), (1100, 470)
_CAPTION, _FOOT, _COLUMN_GAP = 30, 40, 24


@dataclass(frozen=True, slots=True)
class Layout:
    """Places (x, y) and sizes (width, height) in pixels of the finished overlay."""

    size: tuple[int, int]
    #: Size of each of the two panels.
    panel: tuple[int, int]
    #: Upper left corners of the picture as it is, of the marked one and of the words.
    bare: tuple[int, int]
    marked: tuple[int, int]
    column: tuple[int, int]
    #: True where the panels stand one above the other, and badges above and below.
    stacked: bool


def lay_out(grid: Grid, column_size: tuple[int, int]) -> Layout:
    """Make the panels as large as fits, in true proportion even if pixels are not square.

    Parameters
    ----------
    grid : Grid
        Of the picture.
    column_size : (int, int)
        Width and height of the words beside the panels.
    """
    _, rows, columns = grid.shape
    _, row_mm, column_mm = grid.spacing
    width_mm, height_mm = columns * column_mm, rows * row_mm
    beside = min(_BESIDE[0] / width_mm, _BESIDE[1] / height_mm)
    above = min(_ABOVE[0] / width_mm, _ABOVE[1] / height_mm)
    scale = max(beside, above)
    stacked = above > beside
    width, height = max(1, round(width_mm * scale)), max(1, round(height_mm * scale))
    bare = (MARGIN, MARGIN + _CAPTION)
    if stacked:
        marked = (MARGIN, bare[1] + height + _CAPTION + GUTTER)
        right = marked[0] + width
        bottom = marked[1] + height + GUTTER + _FOOT
    else:
        marked = (bare[0] + width + GUTTER, bare[1])
        right = marked[0] + width + GUTTER
        bottom = marked[1] + height + _FOOT
    column = (right + _COLUMN_GAP, MARGIN)
    return Layout(
        size=(
            column[0] + column_size[0] + MARGIN,
            max(bottom, MARGIN + column_size[1], _LEAST_HEIGHT) + MARGIN,
        ),
        panel=(width, height),
        bare=bare,
        marked=marked,
        column=column,
        stacked=stacked,
    )
