"""Grown lesions without some of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from skimage.segmentation import relabel_sequential

from calcimetry.lesions.grow import GrownLesions
from calcimetry.measurement.nearest import nearest_lesion
from calcimetry.model.segmentation import Segmentation


def without(grown: GrownLesions, numbers: Sequence[int]) -> GrownLesions:
    """The same without some lesions and the mineral around them, numbered without gaps."""
    if not numbers:
        return grown
    lesion_map, labels = grown.lesion_map, grown.lesion_map.label_map
    gone = np.isin(nearest_lesion(lesion_map, grown.mineral_fraction), numbers)
    fraction = np.where(gone, np.float32(0.0), grown.mineral_fraction)
    kept, _, old_of = relabel_sequential(np.where(np.isin(labels, numbers), 0, labels))
    meanings = {n: lesion_map.meanings[int(old_of[n])] for n in range(1, int(kept.max()) + 1)}
    rest = Segmentation(kept.astype(labels.dtype), lesion_map.grid, meanings)
    return GrownLesions(rest, fraction)
