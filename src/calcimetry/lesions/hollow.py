"""Bones that were not recognised: they grow like huge deposits, but have marrow inside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.bone.marrow import filled_bone, has_marrow
from calcimetry.lesions.grow import GrownLesions
from calcimetry.lesions.leave_out import without
from calcimetry.model import Grid
from calcimetry.model.image import Image
from calcimetry.regions import connected_components

#: Part of a shaft is a tube: it surrounds so much in one piece, so great a part of it all, and that
#: is at most so bright beside the brighter quarter of its wall. No deposit of ten simulated fingers
#: surrounded 10 mm3.
_CAVITY_MM3, _CAVITY_SHARE, _DARK_SHARE = 20.0, 0.15, 0.5


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
        filled = filled_bone(own, image.grid.spacing)
        hu = image.array[box]
        if has_marrow(filled, hu, image.grid) or _is_tube(own, filled, hu, image.grid):
            bones.append(number)
            voxels += int(own.sum())
    return without(grown, bones), voxels * image.grid.voxel_mm3 / 1000.0


def _is_tube(
    own: NDArray[np.bool_], filled: NDArray[np.bool_], hu: NDArray[np.float32], grid: Grid
) -> bool:
    """Whether a lesion is a wall around something darker, as cortex is around marrow, be it small.

    Open at an end, as a shaft that is bone farther along; a shell closed all round may be the
    crust of a deposit.
    """
    parts, count = connected_components(filled & ~ndimage.binary_fill_holes(own))
    if not count:
        return False
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    cavity = parts == int(sizes.argmax())
    if sizes.max() * grid.voxel_mm3 < _CAVITY_MM3 or sizes.max() < _CAVITY_SHARE * filled.sum():
        return False
    return bool(hu[cavity].mean() <= _DARK_SHARE * np.percentile(hu[own], 75))
