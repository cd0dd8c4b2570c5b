"""What of a picture's signal bone explains, and what is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.blur import estimate_blur
from calcimetry.bone.method import BoneEvidence
from calcimetry.model.geometry import read_only_copy
from calcimetry.model.image import Image


@dataclass(frozen=True, slots=True)
class SubtractionSettings:
    """How soft tissue and bone are told from what is left."""

    #: Soft tissue lies between these; below is air, above is mineral.
    soft_tissue_low_hu: float = -150.0
    soft_tissue_high_hu: float = 130.0
    #: Soft tissue is averaged over a neighbourhood of this standard deviation.
    soft_tissue_reach_mm: float = 3.0
    #: How far inside its border a bone's own brightness is looked up.
    bone_reach_mm: float = 1.0


@dataclass(frozen=True, eq=False, slots=True)
class Remainder:
    """A picture without its bones and soft tissue.

    Parameters
    ----------
    excess_hu : array of float32, shape of the grid
        HU above soft tissue that no bone explains; 0 within bone and in air.
    soft_tissue_hu : array of float32, shape of the grid
        Local soft tissue that was taken away.
    blur_sigma_mm : float
        Gaussian blur of the picture that the bones' own halo was drawn with.
    """

    excess_hu: NDArray[np.float32]
    soft_tissue_hu: NDArray[np.float32]
    blur_sigma_mm: float

    def __post_init__(self) -> None:
        for name in ("excess_hu", "soft_tissue_hu"):
            object.__setattr__(self, name, read_only_copy(getattr(self, name), np.float32))

    def __reduce__(self) -> tuple[Any, ...]:
        return Remainder, (
            np.array(self.excess_hu),
            np.array(self.soft_tissue_hu),
            self.blur_sigma_mm,
        )


def subtract_bone(
    image: Image, evidence: BoneEvidence, settings: SubtractionSettings | None = None
) -> Remainder:
    """Take bone and soft tissue away from a picture.

    Blur spreads each bone past its border. Cutting the bone out along that border
    leaves a bright rim that growing would take for calcification, so the halo is
    drawn and taken away as well: the bone's mask blurred as the picture is, times
    the bone's own brightness nearby, above local soft tissue.

    Parameters
    ----------
    image : Image
        A picture in HU.
    evidence : BoneEvidence
        Its bones, on the same grid.
    settings : SubtractionSettings, optional

    Returns
    -------
    Remainder

    Raises
    ------
    NotMeasurable
        If the image is a volume.
    """
    settings = settings or SubtractionSettings()
    sigma_mm = estimate_blur(image).sigma_mm
    spacing = np.array(image.grid.spacing[1:])
    hu, bone = image.array[0].astype(np.float64), evidence.bones.mask[0]
    soft = _soft_tissue(hu, bone, spacing, settings)
    halo = ndimage.gaussian_filter(bone.astype(np.float64), sigma_mm / spacing, mode="constant")
    reach = 2 * np.ceil(settings.bone_reach_mm / spacing).astype(int) + 1
    bone_hu = ndimage.maximum_filter(np.where(bone, hu - soft, 0.0), tuple(reach), mode="nearest")
    excess = np.maximum(hu - soft - halo * bone_hu, 0.0)
    excess[bone | (hu < settings.soft_tissue_low_hu)] = 0.0
    return Remainder(excess[None].astype(np.float32), soft[None].astype(np.float32), sigma_mm)


def _soft_tissue(
    hu: NDArray[np.float64],
    bone: NDArray[np.bool_],
    spacing: NDArray[np.float64],
    settings: SubtractionSettings,
) -> NDArray[np.float64]:
    """Local soft tissue, shape (rows, columns): its mean nearby, towards its median far off."""
    soft = (hu > settings.soft_tissue_low_hu) & (hu < settings.soft_tissue_high_hu) & ~bone
    if not soft.any():
        return np.zeros_like(hu)
    sigma = settings.soft_tissue_reach_mm / spacing
    weight = ndimage.gaussian_filter(soft.astype(np.float64), sigma, mode="constant")
    total = ndimage.gaussian_filter(np.where(soft, hu, 0.0), sigma, mode="constant")
    # A prior of one part in fifty keeps the mean defined where no soft tissue is near.
    prior = 0.02
    return np.asarray((total + prior * np.median(hu[soft])) / (weight + prior))
