"""Solid mineral that no finger bone can be, taken back from the bones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.bone.method import BoneEvidence
from calcimetry.model import Image, Segmentation
from calcimetry.regions import connected_components

#: How far a bone's fraction fades beyond its mask.
_BORDER_MM = 1.5


@dataclass(frozen=True, slots=True)
class ReclaimSettings:
    """When what was taken for bone must be a deposit."""

    #: As bright as cortical bone; below is marrow, which deposits do not have.
    solid_hu: float = 1050.0
    #: No finger bone is solid this deep: its cortex is thinner, and a plane that runs
    #: along the cortex shows it narrow. Half the width of the largest disc that fits.
    deepest_mm: float = 2.5
    #: A deposit is solid in at least so much of its area; a bone has its marrow.
    solid_share: float = 0.85


def reclaim_solid(
    image: Image, evidence: BoneEvidence, settings: ReclaimSettings | None = None
) -> BoneEvidence:
    """Give back to calcification what is too solid to be bone.

    A large dense deposit at the end of a picture has the brightness and about the
    outline of a bone that the picture cuts. What it lacks is the inside of one.

    Parameters
    ----------
    image : Image
        A picture in HU.
    evidence : BoneEvidence
        Its bones, on the same grid.
    settings : ReclaimSettings, optional

    Returns
    -------
    BoneEvidence
        The same where no bone is solid throughout; otherwise without such bones,
        whose fraction is then calcification.
    """
    settings = settings or ReclaimSettings()
    solid = image.array >= settings.solid_hu
    # How deep the deepest place is of the solid that a sample belongs to.
    blobs, _ = connected_components(solid)
    deepest = ndimage.maximum(_depth_mm(solid, image), blobs, np.arange(blobs.max() + 1))[blobs]
    taken = np.zeros(image.grid.shape, bool)
    for label in evidence.bones.labels:
        pieces, count = connected_components(evidence.bones.label_map == label)
        for number in range(1, count + 1):
            piece = pieces == number
            mostly = solid[piece].mean() >= settings.solid_share
            if mostly and deepest[piece & solid].max() > settings.deepest_mm:
                taken |= piece
    if not taken.any():
        return evidence
    near = ndimage.distance_transform_edt(~taken, sampling=image.grid.spacing) <= _BORDER_MM
    around = taken | (near & ~evidence.bones.mask)
    claimed = evidence.calcification_fraction
    claimed = np.zeros(image.grid.shape, np.float32) if claimed is None else claimed
    whole = np.clip(claimed + evidence.bone_fraction, 0.0, 1.0)
    label_map = np.where(taken, 0, evidence.bones.label_map)
    return BoneEvidence(
        Segmentation(label_map, image.grid, evidence.bones.meanings),
        np.where(around, 0.0, evidence.bone_fraction),
        np.where(around, whole, claimed),
        evidence.method,
    )


def _depth_mm(mask: NDArray[np.bool_], image: Image) -> NDArray[np.float64]:
    """How deep in a mask each sample lies, shape of the mask."""
    # The image's border ends a mask as air does; a picture has no border before or behind.
    before = 0 if image.is_picture else 1
    padded = np.pad(mask, [(before, before), (1, 1), (1, 1)])
    depth = ndimage.distance_transform_edt(padded, sampling=image.grid.spacing)
    return np.asarray(depth[before : before + len(mask), 1:-1, 1:-1])
