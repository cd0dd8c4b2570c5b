"""One measured calcification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

from calcimetry.model.geometry import Grid

#: Which side of the finger's bones a lesion lies on.
Aspect = Literal["volar", "dorsal", "radial", "ulnar"]
#: What the dual-energy ratio speaks for; calcium is hydroxyapatite or pyrophosphate.
Material = Literal["calcium", "urate", "undetermined"]
#: What `material` says of urate: gout, and no part of the calcium burden.
URATE: Final = "urate"


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
    mass_interval: Interval | None = None
    #: Half width of the part of `mass_interval` that all lesions share: that of the calibration.
    mass_shared_mg: float = 0.0
    #: What it consists of; None where that was not told.
    material: Material | None = None
    #: Part of lesion and ellipse of its axes that they do not share; of the outline, or in a
    #: volume of the surface, the part that lies at a bone.
    ellipse_misfit: float | None = None
    bone_contact_share: float | None = None
    bone_contact_mm2: float | None = None
    surface_mm2: float | None = None
    #: Three diameters at right angles, the longest first, and 0.52 x their product.
    feret_diameter_max_mm: float | None = None
    second_axis_mm: float | None = None
    third_axis_mm: float | None = None
    ellipsoid_volume_mm3: float | None = None
    depth_mm: float | None = None
    #: How far `plane` lies from the middle of the nearest bone, towards the thumb's side.
    plane_offset_mm: float | None = None
    #: Brightest sample; mean and brightest at each energy of a pair.
    peak_hu: float | None = None
    mean_hu_low_energy: float | None = None
    mean_hu_high_energy: float | None = None
    peak_hu_low_energy: float | None = None
    peak_hu_high_energy: float | None = None
    density_interval: Interval | None = None
    dual_energy_ratio: float | None = None
    effective_atomic_number: float | None = None
    #: Of `material` against the other; where undetermined, of the likelier one.
    material_probability: float | None = None
    #: ``dual energy`` or ``single energy``, and what the HU were calibrated by.
    density_method: str | None = None
    calibration: str | None = None
    not_measured: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "not_measured", MappingProxyType(dict(self.not_measured)))

    @property
    def is_urate(self) -> bool:
        """True for a lesion that no calcium burden counts."""
        return self.material == URATE

    def __reduce__(self) -> tuple[Any, ...]:
        values = [getattr(self, name) for name in self.__dataclass_fields__]
        values[-1] = dict(self.not_measured)
        return Lesion, tuple(values)
