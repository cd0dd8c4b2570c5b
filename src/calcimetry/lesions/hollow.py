"""Bones that were not recognised: they grow like huge deposits, but have marrow inside."""

from __future__ import annotations

from scipy import ndimage

from calcimetry.bone.marrow import filled_bone
from calcimetry.bone.pieces import has_marrow
from calcimetry.lesions.grow import GrownLesions
from calcimetry.lesions.leave_out import without
from calcimetry.model.image import Image


def without_bones(image: Image, grown: GrownLesions) -> tuple[GrownLesions, float]:
    """Leave bones that nobody recognised out of grown lesions.

    Parameters
    ----------
    image : Image
        A volume in HU.
    grown : GrownLesions
        On the image's grid.

    Returns
    -------
    grown : GrownLesions
        The rest, numbered from 1 without gaps.
    volume_cm3 : float
        How much was left out.
    """
    labels = grown.lesion_map.label_map
    bones, voxels = [], 0
    for number, box in enumerate(ndimage.find_objects(labels), 1):
        if box is None:
            continue
        own = labels[box] == number
        if has_marrow(filled_bone(own, image.grid.spacing), image.array[box], image.grid):
            bones.append(number)
            voxels += int(own.sum())
    return without(grown, bones), voxels * image.grid.voxel_mm3 / 1000.0
