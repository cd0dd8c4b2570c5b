"""What a hand lies on: a plate grows like a large faint lesion, but goes on past the view.

Where only a patch of it grows, because a lesion of the hand leaks into it or its noise looks like
one, what lies around is as bright as the patch itself.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from calcimetry.lesions.grow import GrownLesions
from calcimetry.lesions.leave_out import without
from calcimetry.model.image import Image
from calcimetry.regions import wider

#: It reaches so many of the six sides of what is looked at, which is 10 mm more than bones and
#: bright deposits take, and is so large.
_SIDES, _LEAST_CM3 = 3, 5.0
#: A patch is no brighter than what lies so far from it (mm), by so many HU at least. The faintest
#: deposits of 14 simulated volumes are 160 HU brighter, patches not at all.
_AROUND_MM, _LEAST_HU = (1.2, 2.8), 40.0
#: What is darker is air; what is so much brighter than the lesion is bone, or another one.
_AIR_HU, _OTHER_HU = -200.0, 60.0


def without_supports(grown: GrownLesions) -> tuple[GrownLesions, float]:
    """Leave plates under the hand out of grown lesions.

    Parameters
    ----------
    grown : GrownLesions
        Of the part of a volume that holds a hand.

    Returns
    -------
    grown : GrownLesions
        The rest, numbered from 1 without gaps.
    left_out_cm3 : float
        Volume of what was left out.
    """
    labels = grown.lesion_map.label_map
    sizes = np.bincount(labels.ravel()) * grown.lesion_map.grid.voxel_mm3 / 1000.0
    supports = []
    for number, box in enumerate(ndimage.find_objects(labels), 1):
        if box is None or sizes[number] < _LEAST_CM3:
            continue
        reached = sum(
            (part.start == 0) + (part.stop == side)
            for part, side in zip(box, labels.shape, strict=True)
        )
        if reached >= _SIDES:
            supports.append(number)
    return without(grown, supports), float(sizes[supports].sum())


def without_patches(image: Image, grown: GrownLesions) -> tuple[GrownLesions, int]:
    """Leave out what is no brighter than its surroundings.

    Parameters
    ----------
    image : Image
        The volume in HU that they grew in.
    grown : GrownLesions
        On the image's grid.

    Returns
    -------
    grown : GrownLesions
        The rest, numbered from 1 without gaps.
    left_out : int
        How many were left out.
    """
    labels, spacing = grown.lesion_map.label_map, image.grid.spacing
    patches = []
    for number, start in enumerate(ndimage.find_objects(labels), 1):
        if start is None:
            continue
        box = wider(start, spacing, _AROUND_MM[1])
        hu, own = image.array[box], labels[box] == number
        away = ndimage.distance_transform_edt(~own, sampling=spacing)
        around = (away > _AROUND_MM[0]) & (away <= _AROUND_MM[1]) & (hu > _AIR_HU)
        middle = float(np.median(hu[own]))
        around_hu = hu[around & (labels[box] == 0)]
        tissue = around_hu[around_hu < middle + _OTHER_HU]
        # Mostly bone around it: nothing to compare it with.
        if 2 * len(tissue) > len(around_hu) and middle - float(np.median(tissue)) < _LEAST_HU:
            patches.append(number)
    return without(grown, patches), len(patches)
