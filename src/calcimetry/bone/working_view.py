"""The networks' own view of a picture: upright, at one pixel spacing, cut to the finger.

Pictures come rotated, mirrored, at any pixel spacing and with any amount of air. A
network sees them all alike: turned so that the finger's long axis runs along the
rows (either end up), at 0.4 mm, with a small margin of air. What the network says
is then carried back to the picture's own pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Array = NDArray[np.float64]

SPACING_MM = 0.4
#: What lies outside the picture, and the lowest value shown to a network: air.
AIR_HU = -300.0
MINERAL_HU = 1200.0
#: Anything brighter is taken for flesh or bone when the finger is looked for.
FLESH_HU = -200.0

_MARGIN_MM = 4.0
_MULTIPLE = 16  # the network halves the size four times
#: A finger longer than this times its width has a main axis worth turning to.
_ELONGATED = 2.0
_TURN_STEP = np.deg2rad(15.0)  # the network copes with half a step either way


@dataclass(frozen=True, slots=True)
class WorkingView:
    """An affine map from working pixels to picture pixels.

    `matrix` (2, 2) and `offset` (2,) turn a working index (row, column) into a
    picture index; `shape` is the working (rows, columns).
    """

    matrix: Array
    offset: Array
    shape: tuple[int, int]

    def of(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        """Picture in HU (rows, columns) as the network sees it, `shape`.

        Pixels finer than the working spacing are smoothed first, so that none is
        skipped (antialiasing).
        """
        steps = np.linalg.norm(self.matrix, axis=1)
        sigma = 0.5 * np.sqrt(np.maximum(steps**2 - 1.0, 0.0))
        source = np.clip(picture, AIR_HU, MINERAL_HU)
        if sigma.max() > 0.1:
            source = ndimage.gaussian_filter(source, sigma, mode="nearest")
        turned = ndimage.affine_transform(
            source, self.matrix, self.offset, self.shape, order=1, mode="constant", cval=AIR_HU
        )
        return np.asarray(turned, dtype=np.float32)

    def back(self, values: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
        """Working values (rows, columns) on the picture's own pixels, `shape`; 0 outside."""
        inverse = np.linalg.inv(self.matrix)
        restored = ndimage.affine_transform(
            values, inverse, -inverse @ self.offset, shape, order=1, mode="constant", cval=0.0
        )
        return np.asarray(restored, dtype=np.float32)


def working_view(picture: NDArray[np.float32], spacing_mm: tuple[float, float]) -> WorkingView:
    """Choose the view of a picture in HU (rows, columns) of (row, column) spacing in mm.

    A picture without flesh is taken whole.
    """
    spacing = np.asarray(spacing_mm)
    flesh = picture > FLESH_HU
    if not flesh.any():
        flesh = np.ones(picture.shape, bool)
    points = np.argwhere(flesh) * spacing
    turn = _rotation_to_upright(points)
    cos, sin = np.cos(turn), np.sin(turn)
    # Rows of `axes` are the working row and column directions in picture millimetres.
    axes = np.array([[cos, sin], [-sin, cos]])
    seen = points @ axes.T
    low, high = seen.min(axis=0) - _MARGIN_MM, seen.max(axis=0) + _MARGIN_MM
    if turn == 0.0:
        # Stay on the picture's own pixels where the spacing allows it.
        low = np.floor(low / spacing) * spacing
    size = np.ceil((high - low) / SPACING_MM / _MULTIPLE).astype(int) * _MULTIPLE
    matrix = (axes.T * SPACING_MM) / spacing[:, None]
    offset = (low @ axes) / spacing
    return WorkingView(matrix, offset, (int(size[0]), int(size[1])))


def _rotation_to_upright(points_mm: Array) -> float:
    """Angle of the long axis of a cloud of points (n, 2) from the row direction, in steps."""
    centred = points_mm - points_mm.mean(axis=0)
    spread, axes = np.linalg.eigh(centred.T @ centred / len(centred))
    if len(centred) < 3 or spread[1] < _ELONGATED**2 * max(spread[0], 1e-9):
        return 0.0
    angle = float(np.arctan2(axes[1, 1], axes[0, 1]))
    angle = (angle + np.pi / 2) % np.pi - np.pi / 2  # an axis has no direction
    return float(np.round(angle / _TURN_STEP) * _TURN_STEP)
