"""The samples that a simulated volume is painted on, with what is known about each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcimetry.phantom.lattice import Box, Lattice

Array = NDArray[np.floating[Any]]
Whole = NDArray[np.uint8]

#: How far from a bone or the skin is said where neither is near.
FAR_MM = 50.0


@dataclass(frozen=True, eq=False, slots=True)
class Canvas:
    """Arrays of the lattice's shape, changed in place while a volume is made.

    `base` holds what both energies see alike (HU) and `mineral` what they see differently,
    as hydroxyapatite in mg/cm3: `low_gain` and `high_gain` are its brightness in HU per
    mg/cm3. `bone`, `deposit` and `thing` are the parts of each sample that bones, deposits
    and distractors fill; `depth` is the depth under the nearest bone's surface and `outside`
    the distance from the skin in mm, negative inside. `streaks` says whether metal's are
    painted: projections bring about their own.
    """

    lattice: Lattice
    low_gain: float
    high_gain: float
    base: Array
    mineral: Array
    bone: Array
    bone_map: Whole
    depth: Array
    outside: Array
    deposit: Array
    deposit_mg_cm3: Array
    lesion_map: Whole
    thing: Array
    thing_map: Whole
    streaks: bool = True

    @classmethod
    def empty(
        cls, lattice: Lattice, low_gain: float, high_gain: float, *, streaks: bool = True
    ) -> Canvas:
        """All air."""
        shape = lattice.shape
        return cls(
            lattice=lattice,
            low_gain=low_gain,
            high_gain=high_gain,
            base=np.full(shape, -1000.0, np.float32),
            mineral=np.zeros(shape, np.float32),
            bone=np.zeros(shape, np.float32),
            bone_map=np.zeros(shape, np.uint8),
            depth=np.full(shape, -FAR_MM, np.float32),
            outside=np.full(shape, FAR_MM, np.float32),
            deposit=np.zeros(shape, np.float32),
            deposit_mg_cm3=np.zeros(shape, np.float32),
            lesion_map=np.zeros(shape, np.uint8),
            thing=np.zeros(shape, np.float32),
            thing_map=np.zeros(shape, np.uint8),
            streaks=streaks,
        )

    @property
    def spacing_mm(self) -> float:
        """Mean distance of neighbouring samples."""
        return self.lattice.spacing_mm

    @property
    def sample_mm3(self) -> float:
        """Volume of one sample."""
        return float(self.spacing_mm**3)

    def room(self, box: Box, distance: Array) -> Array:
        """What part of each sample a body fills that gives way to all that is there.

        Parameters
        ----------
        box : Box
            Where to look.
        distance : ndarray
            The body's signed distance in mm there, negative inside.
        """
        share = np.clip(0.5 - distance / self.spacing_mm, 0.0, 1.0)
        free = 1.0 - self.bone[box] - self.deposit[box] - self.thing[box]
        return np.asarray(np.minimum(share, np.clip(free, 0.0, 1.0)), np.float32)

    def fill(self, box: Box, share: Array, low_hu: Array | float, high_hu: Array | float) -> None:
        """Put a material into a part of samples, by its HU at both energies.

        Any two values are those of some water-like base and some mineral, so that two
        arrays carry every material.
        """
        mineral = (np.asarray(low_hu) - high_hu) / (self.low_gain - self.high_gain)
        base = low_hu - self.low_gain * mineral
        self.base[box] += (share * (base - self.base[box])).astype(np.float32)
        self.mineral[box] += (share * (mineral - self.mineral[box])).astype(np.float32)
