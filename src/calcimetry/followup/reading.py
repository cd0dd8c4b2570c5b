"""Sizes of lesions as a comparison of two visits takes them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from calcimetry.followup.result import QUANTITIES, Quantity
from calcimetry.model.lesion import Interval, Lesion


@dataclass(frozen=True, eq=False, slots=True)
class Reading:
    """One lesion at one visit.

    Parameters
    ----------
    lesion : Lesion
        As its visit alone measured it.
    factors : mapping of str to float
        By what its sizes are multiplied, for the quantities that were measured together with
        the other visit (`calcimetry.followup.together`); the others count as they are.
    """

    lesion: Lesion
    factors: Mapping[Quantity, float] = field(default_factory=dict)

    def size(self, quantity: Quantity) -> float | None:
        """Of the lesion in a quantity's unit; None where it was not measured."""
        alone: float | None = getattr(self.lesion, quantity)
        return None if alone is None else alone * self.factors.get(quantity, 1.0)

    def interval(self, quantity: Quantity) -> Interval | None:
        """The visit's own 95% interval, in proportion to the size."""
        own: Interval | None = getattr(self.lesion, quantity.rpartition("_")[0] + "_interval")
        factor = self.factors.get(quantity, 1.0)
        return None if own is None else Interval(own.low * factor, own.high * factor)


def alone(lesions: Iterable[Lesion]) -> tuple[Reading, ...]:
    """Readings of lesions that each visit measured for itself."""
    return tuple(Reading(one) for one in lesions)


def put_together(
    first: Sequence[Lesion], last: Sequence[Lesion], ratios: Mapping[Quantity, float]
) -> tuple[tuple[Reading, ...], tuple[Reading, ...]]:
    """Readings of one match's lesions whose later over first sizes are in these ratios.

    Parameters
    ----------
    first, last : sequence of Lesion
        Of the two visits; one is empty where that visit drew none, but shows them in their place.
    ratios : mapping of str to float
        By quantity, as `calcimetry.followup.together.ratios_together` gives them.

    Returns
    -------
    first, last : tuple of Reading

    Notes
    -----
    The sum of both visits' sizes stays what it is and is shared out by the ratio: neither visit
    alone says how large the lesion is in the region that both have in common. What one visit
    alone drew has its own size there, and at the other visit that of its place; what cannot be
    told of the place, such as an area, counts at neither.
    """
    if ratios and not (first and last):
        here: dict[Quantity, float] = {one: float(one in ratios) for one in QUANTITIES}
        there: dict[Quantity, float] = dict.fromkeys(QUANTITIES, 0.0)
        there |= {one: ratio if first else 1.0 / ratio for one, ratio in ratios.items()}
        drawn, place = (
            tuple(Reading(one, factors) for one in (*first, *last)) for factors in (here, there)
        )
        return (drawn, place) if first else (place, drawn)
    before: dict[Quantity, float] = {}
    after: dict[Quantity, float] = {}
    for quantity, ratio in ratios.items():
        sizes = [[getattr(one, quantity) for one in lesions] for lesions in (first, last)]
        if any(one is None for own in sizes for one in own):
            continue
        sums = [math.fsum(own) for own in sizes]
        if min(sums) > 0.0:
            share = math.fsum(sums) / (1.0 + ratio)
            before[quantity], after[quantity] = share / sums[0], ratio * share / sums[1]
    return tuple(Reading(one, before) for one in first), tuple(Reading(one, after) for one in last)
