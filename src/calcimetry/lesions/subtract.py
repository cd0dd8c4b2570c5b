"""What of an image's signal bone explains, and what is left."""

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
from calcimetry.regions import distance_to, steps_mm

FloatArray = NDArray[np.floating[Any]]


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
    #: How far outside bone its halo is compared with the picture to fit the blur.
    halo_reach_mm: float = 1.5


#: Blurs tried, as multiples of the one that `estimate_blur` reads off the edges, and
#: how much brighter than a clipped window shows cortical bone may be.
_BLURS = (0.8, 1.0, 1.25, 1.6)
_BEYOND_WINDOW = (1.0, 1.2, 1.4, 1.7)
#: Intensities this close to the window's top may have been cut off there.
_CLIP_MARGIN_HU = 60.0
#: Less bone than this in a pixel leaves it soft tissue; more calcium, as the method
#: claims it, keeps a pixel out of the fit of bone's halo.
_LITTLE = 0.1
#: Of the soft tissue's own HU: what its denser part reaches.
_DENSE_PERCENTILE = 85
#: Of how much brighter than soft tissue bone is: what dense cortex reaches.
_CORTEX_PERCENTILE = 98


@dataclass(frozen=True, eq=False, slots=True)
class Remainder:
    """An image without its bones and soft tissue.

    Parameters
    ----------
    excess_hu : array of float32, shape of the grid
        HU above soft tissue that no bone explains; 0 within bone and in air.
    soft_tissue_hu : array of float32, shape of the grid
        Local soft tissue that was taken away.
    blur_sigma_mm : float
        Gaussian blur of the image that the bones' own halo was drawn with.
    dense_tissue_hu : float
        What the denser soft tissue of this image reaches: local soft tissue may
        be fat, and muscle stands out from fat without being mineral.
    """

    excess_hu: NDArray[np.float32]
    soft_tissue_hu: NDArray[np.float32]
    blur_sigma_mm: float
    dense_tissue_hu: float = 0.0

    def __post_init__(self) -> None:
        for name in ("excess_hu", "soft_tissue_hu"):
            object.__setattr__(self, name, read_only_copy(getattr(self, name), np.float32))

    def __reduce__(self) -> tuple[Any, ...]:
        return Remainder, (
            np.array(self.excess_hu),
            np.array(self.soft_tissue_hu),
            self.blur_sigma_mm,
            self.dense_tissue_hu,
        )

    @property
    def mineral_hu(self) -> NDArray[np.float32]:
        """HU that neither bone nor even the densest soft tissue explains, shape of the grid."""
        denser = np.maximum(self.dense_tissue_hu - self.soft_tissue_hu, 0.0)
        return np.asarray(self.excess_hu - denser, dtype=np.float32)


def subtract_bone(
    image: Image, evidence: BoneEvidence, settings: SubtractionSettings | None = None
) -> Remainder:
    """Take bone and soft tissue away from a picture or a volume.

    Blur spreads each bone past its border, and a bone that fills part of a pixel
    brightens all of it. Cutting bone out along its border leaves a bright rim that
    growing would take for calcification, so what bone explains is drawn and taken
    away instead: the part of each pixel that bone fills, blurred as the picture is,
    times the bone's own brightness nearby, above local soft tissue. Outside of bone that is
    at least the brightness of the image's dense cortex.

    Parameters
    ----------
    image : Image
        A picture or a volume in HU.
    evidence : BoneEvidence
        Its bones, on the same grid.
    settings : SubtractionSettings, optional

    Returns
    -------
    Remainder

    Notes
    -----
    Two things the image does not say outright are fitted to the soft tissue just
    outside bone, by the least mean absolute difference: the blur, near the one that
    `calcimetry.blur.estimate_blur` reads off the edges, and how much brighter
    cortical bone is than the window shows where it is cut off.
    """
    settings = settings or SubtractionSettings()
    sigma_mm = estimate_blur(image).sigma_mm
    # Single precision halves the memory of a volume.
    hu: FloatArray = image.array.astype(np.float64) if image.is_picture else image.array
    fraction = evidence.bone_fraction.astype(hu.dtype)
    bone = evidence.bones.mask
    steps = steps_mm(image.grid)
    body = hu > settings.soft_tissue_low_hu
    soft_only = body & (hu < settings.soft_tissue_high_hu) & ~bone & (fraction < _LITTLE)
    soft = _soft_tissue(hu, soft_only, settings.soft_tissue_reach_mm / steps)
    rise = hu - soft
    reach = 2 * np.ceil(settings.bone_reach_mm / steps).astype(int) + 1
    bone_hu = ndimage.maximum_filter(np.where(bone, rise, 0.0), tuple(reach), mode="nearest")
    if bone.any():
        # Bone that an image only grazes shows its cortex, and marrow or nothing is beside it.
        cortex_hu = np.percentile(rise[bone], _CORTEX_PERCENTILE)
        np.maximum(bone_hu, cortex_hu, out=bone_hu, where=~bone)
    compared = body & ~bone
    if evidence.calcification_fraction is not None:
        compared &= evidence.calcification_fraction < _LITTLE
    compared[compared] = np.isfinite(
        distance_to(bone, image.grid, compared, settings.halo_reach_mm)
    )
    top = np.inf if image.clipped_hu is None else image.clipped_hu[1]
    explained, factor = _fit_halo(fraction, bone_hu, rise, compared, top - soft, sigma_mm / steps)
    excess = np.maximum(rise - explained, 0.0)
    excess[bone | (hu < settings.soft_tissue_low_hu)] = 0.0
    dense = float(np.percentile(hu[soft_only], _DENSE_PERCENTILE)) if soft_only.any() else 0.0
    return Remainder(excess, soft, factor * sigma_mm, dense)


def _fit_halo(
    fraction: FloatArray,
    bone_hu: FloatArray,
    rise: FloatArray,
    compared: NDArray[np.bool_],
    room_hu: FloatArray,
    sigma: NDArray[np.float64],
) -> tuple[FloatArray, float]:
    """The bones' signal that fits best where `compared`, and the factor of its blur `sigma`."""
    cut = bone_hu > room_hu - _CLIP_MARGIN_HU
    best: tuple[float, FloatArray, float] | None = None
    for factor in _BLURS:
        halo = ndimage.gaussian_filter(fraction, factor * sigma, mode="constant") * bone_hu
        for beyond in _BEYOND_WINDOW if cut.any() else (1.0,):
            explained = np.minimum(np.where(cut, beyond * halo, halo), room_hu)
            misfit = float(np.abs(rise - explained)[compared].mean()) if compared.any() else 0.0
            if best is None or misfit < best[0]:
                best = misfit, explained, factor
    assert best is not None  # noqa: S101 - both tuples above hold something
    return best[1], best[2]


def _soft_tissue(hu: FloatArray, soft: NDArray[np.bool_], sigma: NDArray[np.float64]) -> FloatArray:
    """Local soft tissue, shape of `hu`: its mean nearby, towards its median far off."""
    if not soft.any():
        return np.zeros_like(hu)
    weight = ndimage.gaussian_filter(soft.astype(hu.dtype), sigma, mode="constant")
    total = ndimage.gaussian_filter(np.where(soft, hu, 0.0), sigma, mode="constant")
    # A prior of one part in fifty keeps the mean defined where no soft tissue is near.
    prior = 0.02
    return np.asarray((total + prior * np.median(hu[soft])) / (weight + prior))
