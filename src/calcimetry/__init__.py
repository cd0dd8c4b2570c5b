"""Measure calcinosis cutis in CT of the hand.

>>> import calcimetry as cm
>>> report = cm.measure(cm.read("finger.jpg", pixel_spacing_mm=0.4))  # doctest: +SKIP
>>> report.area_mm2  # doctest: +SKIP
8.1

Research use only: not a medical device.
"""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING

from calcimetry import errors
from calcimetry.model import (
    DualEnergyImage,
    Finger,
    Grid,
    Hand,
    Image,
    Interval,
    Laterality,
    Lesion,
    Report,
    Segmentation,
)

if TYPE_CHECKING:
    from calcimetry.settings import Settings
else:

    def __getattr__(name: str) -> object:
        # Settings reaches into every room below it, and with them scipy and scikit-learn.
        if name == "Settings":
            from calcimetry.settings import Settings

            return Settings
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__version__ = "0.1.0"

__all__ = [
    "DualEnergyImage",
    "Finger",
    "Grid",
    "Hand",
    "Image",
    "Interval",
    "Laterality",
    "Lesion",
    "Report",
    "Segmentation",
    "Settings",
    "__version__",
    "errors",
    "measure",
    "read",
]


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))


def read(
    path: str | PathLike[str],
    pixel_spacing_mm: float | None = None,
    window_hu: float = 1500.0,
    level_hu: float = 450.0,
) -> Image:
    """Read one finger picture as a PACS exports it.

    Parameters
    ----------
    path : path-like
        A JPEG or PNG file: grey, or grey saved as colour, of 8 or 16 bits.
    pixel_spacing_mm : float
        Distance between pixel centres in mm. A picture file does not hold it,
        so it must be given.
    window_hu, level_hu : float
        Width and centre of the window that the picture was exported with, in HU.

    Returns
    -------
    Image
        One slice in HU; `clipped_hu` says where the window cut.

    Raises
    ------
    calcimetry.errors.UnreadableFile
        If the file is missing, empty, truncated or no image.
    calcimetry.errors.UnsupportedImage
        If it is an image of a kind that is refused, such as true colour.
    calcimetry.errors.SpacingError
        If the pixel spacing is missing or impossible.
    """
    from calcimetry.files.raster import read_picture

    return read_picture(path, pixel_spacing_mm, window_hu=window_hu, level_hu=level_hu)


def measure(image: Image, settings: Settings | None = None) -> Report:
    """Find the bones of one finger, take them away, and measure the calcium that is left.

    Parameters
    ----------
    image : Image
        What `read` gives.
    settings : Settings, optional
        How to measure; the defaults where None.

    Returns
    -------
    Report
        The lesions, the label maps, the totals, and what could not be measured and why.

    Raises
    ------
    calcimetry.errors.NotMeasurable
        If nothing in the image can be measured; the message says why.
    calcimetry.errors.SettingsError
        If a setting cannot be used.
    """
    from calcimetry.pipeline import measure as measure_image
    from calcimetry.settings import Settings

    return measure_image(image, Settings() if settings is None else settings)
