"""What a hand lies on: a plate grows like a large faint lesion, but goes on past the view."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from calcimetry.lesions.grow import GrownLesions
from calcimetry.lesions.leave_out import without

#: It reaches so many of the six sides of what is looked at, which is 10 mm more than bones and
#: bright deposits take, and is so large.
_SIDES, _LEAST_CM3 = 3, 5.0


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
