"""How sure of a volume one can be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from calcimetry.errors import NotMeasurable
from calcimetry.measurement.error_model import ErrorModel
from calcimetry.model.lesion import Interval, Lesion


@dataclass(frozen=True, slots=True)
class VolumeErrorModel(ErrorModel):
    """Where a lesion's true volume lies, from its volume in mm3, its surface and contact with bone.

    `ErrorModel` has the formula. `false_size` and `missed_size` are in mm3.
    """

    relative_low: float = 0.248
    relative_high: float = 0.106
    boundary_low_mm: float = 0.084
    boundary_high_mm: float = 1.079
    contact_low: float = 0.005
    contact_high: float = 0.105
    false_size: float = 23.8
    missed_size: float = 17.3


def total_volume(
    lesions: Sequence[Lesion], error_model: VolumeErrorModel | None = None
) -> tuple[float, Interval | None]:
    """Sum of the volumes in mm3, with its interval.

    Parameters
    ----------
    lesions : sequence of Lesion
        Of a volume.
    error_model : VolumeErrorModel, optional
        Says how half widths add up.

    Returns
    -------
    total : float
    interval : Interval or None
        None without a lesion, as in `calcimetry.measurement.size.total_area`.

    Raises
    ------
    NotMeasurable
        If a lesion has no volume, as those of a picture.

    Examples
    --------
    >>> total_volume([])
    (0.0, None)
    """
    if not lesions:
        return 0.0, None
    volumes, intervals = [], []
    for lesion in lesions:
        if lesion.volume_mm3 is None or lesion.volume_interval is None:
            raise NotMeasurable(
                f"Adding up volumes: expected lesions of a volume, but lesion {lesion.number} "
                "has no volume. Lesions of a picture have areas only."
            )
        volumes.append(lesion.volume_mm3)
        intervals.append(lesion.volume_interval)
    return math.fsum(volumes), (error_model or VolumeErrorModel()).total(volumes, intervals)
