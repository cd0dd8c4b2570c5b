"""How much calcium there is in all: of a finger, a hand or a patient."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from calcimetry.measurement.size import AreaErrorModel, total_area
from calcimetry.measurement.volume_error import VolumeErrorModel, total_volume
from calcimetry.model.lesion import Interval, Lesion
from calcimetry.model.report import NO_LESION, NO_MASS


@dataclass(frozen=True, slots=True)
class Burden:
    """Totals over the calcium lesions of something, each with its 95% interval.

    A quantity is None where it does not apply or could not be measured, and
    `not_measured` then says why. Lesions of urate are in none of the numbers but
    `urate_count`.
    """

    lesion_count: int
    area_mm2: float
    area_interval: Interval | None
    ellipse_area_mm2: float
    volume_mm3: float | None = None
    volume_interval: Interval | None = None
    mass_mg: float | None = None
    mass_interval: Interval | None = None
    #: Half width of the part of the mass's interval that all lesions share.
    mass_shared_mg: float = 0.0
    #: Lesions that were left out because they are urate.
    urate_count: int = 0
    not_measured: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "not_measured", MappingProxyType(dict(self.not_measured)))

    def __reduce__(self) -> tuple[Any, ...]:
        values = [getattr(self, name) for name in self.__dataclass_fields__]
        values[-1] = dict(self.not_measured)
        return Burden, tuple(values)


def counted(lesions: Iterable[Lesion]) -> tuple[Lesion, ...]:
    """The lesions that belong to the calcium burden: all but those of urate.

    Parameters
    ----------
    lesions : iterable of Lesion
        A lesion whose material is not known counts as calcium.
    """
    return tuple(one for one in lesions if not one.is_urate)


def total_burden(
    lesions: Sequence[Lesion],
    is_volume: bool,
    uncalibrated: str = "",
    area_error: AreaErrorModel | None = None,
    volume_error: VolumeErrorModel | None = None,
) -> Burden:
    """Add up lesions.

    Areas and volumes take the errors of different lesions as independent: half
    widths add in quadrature (`calcimetry.measurement.error_model`). So do the lesions' own
    errors of mass, while that of the calibration, which they share, is added in full.

    Parameters
    ----------
    lesions : sequence of Lesion
        All of a finger, a hand or an image, those of urate included.
    is_volume : bool
        False for the lesions of a picture, which have neither volume nor mass.
    uncalibrated : str
        Why HU are not calibrated, so that not even no lesion has a mass; empty where they are.
    area_error, volume_error : dataclass, optional
        Where the intervals come from.

    Returns
    -------
    Burden
        Without a lesion the totals are 0 without an interval: 0 to 0 would claim
        that none was missed. The mass is None where that of one lesion is.

    Raises
    ------
    NotMeasurable
        If `is_volume` and a lesion has no volume.

    Examples
    --------
    >>> none = total_burden([], is_volume=True)
    >>> none.volume_mm3, none.volume_interval, none.mass_mg
    (0.0, None, 0.0)
    """
    own = counted(lesions)
    area, area_interval = total_area(own, area_error)
    volume, volume_interval = total_volume(own, volume_error) if is_volume else (None, None)
    mass, mass_interval, why = _mass(own, uncalibrated) if is_volume else (None, None, {})
    reasons = {} if own else {"area_interval": NO_LESION}
    if not is_volume:
        reasons |= dict.fromkeys(("volume_mm3", "mass_mg"), "a picture shows one slice")
    elif not own:
        reasons["volume_interval"] = NO_LESION
    return Burden(
        lesion_count=len(own),
        area_mm2=area,
        area_interval=area_interval,
        ellipse_area_mm2=math.fsum(one.ellipse_area_mm2 for one in own),
        volume_mm3=volume,
        volume_interval=volume_interval,
        mass_mg=mass,
        mass_interval=mass_interval,
        mass_shared_mg=0.0 if mass is None else math.fsum(one.mass_shared_mg for one in own),
        urate_count=len(lesions) - len(own),
        not_measured={**reasons, **why},
    )


def combined(parts: Sequence[Burden]) -> Burden:
    """Add the burdens of parts that share no lesion, such as two hands.

    Half widths add as in `total_burden`, as if all parts had one calibration. A quantity
    that one part lacks, the sum lacks too, for that part's reason; a part without lesion
    adds 0 without error.

    Parameters
    ----------
    parts : sequence of Burden
        At least one.
    """
    reasons = {name: why for part in parts for name, why in part.not_measured.items()}
    total = Burden(
        lesion_count=sum(part.lesion_count for part in parts),
        area_mm2=math.fsum(part.area_mm2 for part in parts),
        area_interval=_summed([(p.area_mm2, p.area_interval, 0.0) for p in parts]),
        ellipse_area_mm2=math.fsum(part.ellipse_area_mm2 for part in parts),
        volume_mm3=_sum([part.volume_mm3 for part in parts]),
        volume_interval=_summed([(p.volume_mm3, p.volume_interval, 0.0) for p in parts]),
        mass_mg=_sum([part.mass_mg for part in parts]),
        mass_interval=_summed([_uncut(part) for part in parts]),
        mass_shared_mg=math.fsum(part.mass_shared_mg for part in parts),
        urate_count=sum(part.urate_count for part in parts),
        not_measured=reasons,
    )
    missing = {name: why for name, why in reasons.items() if getattr(total, name) is None}
    return replace(total, not_measured=missing)


def _mass(
    lesions: Sequence[Lesion], uncalibrated: str
) -> tuple[float | None, Interval | None, dict[str, str]]:
    """Mass in mg, its interval, and why either is missing."""
    if uncalibrated:
        return None, None, {"mass_mg": uncalibrated}
    if not lesions:
        return 0.0, None, {"mass_interval": NO_LESION}
    lacking = {
        lesion.number: lesion.not_measured.get("mass_mg", NO_MASS)
        for lesion in lesions
        if lesion.mass_mg is None
    }
    if lacking:
        number, why = next(iter(lacking.items()))
        same = len(lacking) == len(lesions) and len(set(lacking.values())) == 1
        return None, None, {"mass_mg": why if same else f"lesion {number}: {why}"}
    total = _sum([lesion.mass_mg for lesion in lesions])
    for lesion in lesions:
        if lesion.mass_interval is None:
            why = f"lesion {lesion.number}: its mass has no interval"
            return total, None, {"mass_interval": why}
    return total, _summed([_uncut(lesion) for lesion in lesions]), {}


def _uncut(part: Lesion | Burden) -> tuple[float | None, Interval | None, float]:
    """A mass, its interval and its shared part, for `_summed`.

    The interval of a mass is symmetric, but its low end may have been cut off at 0.
    """
    mass, interval = part.mass_mg, part.mass_interval
    if mass is not None and interval is not None:
        interval = Interval(2.0 * mass - interval.high, interval.high)
    return mass, interval, part.mass_shared_mg


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) if len(known) == len(values) else None


def _summed(parts: Sequence[tuple[float | None, Interval | None, float]]) -> Interval | None:
    """Interval of a sum of (value, interval, the part of its half width that all share).

    Parts of 0 without an interval add none; None where another lacks it.
    """
    if any(value is None or (interval is None and value > 0) for value, interval, _ in parts):
        return None
    known = [(value, one, part) for value, one, part in parts if value is not None and one]
    if not known:
        return None
    total = math.fsum(value for value, _, _ in known)
    common = math.fsum(part for _, _, part in known)
    below = math.hypot(*(_own(value - one.low, part) for value, one, part in known), common)
    above = math.hypot(*(_own(one.high - value, part) for value, one, part in known), common)
    return Interval(max(0.0, total - below), total + above)


def _own(half_width: float, shared: float) -> float:
    """What is left of a half width without its shared part."""
    return math.sqrt(max(half_width**2 - shared**2, 0.0))
