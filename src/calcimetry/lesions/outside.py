"""Bright things that lie outside the finger of a picture, such as burned-in letters."""

from __future__ import annotations

import numpy as np

from calcimetry.bone.cluster_rule import body_of
from calcimetry.lesions.grow import GrownLesions
from calcimetry.lesions.leave_out import without
from calcimetry.model.image import Image
from calcimetry.model.segmentation import Segmentation
from calcimetry.regions import connected_components


def without_outside(
    image: Image, bones: Segmentation, grown: GrownLesions
) -> tuple[GrownLesions, int]:
    """Leave out lesions that air parts from every bone.

    Calcinosis may break through the skin, but it hangs on it.

    Parameters
    ----------
    image : Image
        A picture in HU.
    bones : Segmentation
        Its bones, at least one.
    grown : GrownLesions
        On the image's grid.

    Returns
    -------
    grown : GrownLesions
        The rest, numbered from 1 without gaps.
    outside : int
        How many were left out.
    """
    bodies, _ = connected_components(body_of(image.array))
    flesh = (bodies > 0) & np.isin(bodies, bodies[bones.mask])
    lesions = grown.lesion_map
    outside = np.setdiff1d(lesions.labels, lesions.label_map[flesh]).tolist()
    return without(grown, outside), len(outside)
