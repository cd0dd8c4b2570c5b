"""What a volume's report shows on another grid: that of a hand or a finger."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calcimetry.model import Grid, Report
from calcimetry.resample import resample_image

_AIR_HU = -1024.0
#: Labels have 16 bits: this many values.
_LABELS = 1 << 16


def image_on(report: Report, grid: Grid) -> NDArray[np.float32]:
    """Intensities at the samples of a grid; air outside the volume."""
    return np.asarray(
        resample_image(report.image.array, report.image.grid, grid, order=1, fill=_AIR_HU)
    )


def labels_on(report: Report, grid: Grid) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Bone labels and lesion numbers at the samples of a grid; 0 outside the volume."""
    # Both at once, since finding the places takes most of the time.
    both = report.bones.label_map * np.uint32(_LABELS) + report.lesion_map.label_map
    bones, lesions = np.divmod(resample_image(both, report.image.grid, grid, order=0), _LABELS)
    return bones.astype(np.int32), lesions.astype(np.int32)
