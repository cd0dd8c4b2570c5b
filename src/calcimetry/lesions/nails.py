"""Fingernails: denser than flesh, so they grow like faint lesions, but they lie on the skin."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.lesions.grow import GrownLesions
from calcimetry.lesions.leave_out import without
from calcimetry.model.image import Image
from calcimetry.regions import wider

#: A nail is no brighter than this in the mean; keratin has about 150 HU at the scanner's blur.
_BRIGHTEST_HU = 220.0
#: Nearly all of it (this percentile) lies so close to the air; skin over a lesion is thicker.
_DEEPEST_MM, _PERCENTILE = 1.5, 90
#: What is darker than this after smoothing by half a sample is air.
_AIR_HU, _SMOOTHING = -400.0, 0.5


def without_nails(image: Image, grown: GrownLesions) -> tuple[GrownLesions, int]:
    """Leave fingernails out of grown lesions.

    Parameters
    ----------
    image : Image
        A volume in HU.
    grown : GrownLesions
        On the image's grid.

    Returns
    -------
    grown : GrownLesions
        The rest, numbered from 1 without gaps, without the mineral around nails.
    nails : int
        How many were left out.
    """
    labels = grown.lesion_map.label_map
    air = ndimage.gaussian_filter(image.array, _SMOOTHING) < _AIR_HU
    nails = [
        number
        for number, box in enumerate(ndimage.find_objects(labels), 1)
        if box is not None
        and float(image.array[box][labels[box] == number].mean()) <= _BRIGHTEST_HU
        and _lies_on_skin(labels, number, box, air, image.grid.spacing)
    ]
    return without(grown, nails), len(nails)


def _lies_on_skin(
    labels: NDArray[np.uint16],
    number: int,
    box: tuple[slice, ...],
    air: NDArray[np.bool_],
    spacing: tuple[float, float, float],
) -> bool:
    """True where nearly all of a lesion lies within a nail's reach of air."""
    wide = wider(box, spacing, 2.0 * _DEEPEST_MM)
    if not air[wide].any():
        return False
    depth = ndimage.distance_transform_edt(~air[wide], sampling=spacing)
    own = labels[wide] == number
    return bool(np.percentile(depth[own], _PERCENTILE) <= _DEEPEST_MM)
