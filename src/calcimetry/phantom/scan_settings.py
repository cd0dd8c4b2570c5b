"""How a simulated scanner is set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from calcimetry.errors import SettingsError
from calcimetry.phantom.reconstruction import KERNEL_FWHM_MM, Kernel
from calcimetry.phantom.spectra import USUAL_PRESET, tube_settings

FEWEST_VIEWS, MOST_VIEWS = 90, 7200
#: How drawn hands are scanned: in the image, or through projections.
Physics = Literal["image", "projection"]
PHYSICS: tuple[str, ...] = get_args(Physics)


@dataclass(frozen=True, slots=True)
class ScanSettings:
    """How to scan and reconstruct.

    Parameters
    ----------
    preset : str
        Pair of tube settings, a name of `calcimetry.phantom.spectra.PRESETS`.
    kernel : {"soft", "medium", "sharp"}
        Point spread in the plane: 1.2, 0.8 or 0.5 mm full width at half maximum.
    noise_hu : (float, float)
        Standard deviation of the noise at the low and the high energy, in the middle of a
        water cylinder of 80 mm, at this kernel and slice thickness and a dose of 1; 0 for none.
    dose : float
        Factor on the quanta: four times the dose halves the noise.
    electronic_quanta : float
        Standard deviation of a reading's electronic noise, in quanta of the mean energy.
    pixel_spacing_mm, slice_thickness_mm, slice_spacing_mm : float or None
        Of the reconstructed slices; None takes the object's own, and for the spacing of
        slices their thickness.
    views : int
        Positions of the tube in a full turn; even.

    Raises
    ------
    SettingsError
        If a value cannot be used.
    """

    preset: str = USUAL_PRESET
    kernel: Kernel = "medium"
    noise_hu: tuple[float, float] = (15.0, 15.0)
    dose: float = 1.0
    electronic_quanta: float = 10.0
    pixel_spacing_mm: float | None = None
    slice_thickness_mm: float | None = None
    slice_spacing_mm: float | None = None
    views: int = 1152

    def __post_init__(self) -> None:
        tube_settings(self.preset)
        if self.kernel not in KERNEL_FWHM_MM:
            raise SettingsError(
                f"Setting up a scan: expected a kernel of {', '.join(KERNEL_FWHM_MM)}; "
                f"found {self.kernel!r}."
            )
        if np.shape(self.noise_hu) != (2,) or not all(0.0 <= n < np.inf for n in self.noise_hu):
            raise SettingsError(
                "Setting up a scan: expected noise_hu to be two standard deviations of 0 HU or "
                f"more, found {self.noise_hu}."
            )
        if not 0.0 <= self.electronic_quanta < np.inf:
            raise SettingsError(
                "Setting up a scan: expected electronic_quanta of 0 or more, found "
                f"{self.electronic_quanta}."
            )
        if self.views % 2 or not FEWEST_VIEWS <= self.views <= MOST_VIEWS:
            raise SettingsError(
                f"Setting up a scan: expected an even number of views from {FEWEST_VIEWS} to "
                f"{MOST_VIEWS}, found {self.views}."
            )
        for name in ("dose", "pixel_spacing_mm", "slice_thickness_mm", "slice_spacing_mm"):
            value = getattr(self, name)
            if value is not None and not 0.0 < value < np.inf:
                raise SettingsError(
                    f"Setting up a scan: expected {name} to be more than 0, found {value}."
                )


@dataclass(frozen=True, slots=True)
class ScanMode:
    """How a drawn hand or finger is scanned.

    Parameters
    ----------
    preset : str
        Pair of tube settings, a name of `calcimetry.phantom.spectra.PRESETS`.
    physics : {"image", "projection"}
        Blur and noise added to the image, quickly; or rays projected, counted and
        reconstructed slice by slice. What is drawn, and so the truth, is the same.
    workers : int
        Slices projected at the same time; the result does not depend on it.
    progress : callable, optional
        Called with the slices projected and their number.

    Raises
    ------
    SettingsError
        If a value cannot be used.
    """

    preset: str = USUAL_PRESET
    physics: Physics = "image"
    workers: int = 1
    progress: Callable[[int, int], None] | None = None

    def __post_init__(self) -> None:
        tube_settings(self.preset)
        if self.physics not in PHYSICS:
            raise SettingsError(
                f"Choosing how to scan: expected physics of {' or '.join(PHYSICS)}, found "
                f"{self.physics!r}."
            )
        if self.workers < 1:
            raise SettingsError(
                f"Choosing how to scan: expected 1 worker or more, found {self.workers}."
            )
