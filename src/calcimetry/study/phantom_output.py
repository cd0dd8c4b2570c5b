"""In which form simulated images are written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from calcimetry.errors import SettingsError
from calcimetry.phantom.scan_settings import PHYSICS, Physics
from calcimetry.phantom.spectra import PRESETS, USUAL_PRESET

Format = Literal["dicom", "nifti", "jpeg"]
FORMATS: tuple[str, ...] = get_args(Format)
#: Distances of samples in mm at which a finger fits into memory and still shows.
SPACING_RANGE_MM = (0.3, 2.0)
#: And the least for a whole hand: half of it takes eight times the memory.
LEAST_HAND_SPACING_MM = 0.4
QUALITY_RANGE = (1, 100)


@dataclass(frozen=True, slots=True)
class PhantomOutput:
    """How simulated images are made and written.

    Parameters
    ----------
    format : {"dicom", "nifti", "jpeg"}
        Volumes at two energies, or the source paper's kind of picture: sagittal, 8 bit,
        window 1500, level 450.
    preset : str
        Tube settings, a name of `calcimetry.phantom.spectra.PRESETS`.
    spacing_mm : float
        Of the isotropic samples.
    slab_mm : float
        Thickness that pictures are averaged over.
    plane_mm : float or None
        Which plane of each finger a picture shows, in mm from the middle; None chooses
        the one that shows most of its lesions.
    quality : int or None
        Of JPEG; None draws one from 60 to 98 for each picture.
    border : bool
        Whether a white frame is burned into pictures.
    physics : {"image", "projection"}
        Whether images are blurred and made noisy, or projected and reconstructed.

    Raises
    ------
    SettingsError
        If a value cannot be used.
    """

    format: Format = "dicom"
    preset: str = USUAL_PRESET
    spacing_mm: float = 0.6
    slab_mm: float = 1.0
    plane_mm: float | None = None
    quality: int | None = None
    border: bool = False
    physics: Physics = "image"

    def __post_init__(self) -> None:
        doing = "Simulating a phantom"
        if self.format not in FORMATS:
            raise SettingsError(
                f"{doing}: format must be one of {', '.join(FORMATS)}, found {self.format!r}."
            )
        if self.preset not in PRESETS:
            raise SettingsError(
                f"{doing}: preset must be one of {', '.join(PRESETS)}, found {self.preset!r}."
            )
        if self.physics not in PHYSICS:
            raise SettingsError(
                f"{doing}: physics must be one of {', '.join(PHYSICS)}, found {self.physics!r}."
            )
        _refuse_outside(doing, "spacing", self.spacing_mm, SPACING_RANGE_MM)
        _refuse_outside(doing, "slab", self.slab_mm, (0.0, 20.0))
        if self.plane_mm is not None:
            _refuse_outside(doing, "plane", self.plane_mm, (-30.0, 30.0))
        low, high = QUALITY_RANGE
        if self.quality is not None and not low <= self.quality <= high:
            raise SettingsError(
                f"{doing}: JPEG quality must lie between {low} and {high}, found {self.quality}."
            )


def checked_seed(seed: int) -> int:
    """The seed itself.

    Raises
    ------
    SettingsError
        If it is negative, which no random generator takes.
    """
    if seed < 0:
        raise SettingsError(f"Simulating a phantom: the seed must be 0 or more, found {seed}.")
    return seed


def refuse_fine_hand(output: PhantomOutput) -> None:
    """Make sure that a whole hand at this spacing fits into memory.

    Raises
    ------
    SettingsError
        If it does not.
    """
    if output.spacing_mm < LEAST_HAND_SPACING_MM:
        raise SettingsError(
            f"Simulating a hand: spacing must be {LEAST_HAND_SPACING_MM:g} mm or more to fit into "
            f"memory, found {output.spacing_mm:g} mm. A finger may have down to "
            f"{SPACING_RANGE_MM[0]:g} mm."
        )


def _refuse_outside(doing: str, name: str, value: float, allowed: tuple[float, float]) -> None:
    low, high = allowed
    if not (math.isfinite(value) and low <= value <= high):
        raise SettingsError(
            f"{doing}: {name} must lie between {low:g} and {high:g} mm, found {value:g} mm."
        )
