"""How much a picture is blurred, read from the edges in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.errors import NotMeasurable
from calcimetry.model.image import Image

#: Hand CT reconstructed with a bone kernel; used where no edge can be read.
FALLBACK_SIGMA_MM = 0.4
#: Fewer edge pixels than this say nothing.
FEWEST_EDGES = 30
#: An edge counts where intensity changes by at least so many HU per pixel.
STEEPEST_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Blur:
    """Gaussian blur of a picture.

    `sigma_mm` is its standard deviation; `estimated` is False where the picture
    showed too few edges and `FALLBACK_SIGMA_MM` stands in.
    """

    sigma_mm: float
    estimated: bool


def estimate_blur(image: Image) -> Blur:
    """Standard deviation in mm of the Gaussian that blurs a picture's edges.

    Parameters
    ----------
    image : Image
        A picture (one slice), any unit.

    Returns
    -------
    Blur

    Raises
    ------
    NotMeasurable
        If the image is a volume.

    Notes
    -----
    The steepness of a step that a Gaussian of variance s**2 has blurred is
    proportional to 1/s, so blurring it once more in two known ways, a and b, gives
    s from the ratio R of the two steepnesses, whatever the height of the step:
    ``s**2 = (b**2 - R**2 a**2) / (R**2 - 1)`` (Zhuo and Sim, Pattern Recognition
    2011; 44: 1852). It is read where the picture is steepest, and the median is
    taken. Thin plates of bone fall off faster than a step and clipped intensities
    make edges shorter: the estimate is good to a fifth or so, and is kept between
    a third of a pixel and 1.5 mm.
    """
    if not image.is_picture:
        raise NotMeasurable(
            f"Estimating the blur of {image.name!r}: needs a picture of one slice, "
            f"found {image.grid.shape[0]} slices."
        )
    pixel = min(image.grid.spacing[1:])
    sharp, soft = 0.7 * pixel, 1.2 * pixel
    steep_sharp = _steepness(image, sharp)
    steep_soft = _steepness(image, soft)
    crest = steep_sharp == ndimage.maximum_filter(steep_sharp, 3)
    edges = crest & (steep_sharp > STEEPEST_SHARE * steep_sharp.max())
    squared_ratio = (steep_sharp[edges] / np.maximum(steep_soft[edges], 1e-9)) ** 2
    falling = squared_ratio > 1.0 + 1e-6
    if falling.sum() < FEWEST_EDGES:
        return Blur(FALLBACK_SIGMA_MM, estimated=False)
    ratio = squared_ratio[falling]
    variance = float(np.median((soft**2 - ratio * sharp**2) / (ratio - 1.0)))
    sigma = np.sqrt(max(variance, 0.0))
    return Blur(float(np.clip(sigma, pixel / 3.0, 1.5)), estimated=True)


def _steepness(image: Image, sigma_mm: float) -> NDArray[np.float64]:
    """Length of the gradient per mm after a Gaussian of `sigma_mm`."""
    spacing = image.grid.spacing[1:]
    sigma = [sigma_mm / s for s in spacing]
    plane = image.array[0].astype(np.float64)
    along_rows = ndimage.gaussian_filter(plane, sigma, order=(1, 0), mode="nearest") / spacing[0]
    along_columns = ndimage.gaussian_filter(plane, sigma, order=(0, 1), mode="nearest") / spacing[1]
    return np.asarray(np.hypot(along_rows, along_columns))
