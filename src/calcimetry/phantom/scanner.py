"""What a scanner and a PACS export do to a clean picture: blur, noise, window, JPEG."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from scipy import ndimage

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Scanner:
    """Settings of one simulated acquisition and export.

    Parameters
    ----------
    blur_sigma_mm : float
        Standard deviation of the Gaussian point spread in the picture plane.
    sharpening : float
        Strength of a bone kernel's overshoot, 0 for none.
    noise_hu : float
        Standard deviation of the noise in soft tissue.
    noise_grain_mm : float
        Correlation length of the noise (standard deviation of its smoothing).
    gain : float
        Factor on the excess over water: tube setting and beam hardening.
    window_hu, level_hu : float
        The export window; the paper's was 1500 and 450.
    jpeg_quality : int or None
        None exports without loss (PNG).
    """

    blur_sigma_mm: float
    sharpening: float
    noise_hu: float
    noise_grain_mm: float
    gain: float
    window_hu: float = 1500.0
    level_hu: float = 450.0
    jpeg_quality: int | None = 92

    @property
    def clipped_hu(self) -> tuple[float, float]:
        """Lowest and highest HU that the export can hold."""
        return self.level_hu - self.window_hu / 2, self.level_hu + self.window_hu / 2

    def acquire(self, clean_hu: Array, spacing_mm: float, rng: np.random.Generator) -> Array:
        """Blur, scale and add noise to a clean picture (rows, columns) in HU."""
        sigma = self.blur_sigma_mm / spacing_mm
        blurred = ndimage.gaussian_filter(clean_hu, sigma, mode="nearest")
        if self.sharpening > 0:
            wider = ndimage.gaussian_filter(blurred, 1.2 * sigma, mode="nearest")
            blurred = blurred + self.sharpening * (blurred - wider)
        blurred = np.where(blurred > 0, blurred * self.gain, blurred)
        noise = rng.standard_normal(clean_hu.shape)
        grain = self.noise_grain_mm / spacing_mm
        if grain > 0.2:
            noise = ndimage.gaussian_filter(noise, grain)
            noise /= noise.std() + 1e-9
        return np.asarray(blurred + self.noise_hu * noise)

    def export(self, hu: Array) -> NDArray[np.uint8]:
        """Window to 8 bits and, unless lossless, go through JPEG."""
        low, high = self.clipped_hu
        share = np.clip((hu - low) / (high - low), 0.0, 1.0)
        grey: NDArray[np.uint8] = np.rint(share * 255.0).astype(np.uint8)
        if self.jpeg_quality is None:
            return grey
        packed = BytesIO()
        PillowImage.fromarray(grey).save(packed, "JPEG", quality=self.jpeg_quality)
        return np.asarray(PillowImage.open(packed), dtype=np.uint8)

    def grey_to_hu(self, grey: NDArray[np.uint8]) -> Array:
        """Undo the window; what was clipped stays clipped."""
        low, high = self.clipped_hu
        return np.asarray(low + grey.astype(np.float64) / 255.0 * (high - low))


def draw_scanner(rng: np.random.Generator) -> Scanner:
    """One random acquisition, from sharp and quiet to blurred and noisy."""
    return Scanner(
        blur_sigma_mm=float(rng.uniform(0.18, 0.75)),
        sharpening=float(rng.choice([0.0, rng.uniform(0.1, 0.8)], p=[0.75, 0.25])),
        noise_hu=float(rng.uniform(3.0, 60.0)),
        noise_grain_mm=float(rng.uniform(0.0, 0.5)),
        gain=float(rng.uniform(0.85, 1.15)),
        jpeg_quality=int(rng.integers(60, 99)) if rng.random() < 0.85 else None,
    )
