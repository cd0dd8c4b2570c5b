"""Double contours: what an image looks like whose subject lay in two places while it was made."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

Array = NDArray[np.floating[Any]]

#: Contours are looked for at this scale, in mm, or of so many pixels if that is more.
_SCALE_MM, _SCALE_PIXELS = 0.35, 0.8
#: A copy lies so far off: nearer it is blur, farther another part of the hand. In mm.
_NEAREST_MM, _FARTHEST_MM = 1.5, 8.0
#: And at least so many pixels, for contours themselves are some pixels wide.
_NEAREST_PIXELS = 3.0
#: A peak of the autocorrelation stands out against what lies this far around it.
_AROUND_MM = 1.2
#: The strongest contours must not decide alone: what exceeds this percentile is levelled.
_LEVELLED = 98.0
#: So high is the autocorrelation at a copy, and so far does it stand out; two still things of one
#: shape seldom do both.
LEAST_PEAK, LEAST_PROMINENCE = 0.2, 0.1


def double_contour_mm(plane: Array, spacing_mm: float) -> float | None:
    """How far apart two copies of the same contours lie in a plane.

    Parameters
    ----------
    plane : ndarray, shape (rows, columns)
        In HU.
    spacing_mm : float
        Of its square pixels.

    Returns
    -------
    float or None
        In mm; None where the contours are single.

    Notes
    -----
    The contours (Laplacian of Gaussian, levelled) of a subject that lay in two places are the sum
    of two shifted copies, whose autocorrelation has peaks of half its height at plus and minus
    the shift. Shifts along straight contours, and those below 1.5 mm, show no such peak.
    """
    scale = max(_SCALE_MM / spacing_mm, _SCALE_PIXELS)
    contours = ndimage.gaussian_laplace(plane.astype(np.float32), scale, mode="nearest")
    limit = float(np.percentile(np.abs(contours[::2, ::2]), _LEVELLED))
    if limit == 0.0:
        return None
    contours = np.clip(contours, -limit, limit)
    reach = [min(int(_FARTHEST_MM / spacing_mm), size - 1) for size in plane.shape]
    correlation = _autocorrelation(contours, reach)
    down, right = np.ogrid[0 : reach[0] + 1, -reach[1] : reach[1] + 1]
    away = np.hypot(down, right) * spacing_mm
    around = ndimage.maximum_filter(correlation, footprint=_ring(spacing_mm), mode="nearest")
    copies = (
        (away >= max(_NEAREST_MM, _NEAREST_PIXELS * spacing_mm))
        & (correlation >= LEAST_PEAK)
        & (correlation - around >= LEAST_PROMINENCE)
    )
    if not copies.any():
        return None
    return float(away.flat[int(np.argmax(np.where(copies, correlation, -1.0)))])


def _autocorrelation(values: Array, reach: list[int]) -> Array:
    """For shifts of 0 to reach rows and -reach to reach columns; 1 where nothing is shifted."""
    shape = [
        fft.next_fast_len(size + most, real=True)
        for size, most in zip(values.shape, reach, strict=True)
    ]
    power = np.abs(fft.rfft2(values, shape)) ** 2
    whole = fft.irfft2(power, shape)
    columns = np.arange(-reach[1], reach[1] + 1)
    return np.asarray(whole[: reach[0] + 1, columns] / whole[0, 0])


def _ring(spacing_mm: float) -> NDArray[np.bool_]:
    radius = max(2, round(_AROUND_MM / spacing_mm))
    down, right = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    away = np.hypot(down, right)
    return np.asarray((away > radius - 1) & (away <= radius))
