"""Whether a picture can be that of a finger, and what about it gives reason to doubt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from calcimetry.coverage import longest_bone_mm
from calcimetry.errors import NotMeasurable
from calcimetry.model.geometry import Grid
from calcimetry.model.image import Image
from calcimetry.model.segmentation import Segmentation

#: Least correlation between neighbouring pixels of a picture of anything.
LEAST_CORRELATION = 0.5
#: A finger shows at least so much soft tissue, and its border is mostly air.
LEAST_SOFT_TISSUE_MM2 = 50.0
SOFT_TISSUE_HU = (-200.0, 250.0)
#: Accuracy was tested at pixel spacings between these; files.raster reads somewhat beyond.
TESTED_SPACING_MM = (0.1, 1.0)
#: The longest bone of a whole finger is its proximal phalanx, 25 to 60 mm; with some room.
LONGEST_BONE_MM = (15.0, 80.0)
#: Above this, over most of the border, air is shown white.
BRIGHT_BORDER_HU = 300.0


def refuse_unusable(image: Image) -> None:
    """Refuse a picture that cannot be that of a finger.

    Raises
    ------
    NotMeasurable
        If it shows nothing, noise, no finger, or is inverted.
    """
    doing = f"Measuring {image.name!r}"
    if image.unit != "HU":
        raise NotMeasurable(f"{doing}: expected intensities in HU, found {image.unit!r}.")
    hu = image.array[0]
    if np.ptp(hu) < 1.0:
        raise NotMeasurable(
            f"{doing}: the picture is blank, every pixel holds {hu.flat[0]:.0f} HU."
        )
    correlation = _neighbour_correlation(hu)
    if correlation < LEAST_CORRELATION:
        raise NotMeasurable(
            f"{doing}: neighbouring pixels have nothing to do with each other (correlation "
            f"{correlation:.2f}, a picture has over {LEAST_CORRELATION}): this is noise."
        )
    border = np.concatenate([hu[0], hu[-1], hu[:, 0], hu[:, -1]])
    if np.mean(border > BRIGHT_BORDER_HU) > 0.5:
        raise NotMeasurable(
            f"{doing}: the border of the picture is bright (median {np.median(border):.0f} HU), "
            "where air should be dark. Is the grey scale inverted? Export it with black for air."
        )
    smooth = ndimage.uniform_filter(hu.astype(np.float64), 3, mode="nearest")
    soft = (smooth > SOFT_TISSUE_HU[0]) & (smooth < SOFT_TISSUE_HU[1])
    area = float(soft.sum()) * image.grid.pixel_area_mm2
    if area < LEAST_SOFT_TISSUE_MM2:
        raise NotMeasurable(
            f"{doing}: a finger shows at least {LEAST_SOFT_TISSUE_MM2:g} mm2 of soft tissue, found "
            f"{area:.1f} mm2. Check pixel spacing ({image.grid.spacing[1]:g} mm), window and level."
        )


def _neighbour_correlation(hu: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> float:
    """Correlation of pixels with the next one, along rows and columns alike."""
    values = hu.astype(np.float64) - hu.mean()
    products = np.concatenate(
        [(values[1:] * values[:-1]).ravel(), (values[:, 1:] * values[:, :-1]).ravel()]
    )
    return float(products.mean() / np.mean(values**2)) if products.size else 1.0


def spacing_warning(grid: Grid) -> str:
    """Tell of a pixel spacing that was not tested; empty where it was."""
    low, high = TESTED_SPACING_MM
    spacing = grid.spacing[1:]
    # A grid's spacing is computed from its affine, so 0.1 mm may lack its last bit.
    if low * (1 - 1e-6) <= min(spacing) and max(spacing) <= high * (1 + 1e-6):
        return ""
    found = " x ".join(f"{mm:.3g}" for mm in dict.fromkeys(spacing))
    return f"The pixel spacing is {found} mm: accuracy was only tested from {low} to {high} mm."


def length_warning(bones: Segmentation, missing: Sequence[str]) -> str:
    """Tell of a longest bone that is too long, or too short though none is missing."""
    low, high = LONGEST_BONE_MM
    found = longest_bone_mm(bones)
    if found <= high and (found >= low or missing):
        return ""
    return (
        f"The longest bone found is {found:.0f} mm long, where {low:g} to {high:g} mm is "
        f"expected: check the pixel spacing ({bones.grid.spacing[1]:g} mm) and the outlines of "
        "the bones."
    )
