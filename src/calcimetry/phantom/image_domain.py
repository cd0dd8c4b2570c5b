"""What projections would bring about, done in the image: blur, and noise of the same grain."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from calcimetry.model import Grid
from calcimetry.phantom.projection import APERTURE_MM
from calcimetry.phantom.reconstruction import (
    KERNEL_FWHM_MM,
    SIGMA_PER_FWHM,
    Kernel,
    kernel_response,
)

FloatArray = NDArray[np.floating[Any]]


def effective_path(density_mg_cm3: FloatArray, grid: Grid) -> float:
    """Matter in g/cm2 that rays through a point of a slice meet on average.

    Of a disc of as much matter, as dense as water: 16 r / (3 pi), the mean over all points
    and directions (chords weighted with their length).
    """
    mass = float(np.sum(density_mg_cm3, dtype=np.float64)) * grid.pixel_area_mm2 / 1000.0
    return float(16.0 / (3.0 * np.pi) * np.sqrt(mass / np.pi) / 10.0)


def blurred(hu: FloatArray, grid: Grid, target: Grid, kernel: Kernel) -> FloatArray:
    """A slice (rows, columns) as the kernel shows it, on the target's pixels."""
    sigma = KERNEL_FWHM_MM[kernel] * SIGMA_PER_FWHM
    sigmas = [sigma / s for s in grid.spacing[1:]]
    out = np.asarray(ndimage.gaussian_filter(np.asarray(hu, np.float32), sigmas, mode="nearest"))
    if grid.shape[1:] == target.shape[1:] and grid.spacing[1:] == target.spacing[1:]:
        return out
    factors = [new / old for new, old in zip(target.spacing[1:], grid.spacing[1:], strict=True)]
    starts = [
        (old - 1) / 2 - factor * (new - 1) / 2
        for old, new, factor in zip(grid.shape[1:], target.shape[1:], factors, strict=True)
    ]
    return np.asarray(
        ndimage.affine_transform(
            out, np.array(factors), starts, target.shape[1:], order=3, mode="nearest"
        )
    )


def grain(rng: np.random.Generator, grid: Grid, kernel: Kernel) -> NDArray[np.float32]:
    """Noise of standard deviation 1, its grain that of filtered back projection.

    The power per area rises with the spatial frequency f as ``f (K(f) / A(f))^2``, K the
    kernel's response and A the aperture's.
    """
    rows, columns = grid.shape[1:]
    across = fft.fftfreq(rows, grid.spacing[1])[:, None]
    along = fft.rfftfreq(columns, grid.spacing[2])[None, :]
    frequency = np.hypot(across, along)
    # The detector resolves no more than its aperture's first zero.
    response = kernel_response(kernel, frequency) / np.maximum(
        np.sinc(np.minimum(APERTURE_MM * frequency, 1.0)), 0.2
    )
    amplitude = np.sqrt(frequency) * response
    twice = np.full(amplitude.shape, 2.0)
    twice[:, 0] = 1.0
    if columns % 2 == 0:
        twice[:, -1] = 1.0
    power = float((twice * amplitude**2).sum() / (rows * columns))
    white = rng.standard_normal((rows, columns), dtype=np.float32)
    filtered = fft.irfft2(fft.rfft2(white) * amplitude.astype(np.float32), s=(rows, columns))
    return np.asarray(filtered / np.float32(np.sqrt(power)) if power > 0 else white)
