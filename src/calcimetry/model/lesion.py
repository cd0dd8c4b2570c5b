"""One measured calcification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from calcimetry.model.geometry import Grid

#: Which side of the finger's bones a lesion lies on.
Aspect = Literal["volar", "dorsal", "radial", "ulnar"]
#: What the dual-energy ratio speaks for; calcium is hydroxyapatite or pyrophosphate.
Material = Literal["calcium", "urate", "undetermined"]


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95% interval, both ends in the unit of the quantity it belongs to."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Lesion:
    """One connected calcification after growing; docs/measurements.md defines each number.

    In a volume, area, axes and outline are those of the sagittal plane of its finger
    where the lesion's area is largest.

    A quantity is None where it does not apply or could not be measured, and
    `not_measured` then says why. Nothing is NaN.
    """

    number: int
    #: Label of the nearest bone, 0 where no bone was found.
    bone: int
    area_mm2: float
    area_interval: Interval
    pixel_area_mm2: float
    long_axis_mm: float
    short_axis_mm: float
    ellipse_area_mm2: float
    perimeter_mm: float
    solidity: float
    touches_bone: bool
    #: Centre of mass as fractional index (slice, row, column) of the image's grid.
    centre: tuple[float, float, float]
    #: Ends of the long and the short axis as ((row, column), (row, column)) of `plane`.
    long_axis_ends: tuple[tuple[float, float], tuple[float, float]]
    short_axis_ends: tuple[tuple[float, float], tuple[float, float]]
    mean_hu: float | None = None
    density_mg_cm3: float | None = None
    mass_mg: float | None = None
    volume_mm3: float | None = None
    volume_interval: Interval | None = None
    #: Of a volume: the one-slice grid of the sagittal plane that was measured. A picture is
    #: its own plane, and this is None.
    plane: Grid | None = None
    #: Which hand, which digit (1 thumb to 5 little), and which side of the finger.
    side: Literal["left", "right"] | None = None
    digit: int | None = None
    aspect: Aspect | None = None
    #: Brightest sample; mean and brightest at each energy of a pair.
    peak_hu: float | None = None
    mean_hu_low_energy: float | None = None
    mean_hu_high_energy: float | None = None
    peak_hu_low_energy: float | None = None
    peak_hu_high_energy: float | None = None
    mass_interval: Interval | None = None
    density_interval: Interval | None = None
    dual_energy_ratio: float | None = None
    effective_atomic_number: float | None = None
    material: Material | None = None
    #: Of that material against the other; where undetermined, of the likelier one.
    material_probability: float | None = None
    #: ``dual energy`` or ``single energy``, and what the HU were calibrated by.
    density_method: str | None = None
    calibration: str | None = None
    not_measured: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "not_measured", MappingProxyType(dict(self.not_measured)))

    @property
    def is_calcium(self) -> bool:
        """False for urate, which does not count in totals; True where nothing speaks for it."""
        return self.material != "urate"

    def __reduce__(self) -> tuple[Any, ...]:
        values = [getattr(self, name) for name in self.__dataclass_fields__]
        values[-1] = dict(self.not_measured)
        return Lesion, tuple(values)
