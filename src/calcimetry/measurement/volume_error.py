"""How sure of a volume one can be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from calcimetry.errors import NotMeasurable
from calcimetry.measurement.error_model import ErrorModel
from calcimetry.model.lesion import Interval, Lesion

#: Mean HU of lesions that are as sure as any, and of the faintest that are found.
BRIGHT_HU, FAINTEST_HU = 600.0, 150.0


@dataclass(frozen=True, slots=True)
class VolumeErrorModel(ErrorModel):
    """Where a lesion's true volume lies, from its volume, surface, contact with bone and HU.

    `ErrorModel` has the formula, with the share of the surface that lies at bone. The high end is
    besides multiplied, and the low end divided, by ``(600 / HU) ** faint``, HU being the mean of
    the lesion between 150 and 600. `false_size` and `missed_size` are in mm3.

    Parameters
    ----------
    faint_low, faint_high : float
        What faintness adds: an exponent.

    Examples
    --------
    >>> from dataclasses import replace
    >>> model = replace(VolumeErrorModel.exact(), faint_high=1.0)
    >>> model.interval(10.0, 20.0, mean_hu=300.0)
    Interval(low=10.0, high=20.0)
    """

    relative_low: float = 0.261
    relative_high: float = 0.171
    boundary_low_mm: float = 0.354
    boundary_high_mm: float = 0.652
    contact_low: float = 0.0
    contact_high: float = 0.0
    false_size: float = 5.98
    missed_size: float = 30.9
    faint_low: float = 0.249
    faint_high: float = 0.163

    def interval(
        self, size: float, border: float, contact: float = 0.0, mean_hu: float | None = None
    ) -> Interval:
        """95% interval of one volume.

        Parameters
        ----------
        size : float
            mm3.
        border : float
            Its surface in mm2.
        contact : float
            Share of the surface that lies at bone.
        mean_hu : float, optional
            Of the lesion; where it is not known, it may be as faint as any.

        Returns
        -------
        Interval
        """
        ends = ErrorModel.interval(self, size, border, contact)
        faint = faintness(mean_hu)
        return Interval(
            ends.low * math.exp(-self.faint_low * faint),
            ends.high * math.exp(self.faint_high * faint),
        )


def faintness(mean_hu: float | None) -> float:
    """Logarithm of `BRIGHT_HU` over a lesion's HU, 0 for bright ones.

    >>> round(faintness(300.0), 3), faintness(900.0), faintness(None) == faintness(100.0)
    (0.693, 0.0, True)
    """
    hu = FAINTEST_HU if mean_hu is None else mean_hu
    return math.log(BRIGHT_HU / min(max(hu, FAINTEST_HU), BRIGHT_HU))


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
