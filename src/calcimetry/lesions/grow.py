"""Region growing: from a bright seed out to where its signal falls to half."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.bone.method import BoneEvidence
from calcimetry.lesions.subtract import Remainder
from calcimetry.model.geometry import Grid, read_only_copy
from calcimetry.model.image import Image
from calcimetry.model.segmentation import Segmentation
from calcimetry.regions import connected_components, join_close, without_small


@dataclass(frozen=True, slots=True)
class GrowthSettings:
    """When a bright place is a lesion, and where it ends."""

    #: A lesion starts where the remainder exceeds this, over soft tissue.
    seed_hu: float = 180.0
    #: It ends where the remainder falls to this part of its own brightness,
    stop_share: float = 0.5
    #: and in any case to this: muscle stands out from fat by little less.
    stop_hu: float = 120.0
    #: Smaller ones are noise.
    minimum_area_mm2: float = 0.3
    #: Bone's border is known to this, so nothing nearer to bone than this, the blur
    #: and half a pixel can start a lesion.
    rim_mm: float = 0.4


@dataclass(frozen=True, eq=False, slots=True)
class GrownLesions:
    """Lesions of one picture.

    Parameters
    ----------
    lesion_map : Segmentation
        Lesions numbered from 1, in the order of their first pixel.
    mineral_fraction : array of float32, shape of the grid, 0 to 1
        Part of each pixel that lesion mineral fills. It reaches past the lesions'
        own pixels into the border that blur has drawn out.
    """

    lesion_map: Segmentation
    mineral_fraction: NDArray[np.float32]

    def __post_init__(self) -> None:
        fraction = read_only_copy(self.mineral_fraction, np.float32)
        object.__setattr__(self, "mineral_fraction", fraction)

    def __reduce__(self) -> tuple[Any, ...]:
        return GrownLesions, (self.lesion_map, np.array(self.mineral_fraction))


def grow_lesions(
    image: Image,
    evidence: BoneEvidence,
    remainder: Remainder,
    settings: GrowthSettings | None = None,
) -> GrownLesions:
    """Grow a lesion from every bright place of the remainder.

    Parameters
    ----------
    image : Image
        The picture, for its grid.
    evidence : BoneEvidence
        Growing stops at bone.
    remainder : Remainder
        From `calcimetry.lesions.subtract.subtract_bone`.
    settings : GrowthSettings, optional

    Returns
    -------
    GrownLesions
        Parts nearer to each other than the picture's blur are one lesion.

    Notes
    -----
    Brightest first, each seed takes the connected pixels above half of its own
    brightness, where a blurred edge lies. The brightness is that of the seed's
    upper quarter, so that one noisy pixel does not set it. A lesion smaller than
    the blur never reaches its true brightness, and is drawn too large.
    """
    settings = settings or GrowthSettings()
    excess, bone = remainder.excess_hu[0], evidence.bones.mask[0]
    rim_mm = settings.rim_mm + remainder.blur_sigma_mm + max(image.grid.spacing[1:]) / 2.0
    open_ground = _distance_mm(bone, image.grid) > rim_mm
    seeds, count = connected_components(((excess >= settings.seed_hu) & open_ground)[None])
    order = sorted(range(1, count + 1), key=lambda n: -float(excess[seeds[0] == n].max()))
    labels = np.zeros(image.grid.shape, dtype=np.int32)
    fraction = np.zeros(image.grid.shape, dtype=np.float32)
    for number in order:
        seed = (seeds[0] == number) & (labels[0] == 0)
        if not seed.any():
            continue
        values = np.sort(excess[seed])
        brightness = float(values[-max(1, len(values) // 4) :].mean())
        stop = max(settings.stop_share * brightness, settings.stop_hu)
        within = (excess >= stop) & (labels[0] == 0)
        grown = ndimage.binary_propagation(seed & within, np.ones((3, 3)), mask=within)
        # Past the rim a lesion may reach the bone, but not run along it.
        grown &= _distance_mm(grown & open_ground, image.grid) <= rim_mm
        grown = without_small(grown[None], image.grid, settings.minimum_area_mm2)[0]
        if not grown.any():
            continue
        labels[0][grown] = number
        share = np.clip(excess / brightness, 0.0, 1.0)
        border = _border(grown, remainder.blur_sigma_mm, image.grid) & (labels[0] == 0) & ~bone
        fraction[0][grown] = share[grown]
        fraction[0][border] = np.maximum(fraction[0], share)[border]
    joined = join_close(labels, image.grid, remainder.blur_sigma_mm)
    meanings = {n: f"calcification {n}" for n in range(1, int(joined.max()) + 1)}
    return GrownLesions(Segmentation(joined.astype(np.uint16), image.grid, meanings), fraction)


def _distance_mm(mask: NDArray[np.bool_], grid: Grid) -> NDArray[np.float64]:
    """Distance to the nearest pixel of a mask; infinity where it is empty."""
    if not mask.any():
        return np.full(mask.shape, np.inf)
    return np.asarray(ndimage.distance_transform_edt(~mask, sampling=grid.spacing[1:]))


def _border(mask: NDArray[np.bool_], sigma_mm: float, grid: Grid) -> NDArray[np.bool_]:
    """Pixels outside a mask that its blur reaches, two standard deviations wide."""
    distance = _distance_mm(mask, grid)
    return (distance > 0) & (distance <= max(2.0 * sigma_mm, *grid.spacing[1:]) + 1e-9)
