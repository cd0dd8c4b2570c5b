"""Metal grows like a dense deposit and is none; beside it nothing can be told."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calcimetry.lesions.grow import GrownLesions
from calcimetry.lesions.leave_out import without
from calcimetry.regions import sample_size

#: So much of a lesion lies in metal or in what it hides.
_SHARE = 0.5


def without_metal(
    grown: GrownLesions, hidden: NDArray[np.bool_] | None
) -> tuple[GrownLesions, float]:
    """Leave metal, and what cannot be told from its streaks, out of grown lesions.

    Parameters
    ----------
    grown : GrownLesions
        Of a picture or a volume.
    hidden : array of bool, shape of its grid, or None
        Where metal and what lies just around it hide everything
        (`calcimetry.plausible.volume.metal_mask`, `calcimetry.plausible.picture.ring_mask`).

    Returns
    -------
    grown : GrownLesions
        The rest, numbered from 1 without gaps.
    left_out : float
        Size of what was left out, mm2 or mm3.
    """
    labels = grown.lesion_map.label_map
    if hidden is None or not (hidden & (labels > 0)).any():
        return grown, 0.0
    sizes = np.bincount(labels.ravel())
    inside = np.bincount(labels[hidden], minlength=len(sizes))
    numbers = [n for n in range(1, len(sizes)) if inside[n] > 0 and inside[n] >= _SHARE * sizes[n]]
    return without(grown, numbers), float(sizes[numbers].sum()) * sample_size(grown.lesion_map.grid)
