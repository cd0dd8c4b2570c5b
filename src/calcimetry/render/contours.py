"""Smooth borders of the pixels of a label map, for drawing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.measure import find_contours

#: Waves of a border shorter than this are the stairs that pixels make.
_STAIRS_PX = 6.0


def display_contours(mask: NDArray[np.bool_], refine: int = 4) -> list[NDArray[np.float64]]:
    """Closed borders of a mask, without the stairs that pixels make.

    For looking at only: measured outlines come from the fraction of each pixel
    that is filled, not from this mask. Even a single pixel keeps a border.

    Parameters
    ----------
    mask : bool array, shape (rows, columns)
        What to surround. Pixels at the picture's edge are closed off there.
    refine : int
        Points per pixel side; 1 is enough where the picture is drawn at less
        than twice its size.

    Returns
    -------
    list of float arrays, each of shape (points, 2)
        Fractional (row, column) indices, first point repeated at the end. Holes
        come as further borders, which turn the other way. Empty where the mask is.

    Examples
    --------
    >>> one_pixel = np.zeros((9, 9), dtype=bool)
    >>> one_pixel[4, 6] = True
    >>> (border,) = display_contours(one_pixel)
    >>> abs(border[:-1].mean(axis=0)).round(3).tolist()
    [4.0, 6.0]
    """
    rows, columns = np.nonzero(mask)
    if rows.size == 0:
        return []
    top, left = int(rows.min()), int(columns.min())
    inside = mask[top : rows.max() + 1, left : columns.max() + 1]
    fine = np.kron(np.pad(inside, 1), np.ones((refine, refine), dtype=np.float32))
    to_index = np.array([top - 1, left - 1]) - (refine - 1) / (2 * refine)
    borders = find_contours(fine, 0.5)
    return [_smooth(border / refine + to_index) for border in borders]


def _smooth(border: NDArray[np.float64]) -> NDArray[np.float64]:
    """Take short waves out of a closed border, shape (points, 2), last point = first.

    A low-pass (Butterworth) on the border's Fourier descriptors. Its cut-off is
    never longer than half the border, so that the smallest ones become ellipses of
    their own size rather than vanish.
    """
    curve = border[:-1, 0] + 1j * border[:-1, 1]
    perimeter = float(np.abs(np.diff(border, axis=0) @ [1.0, 1.0j]).sum())
    cut_off = min(_STAIRS_PX, perimeter / 2)
    waves_per_px = np.fft.fftfreq(curve.size, d=perimeter / curve.size)
    curve = np.fft.ifft(np.fft.fft(curve) / (1 + (cut_off * waves_per_px) ** 8))
    curve = np.append(curve, curve[0])
    return np.stack([curve.real, curve.imag], axis=1)
