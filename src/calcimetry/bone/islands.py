"""Objects apart from all bones of which a network half believes that they are bone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcimetry.regions import connected_components

Array = NDArray[np.floating[Any]]

#: A network is sure of what it gives so much of to bone, on average.
_SURE = 0.6
#: An object is deposit where this many times as much of it is deposit as bone.
_MORE = 1.5


def settle_islands(parts: Array) -> Array:
    """Call an object deposit where a network is unsure and more of it is deposit than bone.

    What lies apart from every bone is of one material. The middle of a plate in the flesh looks
    like the cortex of a bone that the plane grazes, its ends do not.

    Parameters
    ----------
    parts : ndarray, shape (bones + 1, rows, columns)
        Part of each pixel that each bone fills, and last what deposits fill.

    Returns
    -------
    ndarray
        The same, but what of such an object is more bone than deposit is deposit.
    """
    bone, deposit = parts[:-1].sum(axis=0), parts[-1]
    objects, count = connected_components((bone + deposit >= 0.5)[None])
    settled = parts.copy()
    for number in range(1, count + 1):
        own = objects[0] == number
        claimed = own & (bone > deposit)
        if not claimed.any() or bone[claimed].mean() >= _SURE:
            continue
        if deposit[own].sum() > _MORE * bone[own].sum():
            settled[-1][claimed] += bone[claimed]
            settled[:-1, claimed] = 0.0
    return settled
