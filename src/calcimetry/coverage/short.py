"""Which phalanges are seen whole, for their length and depth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from calcimetry.coverage.extent import Extent
from calcimetry.coverage.proportions import SHAFT_DEPTH, expected_length_mm, relative_length
from calcimetry.model.anatomy import Phalanx

#: A phalanx shorter than this part of its expected length is not seen whole. The expectation
#: itself is uncertain by 8 to 10%.
SHORT = 0.7
#: So is one shorter than this, which is two standard deviations, that is thin besides: on the
#: average less deep than this part of the published middle of its shaft, which is its
#: narrowest place.
SHORT_IF_THIN, THIN = 0.8, 0.75


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
            if share >= 1.0 if extent.cut else not is_short(phalanx, extent, share):
                whole[phalanx] = extent.seen_mm
        return cls(whole)

    def expected_mm(self, phalanx: Phalanx) -> float:
        """Length that a phalanx should have, given the others."""
        others = {one: mm for one, mm in self.whole.items() if one != phalanx}
        return expected_length_mm(phalanx, others)


def is_short(phalanx: Phalanx, extent: Extent, share: float) -> bool:
    """Whether less than the whole of a bone is seen.

    Parameters
    ----------
    phalanx : Phalanx
        Which one.
    extent : Extent
        How far it is seen.
    share : float
        Length seen over length expected.
    """
    thin = THIN * SHAFT_DEPTH[phalanx.bone] * extent.seen_mm / share
    return share < SHORT or (share < SHORT_IF_THIN and 0.0 < extent.depth_mm < thin)
