"""Bones of a volume by clusters, finger by finger.

Which bone is where is known roughly, from shape alone (`calcimetry.bone.pieces`). Each
straightened finger is averaged to coarse samples and clustered by itself, and its clusters then
say how far its bones reach. They cannot say what on a bone is calcification.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.bone.cluster_rule import FindClusters, mineral_clusters
from calcimetry.bone.marrow import filled_bone
from calcimetry.bone.method import BoneEvidence
from calcimetry.model import Finger, Grid, Hand, Image, Segmentation
from calcimetry.resample import resample_image

#: Samples of a finger that are clustered: enough of them, and few enough, for any method.
_SAMPLE_MM = 0.8
#: What is shown in place of the other fingers.
_AIR_HU = -1000.0
#: Deeper than this inside a rough bone lies marrow or cortex, whatever its brightness.
_INSIDE_MM = 1.0


def segment_fingers(
    image: Image,
    bones: Segmentation,
    hands: Sequence[Hand],
    lumps: NDArray[np.uint16],
    find: FindClusters,
    version: str,
) -> BoneEvidence:
    """Outline the bones of every finger of a volume.

    Parameters
    ----------
    image : Image
        A volume in HU.
    bones : Segmentation
        The named bones, roughly, calcification that touches them included.
    hands : sequence of Hand
        Whose fingers are clustered one by one.
    lumps : array of uint16, shape of the grid
        Numbers of mineral that hangs on a bone without being one: none of it is bone.
    find : callable
        The clustering method.
    version : str
        What the evidence names as its method.

    Returns
    -------
    BoneEvidence
        Named bones, on the image's grid: of the rough bones what is mineral or lies deep
        inside. Those of no finger (wrist, sesamoids, bones without a name) stay as they were
        given. `bone_fraction` is 0 or 1, `calcification_fraction` None.
    """
    fingers = [finger for hand in hands for finger in hand.fingers]
    nearest = _nearest_label(bones.label_map, image.grid)
    mineral = np.zeros(image.grid.shape, bool)
    for finger in fingers:
        own = np.isin(nearest, finger.labels)
        found = mineral_clusters(*_seen(image, finger, own), find)
        if found is not None:
            mineral |= own & found.mineral(image.array, image.grid)
    asked = np.isin(bones.label_map, [label for finger in fingers for label in finger.labels])
    depth = ndimage.distance_transform_edt(asked, sampling=image.grid.spacing)
    solid = filled_bone(asked & (mineral | (depth > _INSIDE_MM)), image.grid.spacing)
    kept = bones.mask & (solid | ~asked) & (lumps == 0)
    found_bones = Segmentation(np.where(kept, bones.label_map, 0), bones.grid, bones.meanings)
    return BoneEvidence(found_bones, found_bones.mask.astype(np.float32), None, version)


def _nearest_label(labels: NDArray[np.uint16], grid: Grid) -> NDArray[np.uint16]:
    """The nearest bone's label of every sample, shape of the grid."""
    index = ndimage.distance_transform_edt(
        labels == 0, sampling=grid.spacing, return_distances=False, return_indices=True
    )
    return np.asarray(labels[tuple(index)], np.uint16)


def _seen(image: Image, finger: Finger, own: NDArray[np.bool_]) -> tuple[NDArray[np.float32], Grid]:
    """One finger straightened, without its neighbours, in coarse samples (HU), and their grid."""
    old = np.array(finger.grid.spacing)
    a, b, c = (int(n) for n in np.ceil(np.array(finger.grid.shape) * old / _SAMPLE_MM))
    affine = finger.grid.affine.copy()
    affine[:3, :3] *= _SAMPLE_MM / old
    view = Grid((a, b, c), affine)
    hu = np.asarray(resample_image(image.array, image.grid, view, fill=_AIR_HU), np.float32)
    hu[resample_image(own.astype(np.uint8), image.grid, view, order=0) == 0] = _AIR_HU
    return hu, view
