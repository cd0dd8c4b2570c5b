"""One finger of a volume on a network's own grid, and what the network says brought back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.bone.working_view import AIR_HU
from calcimetry.model import Grid
from calcimetry.resample import box_around, resample_image

FloatArray = NDArray[np.float32]
Box = tuple[slice, slice, slice]

#: What is darker, and has no neighbour that is not, holds neither bone nor deposit.
_MAYBE_HU = 130.0
#: Averaging before a coarser grid is read looks so many samples around.
_MARGIN = 3


def show_finger(
    shown: FloatArray, grid: Grid, own: NDArray[np.bool_], view: Grid
) -> NDArray[np.float32]:
    """A finger without its neighbours, which would look like more bones of it.

    Parameters
    ----------
    shown : array of float32, shape of `grid`
        HU, clipped to what networks are shown.
    grid : Grid
        Of the volume.
    own : array of bool, shape of `grid`
        What is nearest to the finger's own bones; all else becomes air.
    view : Grid
        What the network looks at.

    Returns
    -------
    array of float32, shape of `view`
    """
    box, part = box_around(view, grid, margin=_MARGIN)
    seen = np.asarray(resample_image(shown[box], part, view, fill=AIR_HU), np.float32)
    seen[resample_image(own[box].astype(np.uint8), part, view, order=0) == 0] = AIR_HU
    return seen


def read_back(
    said: tuple[FloatArray, FloatArray],
    view: Grid,
    shown: FloatArray,
    grid: Grid,
    own: NDArray[np.bool_],
    along: Grid,
) -> tuple[Box, FloatArray, FloatArray]:
    """What a network says of bone and of deposit, at the volume's own samples.

    Parameters
    ----------
    said : two arrays of float32, shape of `view`
        The part of each sample that bone, and a deposit, fills.
    view, shown, grid, own
        As of `show_finger`.
    along : Grid
        Of the straightened finger: nothing beyond it is read.

    Returns
    -------
    box : tuple of slice
        Where in `grid` the finger lies.
    bone, deposit : array of float32, shape of the box
        0 to 1; 0 where nothing is bright or not the finger's.
    """
    box, part = box_around(along, grid)
    # Most of the box is flesh, air or another finger.
    where = own[box] & ndimage.maximum_filter(shown[box] > _MAYBE_HU, 3)
    bone, deposit = (
        np.clip(resample_image(one, view, part, where=where), 0.0, 1.0) for one in said
    )
    return box, bone, deposit
