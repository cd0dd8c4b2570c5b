"""One picture on a sheet, and how its pixels map onto it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Strips beside a panel where badges stand, with the lengths of their lesions' axes.
GUTTER = 76


@dataclass(frozen=True, slots=True)
class Panel:
    """Where a picture stands on a sheet.

    Parameters
    ----------
    at : (int, int)
        Its upper left corner (x, y), in pixels of the finished sheet.
    size : (int, int)
        Its width and height there.
    shape : (int, int)
        Rows and columns of the picture.
    """

    at: tuple[int, int]
    size: tuple[int, int]
    shape: tuple[int, int]

    @property
    def refine(self) -> int:
        """How many points per pixel side an outline needs to look smooth here."""
        return int(np.clip(round(self.size[0] / self.shape[1]), 1, 4))

    def place(self, index: ArrayLike) -> NDArray[np.float64]:
        """Fractional (row, column), shape (n, 2), to (x, y): index 0 is the middle of a pixel."""
        scale = np.array(self.size) / (self.shape[1], self.shape[0])
        return np.asarray((np.asarray(index)[:, ::-1] + 0.5) * scale + self.at)
