"""How far two measurements of an unchanged lesion differ, and of one that changed."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from calcimetry.errors import SettingsError
from calcimetry.followup.result import Quantity


@dataclass(frozen=True, slots=True)
class RepeatError:
    """How a size differs between two scans of an unchanged lesion, and of one that changed.

    With x = border / size (1/mm) the half width of the 95% interval of the logarithm of one
    measured size is ``sqrt(relative**2 + (boundary_mm * x)**2)``: what is random from scan to
    scan. A logarithm of a ratio is wrong by the part `proportional` of itself besides.

    Parameters
    ----------
    relative : float
    boundary_mm : float
    proportional : float
        Below 1.
    detection_limit : float
        Of sizes below it nobody can say whether the lesion was missed or was not there.

    Raises
    ------
    SettingsError
        If one is negative, or `proportional` is 1 or more.
    """

    relative: float
    boundary_mm: float
    proportional: float
    detection_limit: float

    def __post_init__(self) -> None:
        values = (self.relative, self.boundary_mm, self.proportional, self.detection_limit)
        if not (min(values) >= 0 and self.proportional < 1 and math.isfinite(sum(values))):
            raise SettingsError(
                "Reading settings: errors of change must be 0 or more and their proportional part "
                f"below 1, found {', '.join(f'{one:g}' for one in values)}."
            )

    def half_width(self, border: float, size: float) -> float:
        """Of the logarithm of one size; infinite for none."""
        if not size > 0:
            return math.inf
        return math.hypot(self.relative, self.boundary_mm * border / size)


@dataclass(frozen=True, slots=True)
class ChangeSettings:
    """Where the intervals and categories of a change come from.

    Fitted to simulated fingers that the whole program measured at two visits
    (`benchmarks/followup.py --fit`); limits of detection are what is seen at one visit alone
    though nothing came or went, more than eight times of ten; `unshared` is chosen.

    Raises
    ------
    SettingsError
        If a share lies outside 0 to 1.
    """

    volume: RepeatError = field(default_factory=lambda: RepeatError(0.0, 0.342, 0.0, 6.0))
    area: RepeatError = field(default_factory=lambda: RepeatError(0.0, 0.330, 0.230, 3.0))
    mass: RepeatError = field(default_factory=lambda: RepeatError(0.0, 0.260, 0.290, 5.0))
    #: Of volumes and masses that were measured together, in one region at both visits.
    volume_together: RepeatError = field(default_factory=lambda: RepeatError(0.0, 0.103, 0.5, 6.0))
    mass_together: RepeatError = field(default_factory=lambda: RepeatError(0.0, 0.125, 0.213, 5.0))
    #: Part of a size's own error that another scan does not share where settings differ.
    unshared: float = 0.2

    def __post_init__(self) -> None:
        if not 0 <= self.unshared <= 1:
            raise SettingsError(
                "Reading settings: change.unshared must lie between 0 and 1, found "
                f"{self.unshared:g}."
            )

    def of(self, quantity: Quantity, together: bool = False) -> RepeatError:
        """The error model of one quantity, measured at each visit alone or together."""
        alone = {"volume_mm3": self.volume, "area_mm2": self.area, "mass_mg": self.mass}
        both = {"volume_mm3": self.volume_together, "mass_mg": self.mass_together}
        return both.get(quantity, alone[quantity]) if together else alone[quantity]
