"""Solid mineral that no finger bone can be, taken back from the bones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.bone.method import BoneEvidence
from calcimetry.model import Grid, Image, Segmentation
from calcimetry.regions import connected_components, distance_to, reaches_border

FloatArray = NDArray[np.float64]

#: How far a bone's fraction fades beyond its mask.
_BORDER_MM = 1.5
#: Where a shaft goes on it is at least so wide.
_SHAFT_MM = 2.5


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

    A large dense deposit has the brightness and about the outline of a short piece of bone.
    What it lacks is the inside of one. What the image's border cuts is left alone: its inside
    may lie beyond.

    Parameters
    ----------
    image : Image
        A picture or a volume in HU.
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
    blobs, deepest = _deepest_mm(solid, image.grid)
    taken = np.zeros(image.grid.shape, bool)
    if deepest.max() <= settings.deepest_mm:
        return evidence
    for label in evidence.bones.labels:
        pieces, _ = connected_components(evidence.bones.label_map == label)
        for number, box in enumerate(ndimage.find_objects(pieces), 1):
            if reaches_border(box, pieces.shape):
                continue
            piece = pieces[box] == number
            mostly = solid[box][piece].mean() >= settings.solid_share
            deep = deepest[blobs[box][piece]].max() > settings.deepest_mm
            if mostly and deep and not _goes_on_twice(pieces == number, evidence.bones):
                taken[box] |= piece
    return give_back(evidence, taken)


def give_back(
    evidence: BoneEvidence, taken: NDArray[np.bool_], border_mm: float = _BORDER_MM
) -> BoneEvidence:
    """Turn what was taken for bone into calcification.

    Parameters
    ----------
    evidence : BoneEvidence
    taken : array of bool, shape of the grid
        Samples that are no bone.
    border_mm : float
        How far outside the bones' mask what fades around them is taken along.

    Returns
    -------
    BoneEvidence
        The same where nothing is taken; otherwise without those samples among the bones,
        and with the bone fraction in and just around them counted as calcification.
    """
    if not taken.any():
        return evidence
    grid = evidence.bones.grid
    around = taken
    if border_mm > 0:
        around = ~evidence.bones.mask & (evidence.bone_fraction > 0)
        around[around] = np.isfinite(distance_to(taken, grid, around, border_mm))
        around |= taken
    claimed = evidence.calcification_fraction
    claimed = np.zeros(grid.shape, np.float32) if claimed is None else claimed
    whole = np.clip(claimed + evidence.bone_fraction, 0.0, 1.0)
    label_map = np.where(taken, 0, evidence.bones.label_map)
    return BoneEvidence(
        Segmentation(label_map, grid, evidence.bones.meanings),
        np.where(around, 0.0, evidence.bone_fraction),
        np.where(around, whole, claimed),
        evidence.method,
    )


def _goes_on_twice(piece: NDArray[np.bool_], bones: Segmentation) -> bool:
    """Whether a piece of a picture's bone goes on at both its ends in bone of another name.

    Then it is the middle of a shaft that got several names.
    """
    if bones.grid.shape[0] > 1:
        return False
    beside = ndimage.binary_dilation(piece, np.ones((1, 3, 3))) & bones.mask & ~piece
    ends, _ = connected_components(beside)
    wide = np.bincount(ends.ravel())[1:] * bones.grid.spacing[1] >= _SHAFT_MM
    return int(wide.sum()) >= 2


def _deepest_mm(solid: NDArray[np.bool_], grid: Grid) -> tuple[NDArray[np.int32], FloatArray]:
    """Number the solid parts, and say of each number how deep its deepest place is, in mm."""
    blobs, count = connected_components(solid)
    deepest = np.zeros(count + 1)
    # The image's border ends a part as air does; a picture has no border before or behind.
    before = 0 if grid.shape[0] == 1 else 1
    for number, box in enumerate(ndimage.find_objects(blobs), 1):
        padded = np.pad(blobs[box] == number, [(before, before), (1, 1), (1, 1)])
        depth = ndimage.distance_transform_edt(padded, sampling=grid.spacing)
        deepest[number] = float(depth.max())
    return blobs, deepest
