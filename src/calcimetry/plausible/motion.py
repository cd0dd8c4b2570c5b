"""Double contours: what an image looks like whose subject lay in two places while it was made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

Array = NDArray[np.floating[Any]]

#: Contours are looked for at this scale, in mm, or of so many samples if that is more.
_SCALE_MM, _SCALE_SAMPLES = 0.35, 0.8
#: A copy lies so far off, in mm: nearer it is blur, farther another part of the hand.
_NEAREST_MM, _FARTHEST_MM = 1.5, 8.0
#: And at least so many samples, for contours themselves are some samples wide.
_NEAREST_SAMPLES = 3.0
#: A peak of the autocorrelation stands out against what lies this far around it.
_AROUND_MM = 1.2
#: The strongest contours must not decide alone: what exceeds this percentile is levelled.
_LEVELLED = 98.0
#: So high is the autocorrelation at a copy, and so far does it stand out, by the number of
#: dimensions: in a plane two still things may have one shape, in space hardly ever.
LEAST_PEAK, LEAST_PROMINENCE = {2: 0.2, 3: 0.3}, {2: 0.1, 3: 0.004}


def double_contour_mm(array: Array, spacing_mm: Sequence[float]) -> float | None:
    """How far apart two copies of the same contours lie in a picture or a volume.

    Parameters
    ----------
    array : ndarray, shape (rows, columns) or (slices, rows, columns)
        In HU.
    spacing_mm : sequence of float
        Along each of its axes.

    Returns
    -------
    float or None
        In mm; None where the contours are single.

    Notes
    -----
    The contours (Laplacian of Gaussian, levelled) of a subject that lay in two places are the sum
    of two shifted copies, whose autocorrelation has peaks of half its height at plus and minus
    the shift. Shifts along straight contours, and small ones, show no such peak.
    """
    spacing = np.array(spacing_mm)
    contours = ndimage.gaussian_laplace(
        array.astype(np.float32), np.maximum(_SCALE_MM / spacing, _SCALE_SAMPLES), mode="nearest"
    )
    some = contours[(slice(None, None, 2),) * array.ndim]
    limit = float(np.percentile(np.abs(some), _LEVELLED))
    if limit == 0.0:
        return None
    reach = np.minimum((_FARTHEST_MM / spacing).astype(int), np.array(array.shape) - 1)
    correlation = _autocorrelation(np.clip(contours, -limit, limit), reach)
    around = ndimage.maximum_filter(correlation, footprint=_shell(spacing), mode="nearest")
    away = _distance(reach, spacing)
    copies = (
        (away >= max(_NEAREST_MM, _NEAREST_SAMPLES * float(spacing.max())))
        & (correlation >= LEAST_PEAK[array.ndim])
        & (correlation - around >= LEAST_PROMINENCE[array.ndim])
    )
    if not copies.any():
        return None
    return float(away.flat[int(np.argmax(np.where(copies, correlation, -1.0)))])


def _autocorrelation(values: Array, reach: NDArray[np.intp]) -> Array:
    """For shifts of -reach to reach along each axis; 1 where nothing is shifted."""
    shape = [
        fft.next_fast_len(size + int(most), real=True)
        for size, most in zip(values.shape, reach, strict=True)
    ]
    whole = fft.irfftn(np.abs(fft.rfftn(values, shape)) ** 2, shape)
    shifts = np.ix_(*(np.arange(-most, most + 1) for most in reach))
    return np.asarray(whole[shifts] / whole.flat[0])


def _distance(reach: NDArray[np.intp], step: Array) -> Array:
    """Length of each shift of -reach to reach samples, a `step` apart along each axis."""
    axes = np.ogrid[tuple(slice(-int(most), int(most) + 1) for most in reach)]
    squares = sum((axis * one) ** 2 for axis, one in zip(axes, step, strict=True))
    return np.asarray(np.sqrt(squares))


def _shell(spacing: Array) -> NDArray[np.bool_]:
    """A ring, or the shell of a ball, about a sample thick."""
    radius = np.maximum(2, np.rint(_AROUND_MM / spacing).astype(int))
    away = _distance(radius, 1.0 / radius)
    return np.asarray((away > 1.0 - 1.0 / radius.min()) & (away <= 1.0))
