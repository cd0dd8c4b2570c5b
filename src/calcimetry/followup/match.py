"""Which lesions of a later visit are which of the baseline's."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from calcimetry.errors import InputError, SettingsError
from calcimetry.followup.result import Kind

#: A cost that no pair has.
_NEVER = 1e6


@dataclass(frozen=True, slots=True)
class MatchSettings:
    """When two lesions are one.

    Raises
    ------
    SettingsError
        If a value is not positive, or a share above 1.
    """

    #: Two that both fill this part of the smaller one are a pair,
    least_overlap: float = 0.1
    #: unless both have another partner that they share so many times as much with: they then
    #: only touch.
    weaker: float = 2.0
    #: One without any may be the nearest other one without, so far away at most.
    reach_mm: float = 1.5
    #: A lesion that one visit alone drew is there at the other too if its place shows this part
    #: of its volume.
    seen_once: float = 0.5

    def __post_init__(self) -> None:
        if not (0 < self.least_overlap <= 1 and self.weaker >= 1 and self.reach_mm >= 0):
            raise SettingsError(
                "Reading settings: expected matching.least_overlap above 0 and at most 1, weaker "
                f"of 1 or more and reach_mm of 0 mm or more, found {self.least_overlap:g}, "
                f"{self.weaker:g} and {self.reach_mm:g} mm."
            )
        if not self.seen_once > 0:
            raise SettingsError(
                f"Reading settings: expected matching.seen_once above 0, found {self.seen_once:g}."
            )


@dataclass(frozen=True, slots=True)
class Nearness:
    """How two lesions lie to each other after alignment.

    Parameters
    ----------
    overlap : float
        Part of the smaller that both fill, 0 to 1.
    gap_mm : float
        Least distance between their samples, 0 where they overlap.
    shift_mm : float
        Distance between their centres.
    """

    overlap: float
    gap_mm: float
    shift_mm: float


@dataclass(frozen=True, slots=True)
class Match:
    """Lesions of both visits that belong together; either side may be empty.

    `score` is that of its weakest pair, 0 to 1: the overlap, or half of what is left of
    the reach where they do not overlap; 1 for what the user paired and for lesions of one visit.
    """

    baseline: tuple[int, ...]
    later: tuple[int, ...]
    score: float
    by_user: bool = False

    @property
    def kind(self) -> Kind:
        """What became of them.

        >>> Match((1, 2), (1,), 0.9).kind
        'merged'
        """
        before, after = len(self.baseline), len(self.later)
        if not before:
            return "appeared"
        if not after:
            return "disappeared"
        if before == after == 1:
            return "persisted"
        if after == 1:
            return "merged"
        return "split" if before == 1 else "regrouped"


def match_lesions(
    baseline: Collection[int],
    later: Collection[int],
    near: Mapping[tuple[int, int], Nearness],
    pairs: Iterable[tuple[int, int]] | None = None,
    settings: MatchSettings | None = None,
) -> tuple[Match, ...]:
    """Pair lesions, several with several where they merged or split.

    Parameters
    ----------
    baseline, later : collection of int
        Lesion numbers of each visit.
    near : mapping of (int, int) to Nearness
        Of pairs (baseline, later) that come near each other.
    pairs : iterable of (int, int), optional
        The user's own, (baseline, later): all that is said of the lesions in it. 0 stands
        for none: ``(3, 0)`` has lesion 3 disappear.
    settings : MatchSettings, optional

    Returns
    -------
    tuple of Match
        Every lesion in exactly one: by the baseline's numbers, then those that appeared.

    Raises
    ------
    InputError
        If the user's pairs name a lesion that there is not or none at all, or say of one both
        that it has a partner and that it has none.

    Examples
    --------
    >>> both = {(1, 1): Nearness(0.8, 0.0, 0.4), (2, 1): Nearness(0.5, 0.0, 2.0)}
    >>> [(one.kind, one.baseline, one.later) for one in match_lesions([1, 2], [1, 2], both)]
    [('merged', (1, 2), (1,)), ('appeared', (), (2,))]
    """
    settings = settings or MatchSettings()
    given = _checked(baseline, later, tuple(pairs or ()))
    first = set(baseline) - {one for one, _ in given}
    last = set(later) - {other for _, other in given}
    open_pairs = {
        pair: nearness for pair, nearness in near.items() if pair[0] in first and pair[1] in last
    }
    edges = _overlapping(open_pairs, settings)
    edges |= _nearest(open_pairs, edges, settings)
    scores = dict.fromkeys(given, 1.0) | {
        pair: nearness.overlap or 0.5 * (1.0 - nearness.gap_mm / settings.reach_mm)
        for pair, nearness in open_pairs.items()
        if pair in edges
    }
    return _grouped(baseline, later, scores, set(given))


def _checked(
    baseline: Collection[int], later: Collection[int], pairs: tuple[tuple[int, int], ...]
) -> tuple[tuple[int, int], ...]:
    if (0, 0) in pairs:
        raise InputError("Pairing lesions as told: the pair 0 and 0 names no lesion. Leave it out.")
    for side, (name, numbers) in enumerate((("baseline", baseline), ("later visit", later))):
        named = [pair[side] for pair in pairs]
        unknown = sorted(set(named) - set(numbers) - {0})
        if unknown:
            raise InputError(
                f"Pairing lesions as told: the {name} has no lesion {unknown[0]}; it has "
                f"{', '.join(map(str, sorted(numbers))) or 'none'}."
            )
        for number in set(named) - {0}:
            partners = {pair[1 - side] for pair in pairs if pair[side] == number}
            if 0 in partners and len(partners) > 1:
                raise InputError(
                    f"Pairing lesions as told: lesion {number} of the {name} has both a partner "
                    "and none. Leave one of the two out."
                )
    return pairs


def _overlapping(
    near: Mapping[tuple[int, int], Nearness], settings: MatchSettings
) -> set[tuple[int, int]]:
    """Pairs that share enough, without those that share far less than both do elsewhere."""
    overlap = {
        pair: one.overlap for pair, one in near.items() if one.overlap >= settings.least_overlap
    }

    def has_better(pair: tuple[int, int], side: int) -> bool:
        others = [
            value for other, value in overlap.items() if other != pair and other[side] == pair[side]
        ]
        return max(others, default=0.0) > settings.weaker * overlap[pair]

    return {pair for pair in overlap if not (has_better(pair, 0) and has_better(pair, 1))}


def _nearest(
    near: Mapping[tuple[int, int], Nearness],
    edges: Collection[tuple[int, int]],
    settings: MatchSettings,
) -> set[tuple[int, int]]:
    """One to one, those that are left within reach, so that centres move least in all.

    Hungarian method (Kuhn, Naval Research Logistics Quarterly 1955).
    """
    taken = {one for one, _ in edges}, {other for _, other in edges}
    left = {
        pair: one
        for pair, one in near.items()
        if pair[0] not in taken[0] and pair[1] not in taken[1] and one.gap_mm < settings.reach_mm
    }
    if not left:
        return set()
    rows, columns = (sorted({pair[side] for pair in left}) for side in (0, 1))
    cost = np.full((len(rows), len(columns)), _NEVER)
    for (one, other), nearness in left.items():
        cost[rows.index(one), columns.index(other)] = nearness.shift_mm
    chosen = zip(*linear_sum_assignment(cost), strict=True)
    return {(rows[i], columns[j]) for i, j in chosen if cost[i, j] < _NEVER}


def _grouped(
    baseline: Collection[int],
    later: Collection[int],
    scores: Mapping[tuple[int, int], float],
    given: Collection[tuple[int, int]],
) -> tuple[Match, ...]:
    """Lesions that hang together by pairs."""
    groups: list[tuple[set[int], set[int], list[tuple[int, int]]]] = []
    for pair in sorted(scores):
        own = [{number} if number else set() for number in pair]
        joined = [group for group in groups if group[0] & own[0] or group[1] & own[1]]
        groups = [group for group in groups if group not in joined]
        groups.append(
            (
                own[0].union(*(group[0] for group in joined)),
                own[1].union(*(group[1] for group in joined)),
                [pair, *(edge for group in joined for edge in group[2])],
            )
        )
    matched = [
        Match(
            tuple(sorted(first)),
            tuple(sorted(last)),
            min(scores[edge] for edge in edges),
            any(edge in given for edge in edges),
        )
        for first, last, edges in groups
    ]
    before = {number for match in matched for number in match.baseline}
    after = {number for match in matched for number in match.later}
    matched += [Match((number,), (), 1.0) for number in baseline if number not in before]
    matched += [Match((), (number,), 1.0) for number in later if number not in after]
    return tuple(
        sorted(matched, key=lambda one: (one.baseline or (math.inf,), one.later or (math.inf,)))
    )
