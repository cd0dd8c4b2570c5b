"""Which phalanges are seen whole, for their length."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from calcimetry.coverage.extent import Extent
from calcimetry.coverage.proportions import expected_length_mm, relative_length
from calcimetry.model.anatomy import Phalanx

#: A phalanx shorter than this part of its expected length is not seen whole. The expectation
#: itself is uncertain by 8 to 10%.
SHORT = 0.7


@dataclass(frozen=True, slots=True)
class Proportions:
    """Lengths in mm of the phalanges that are seen whole, which the others are held against.

    Parameters
    ----------
    whole : mapping of Phalanx to float
        Of one hand, or of one finger of which is not known which one it is.
    """

    whole: Mapping[Phalanx, float]

    @classmethod
    def of(cls, seen: Mapping[Phalanx, Extent]) -> Proportions:
        """Take the bones in, the longest for its kind first, as long as they fit."""
        whole: dict[Phalanx, float] = {}
        longest = sorted(seen, key=lambda one: -relative_length(one, seen[one].seen_mm))
        for phalanx in longest:
            extent = seen[phalanx]
            share = extent.seen_mm / expected_length_mm(phalanx, whole)
            # One that the border cuts is at least as long as it is seen.
            if share >= 1.0 if extent.cut else share >= SHORT:
                whole[phalanx] = extent.seen_mm
        return cls(whole)

    def expected_mm(self, phalanx: Phalanx) -> float:
        """Length that a phalanx should have, given the others."""
        others = {one: mm for one, mm in self.whole.items() if one != phalanx}
        return expected_length_mm(phalanx, others)
