"""Intensities as grey levels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from calcimetry.model import Image

#: Display range of HU that were not windowed: window 1500, level 450.
DEFAULT_RANGE_HU = (-300.0, 1200.0)


def to_grey(values: NDArray[np.float32], limits: tuple[float, float]) -> Picture.Image:
    """Intensities, shape (rows, columns), as grey from black to white at the limits; mode L."""
    low, high = limits
    part = (values - low) / max(high - low, 1e-6)
    return Picture.fromarray(np.uint8(255 * np.clip(part, 0.0, 1.0) + 0.5))


def display_limits(image: Image) -> tuple[float, float]:
    """Which intensities are shown black and white.

    For HU the range the source was windowed to, or else `DEFAULT_RANGE_HU`; for
    other units the least and the greatest value.
    """
    if image.unit == "HU":
        return image.clipped_hu or DEFAULT_RANGE_HU
    return float(image.array.min()), float(image.array.max())
