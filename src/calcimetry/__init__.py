"""Measure calcinosis cutis in CT of the hand.

>>> import calcimetry as cm
>>> report = cm.measure(cm.read("finger.jpg", pixel_spacing_mm=0.4))  # doctest: +SKIP
>>> report.area_mm2  # doctest: +SKIP
8.1

Research use only: not a medical device.
"""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from pathlib import Path
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
) -> Image | DualEnergyImage:
    """Read a finger picture, or a CT volume of a hand.

    Parameters
    ----------
    path : path-like
        A JPEG or PNG file (grey, or grey saved as colour, of 8 or 16 bits), a NIfTI
        file in HU, or a folder, file, zip or DICOMDIR that holds one CT series or
        one pair of energies.
    pixel_spacing_mm : float
        Of a picture: distance between pixel centres in mm. A picture file does not
        hold it, so it must be given.
    window_hu, level_hu : float
        Of a picture: width and centre of the window that it was exported with, in HU.

    Returns
    -------
    Image or DualEnergyImage
        In HU. A picture is one slice, and its `clipped_hu` says where the window cut.

    Raises
    ------
    calcimetry.errors.UnreadableFile
        If the file is missing, empty, truncated or no image.
    calcimetry.errors.UnsupportedImage
        If it is an image of a kind that is refused, such as true colour.
    calcimetry.errors.SpacingError
        If a picture's pixel spacing is missing or impossible.
    calcimetry.errors.InputError
        If a folder holds no series that can be measured, or several.
    """
    from calcimetry.study.reading import read_one

    return read_one(Path(path), pixel_spacing_mm, window_hu, level_hu)


def measure(
    image: Image | DualEnergyImage,
    settings: Settings | None = None,
    laterality: Laterality | None = None,
    on_stage: Callable[[str], None] | None = None,
) -> Report:
    """Find the bones of a finger or hand, take them away, and measure the calcium that is left.

    Parameters
    ----------
    image : Image or DualEnergyImage
        What `read` gives.
    settings : Settings, optional
        How to measure; the defaults where None.
    laterality : Laterality, optional
        Which hand a volume shows, where that is known; told from the bones where None.
    on_stage : callable, optional
        Called with the name of each stage of a volume as it begins, such as
        ``"naming fingers"``.

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

    return measure_image(image, Settings() if settings is None else settings, laterality, on_stage)
