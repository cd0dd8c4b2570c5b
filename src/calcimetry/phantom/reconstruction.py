"""Filtered back projection with a choice of kernel."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from calcimetry.phantom.polar import PolarTransform
from calcimetry.phantom.projection import APERTURE_MM, SAMPLING_MM, Gantry

FloatArray = NDArray[np.floating[Any]]

Kernel = Literal["soft", "medium", "sharp"]

#: Full width at half maximum of the point spread in the plane, a Gaussian, in mm.
KERNEL_FWHM_MM: Mapping[str, float] = MappingProxyType({"soft": 1.2, "medium": 0.8, "sharp": 0.5})

#: Standard deviation of a Gaussian over its full width at half maximum.
SIGMA_PER_FWHM = 1.0 / np.sqrt(8.0 * np.log(2.0))


def kernel_response(kernel: Kernel, frequencies: FloatArray) -> FloatArray:
    """What the image keeps of each spatial frequency (1/mm): a Gaussian."""
    sigma = KERNEL_FWHM_MM[kernel] * SIGMA_PER_FWHM
    return np.asarray(np.exp(-2.0 * (np.pi * sigma * frequencies) ** 2))


def noise_gain(kernel: Kernel, views: int) -> float:
    """Noise at the axis of rotation over that of one reading, in 1/mm.

    For readings of equal and independent noise, spaced by d, over N views of a full turn it
    is ``pi sqrt(d / N * integral of (f K(f) / A(f))^2 df)``, K the kernel's response and A
    that of the detector's aperture (Kak and Slaney, chapter 5).
    """
    frequencies, step = np.linspace(0.0, 0.5 / SAMPLING_MM, 2001, retstep=True)
    response = kernel_response(kernel, frequencies) / np.sinc(APERTURE_MM * frequencies)
    integral = 2.0 * float(np.trapezoid((frequencies * response) ** 2, dx=float(step)))
    return float(np.pi * np.sqrt(SAMPLING_MM * integral / views))


def reconstruct(
    projections: FloatArray, gantry: Gantry, kernel: Kernel, target: PolarTransform
) -> NDArray[np.float32]:
    """Slices from their parallel projections.

    Parameters
    ----------
    projections : ndarray, shape (n, views / 2, readings)
        From `Gantry.parallel`.
    gantry : Gantry
        Which took them.
    kernel : {"soft", "medium", "sharp"}
        Sets the point spread, `KERNEL_FWHM_MM`; the detector's own blur is undone.
    target : PolarTransform
        Of the slices wanted, at the gantry's angles and frequencies.

    Returns
    -------
    ndarray of float32, shape (n, rows, columns)
        In the projections' unit per mm.
    """
    spectra = fft.rfft(np.asarray(projections, np.float32), n=gantry.length, axis=-1)
    frequencies = gantry.frequencies
    weight = _ramp(gantry.length) * kernel_response(kernel, frequencies)
    weight /= np.sinc(APERTURE_MM * frequencies)
    weight[1:] *= 2.0  # each stands for its negative too
    weight *= np.pi / len(gantry.angles) / gantry.length
    return target.back(spectra * (weight * gantry.centring).astype(np.complex64))


def _ramp(length: int) -> FloatArray:
    """Response of the band-limited ramp, taken in space so that the mean comes out right.

    Kak and Slaney, equation 3.61.
    """
    at = fft.fftfreq(length, 1.0 / length)
    odd = at % 2 == 1
    ramp = np.zeros(length)
    ramp[odd] = -1.0 / (np.pi * at[odd] * SAMPLING_MM) ** 2
    ramp[0] = 0.25 / SAMPLING_MM**2
    return np.asarray(SAMPLING_MM * fft.rfft(ramp).real)
