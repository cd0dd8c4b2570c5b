"""How sure of a volume one can be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from calcimetry.errors import NotMeasurable
from calcimetry.measurement.size import NORMAL_95
from calcimetry.model.lesion import Interval, Lesion


@dataclass(frozen=True, slots=True)
class VolumeErrorModel:
    """Standard error of a lesion's volume, from its own size and surface.

    ``se**2 = (boundary_mm * surface_mm2)**2 + (relative * volume_mm3)**2``

    Parameters
    ----------
    boundary_mm : float
        How far the whole surface may lie too far in or out: an error of the blur
        or of the half height, alike all around the lesion.
    relative : float
        Error of the lesion's own density, by which each border sample is divided.
    """

    boundary_mm: float = 0.15
    relative: float = 0.1

    def standard_error(self, volume_mm3: float, surface_mm2: float) -> float:
        """Standard error in mm3.

        >>> VolumeErrorModel(boundary_mm=0.1, relative=0.0).standard_error(9.0, 12.0)
        1.2000000000000002
        """
        return math.hypot(self.boundary_mm * surface_mm2, self.relative * volume_mm3)

    def interval(self, volume_mm3: float, surface_mm2: float) -> Interval:
        """95% interval of one volume, in mm3; its low end is at least 0."""
        reach = NORMAL_95 * self.standard_error(volume_mm3, surface_mm2)
        return Interval(max(0.0, volume_mm3 - reach), volume_mm3 + reach)


def total_volume(lesions: Sequence[Lesion]) -> tuple[float, Interval | None]:
    """Sum of the volumes in mm3, with the interval of independent errors.

    Half widths add in quadrature, as in `calcimetry.measurement.size.total_area`.

    Parameters
    ----------
    lesions : sequence of Lesion
        Of a volume.

    Returns
    -------
    total : float
    interval : Interval or None
        None without a lesion: 0 to 0 would claim that none was missed.

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
    volumes, reaches = [], []
    for lesion in lesions:
        if lesion.volume_mm3 is None or lesion.volume_interval is None:
            raise NotMeasurable(
                f"Adding up volumes: expected lesions of a volume, but lesion {lesion.number} "
                "has no volume. Lesions of a picture have areas only."
            )
        volumes.append(lesion.volume_mm3)
        reaches.append(lesion.volume_interval.high - lesion.volume_mm3)
    total, reach = math.fsum(volumes), math.hypot(*reaches)
    return total, Interval(max(0.0, total - reach), total + reach)
