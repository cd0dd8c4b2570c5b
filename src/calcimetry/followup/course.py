"""Lesions from visit to visit, where there are more than two."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from calcimetry.followup.result import FollowUp, LesionChange
from calcimetry.followup.visit import Visit

#: Compares a later visit (second) with an earlier one (first).
Compare = Callable[[Visit, Visit, Iterable[tuple[int, int]] | None], FollowUp]
#: A user's pairs of lesion numbers (baseline, later), by the later visit's place.
UserPairs = Mapping[int, Sequence[tuple[int, int]]]


@dataclass(frozen=True, eq=False, slots=True)
class Step:
    """What became of a lesion by a later visit.

    `since` and `until` are places of visits, 0 the baseline: a lesion that appeared later
    is compared with the visit that first shows it.
    """

    since: int
    until: int
    change: LesionChange


@dataclass(frozen=True, eq=False, slots=True)
class Track:
    """One lesion at all visits.

    Parameters
    ----------
    number : int
        From 1, in tables and pictures of the comparison.
    tracking_id, tracking_uid : str
        As of `LesionChange`.
    bone : int
        Label of the bone that it lies at.
    seen : mapping of int to tuple of int
        Its lesion numbers by visit's place; a visit that does not show it is left out.
    steps : tuple of Step
        One for each later visit that it was looked for at.
    """

    number: int
    tracking_id: str
    tracking_uid: str
    bone: int
    seen: Mapping[int, tuple[int, ...]]
    steps: tuple[Step, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Course:
    """Several visits compared: each later one with the baseline, and every lesion followed.

    `comparisons` holds one for each visit after the baseline, in order.
    """

    visits: tuple[Visit, ...]
    comparisons: tuple[FollowUp, ...]
    tracks: tuple[Track, ...]


@dataclass(slots=True)
class _Draft:
    """A track while visits are added to it; `since` is the place of the first that shows it."""

    first: LesionChange
    since: int
    seen: dict[int, tuple[int, ...]] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)

    def add(self, place: int, change: LesionChange) -> None:
        """What became of it by a later visit; lesions of other tracks stay theirs."""
        known = replace(
            change, tracking_id=self.first.tracking_id, tracking_uid=self.first.tracking_uid
        )
        self.steps.append(Step(self.since, place, known))


def follow_course(
    visits: Sequence[Visit],
    compare: Compare,
    pairs: UserPairs | None = None,
    on_visit: Callable[[int], None] | None = None,
) -> Course:
    """Compare each later visit with the baseline, and know lesions again that came in between.

    Parameters
    ----------
    visits : sequence of Visit
        In their order, the baseline first; two or more.
    compare : callable
        Compares two visits: `calcimetry.followup.compare.compare_visits` with its settings.
    pairs : mapping, optional
        The user's own pairs of baseline and later lesions, by the later visit's place.
    on_visit : callable, optional
        Called with the place of each later visit before it is compared.

    Returns
    -------
    Course
        Tracks in the order of the baseline's lesions, then of those that appeared. Lesions
        that the baseline lacks and two later visits show are compared with each other by a
        comparison of those visits.
    """
    tell = on_visit or (lambda _place: None)
    pairs = pairs or {}
    drafts: dict[str, _Draft] = {}
    comparisons: list[FollowUp] = []
    for place, later in enumerate(visits[1:], start=1):
        tell(place)
        found = compare(visits[0], later, pairs.get(place))
        comparisons.append(found)
        came = {one.later: one for one in found.lesions if not one.baseline}
        _add_old(drafts, found, place)
        _add_new(drafts, came, visits, place, compare)
    tracks = tuple(
        Track(number, one.first.tracking_id, uid, one.first.bone, one.seen, tuple(one.steps))
        for number, (uid, one) in enumerate(
            sorted(drafts.items(), key=lambda item: item[1].since), start=1
        )
    )
    return Course(tuple(visits), tuple(comparisons), tracks)


def _add_old(drafts: dict[str, _Draft], found: FollowUp, place: int) -> None:
    """What became of the baseline's lesions."""
    for one in found.lesions:
        if one.baseline:
            draft = drafts.setdefault(one.tracking_uid, _Draft(one, 0, {0: one.baseline}))
            draft.add(place, one)
            if one.later:
                draft.seen[place] = one.later


def _add_new(
    drafts: dict[str, _Draft],
    came: Mapping[tuple[int, ...], LesionChange],
    visits: Sequence[Visit],
    place: int,
    compare: Compare,
) -> None:
    """Lesions that the baseline lacks: known from a visit in between, or seen for the first time.

    `came` holds those of this visit by their numbers.
    """
    unclaimed = {number for numbers in came for number in numbers}
    between = [draft for draft in drafts.values() if draft.since]
    for since in sorted({draft.since for draft in between}):
        changes = compare(visits[since], visits[place], None).lesions
        for draft in (one for one in between if one.since == since):
            change = _of(changes, draft.seen[since])
            if change is None:
                continue
            draft.add(place, change)
            own = tuple(number for number in change.later if number in unclaimed)
            if own:
                draft.seen[place] = own
                unclaimed.difference_update(own)
    for numbers, one in came.items():
        if unclaimed.intersection(numbers):
            drafts[one.tracking_uid] = new = _Draft(one, place, {place: numbers})
            new.add(place, one)


def _of(changes: Iterable[LesionChange], numbers: Collection[int]) -> LesionChange | None:
    """What became of the lesions of these numbers."""
    return next((one for one in changes if set(one.baseline) & set(numbers)), None)
