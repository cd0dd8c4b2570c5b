"""Two visits compared: the one file that knows the order of the steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from calcimetry.followup.align import AlignmentSettings, align_bones
from calcimetry.followup.axes import Shown, same_axes
from calcimetry.followup.carry import (
    Carried,
    carried_lesions,
    in_view,
    nearness_of,
)
from calcimetry.followup.change import change_of
from calcimetry.followup.likeness import Likeness, likeness_of
from calcimetry.followup.match import Match, MatchSettings, Nearness, match_lesions
from calcimetry.followup.reading import Reading, put_together
from calcimetry.followup.repeat_error import ChangeSettings
from calcimetry.followup.result import (
    QUANTITIES,
    BoneAlignment,
    Change,
    FollowUp,
    Kind,
    LesionChange,
    Quantity,
    SameAxes,
)
from calcimetry.followup.together import Side, ratios_together
from calcimetry.followup.tracking import tracking_id, tracking_uid
from calcimetry.followup.visit import Visit, refuse_unlike
from calcimetry.model import Lesion
from calcimetry.model.anatomy import bone_name


@dataclass(frozen=True, slots=True)
class FollowUpSettings:
    """Everything that changes a comparison; one group per step."""

    alignment: AlignmentSettings = field(default_factory=AlignmentSettings)
    matching: MatchSettings = field(default_factory=MatchSettings)
    change: ChangeSettings = field(default_factory=ChangeSettings)


def compare_visits(
    baseline: Visit,
    later: Visit,
    settings: FollowUpSettings | None = None,
    pairs: Iterable[tuple[int, int]] | None = None,
) -> FollowUp:
    """Find the baseline's lesions at a later visit, and measure what they changed by.

    Parameters
    ----------
    baseline, later : Visit
    settings : FollowUpSettings, optional
    pairs : iterable of (int, int), optional
        The user's own matches, (lesion of the baseline, lesion of the later visit), which
        override what was found for the lesions in them; 0 stands for none.

    Returns
    -------
    FollowUp

    Raises
    ------
    InputError
        As `calcimetry.followup.visit.refuse_unlike`, and if `pairs` contradict themselves
        or the visits.
    """
    settings = settings or FollowUpSettings()
    refuse_unlike(baseline, later)
    alignments = align_bones(baseline, later, settings.alignment)
    first = carried_lesions(baseline, alignments, is_baseline=True)
    last = carried_lesions(later, alignments, is_baseline=False)
    near = nearness_of(baseline, first, last)
    matches = match_lesions(first.keys(), last.keys(), near, pairs, settings.matching)
    seen = _Seen(baseline, later, first, last, near, likeness_of(baseline, later), settings)
    lesions = tuple(_lesion_change(match, seen) for match in matches)
    compared = [one for one in lesions if not one.reason]
    totals, missing = _totals(compared, seen)
    return FollowUp(
        baseline,
        later,
        alignments,
        lesions,
        totals,
        {
            finger: _totals(of_finger, seen)[0]
            for finger, of_finger in _by_finger(compared, seen).items()
        },
        (*seen.likeness.warnings, *_told(seen, alignments, lesions)),
        missing,
    )


@dataclass(frozen=True, eq=False, slots=True)
class _Seen:
    """Both visits, and how their lesions lie to each other."""

    baseline: Visit
    later: Visit
    first: Mapping[int, Carried]
    last: Mapping[int, Carried]
    near: Mapping[tuple[int, int], Nearness]
    likeness: Likeness
    settings: FollowUpSettings

    def carrier(self, match: Match) -> BoneAlignment | None:
        """Of the bone that carries a match's lesions from visit to visit."""
        carriers = [
            *(self.first[number].carrier for number in match.baseline[:1]),
            *(self.last[number].carrier for number in match.later[:1]),
        ]
        return next((one for one in carriers if one is not None), None)

    def lesions(self, match: Match | LesionChange) -> tuple[list[Lesion], list[Lesion]]:
        """Those of the baseline and of the later visit."""
        return (
            [self.baseline.lesion(number) for number in match.baseline],
            [self.later.lesion(number) for number in match.later],
        )


def _lesion_change(match: Match, seen: _Seen) -> LesionChange:
    first, last = seen.lesions(match)
    origin = max(first or last, key=lambda one: one.volume_mm3 or 0.0)
    visit = seen.baseline if first else seen.later
    pairs = [
        seen.near[pair]
        for pair in ((one, other) for one in match.baseline for other in match.later)
        if pair in seen.near
    ]
    reason = _not_seen(match, seen)
    ratios = {} if reason else _ratios(match, seen)
    changes, missing = ({}, {}) if reason else _changes(put_together(first, last, ratios), seen)
    axes, why = (None, reason) if reason else _axes(match, first, last, seen)
    return LesionChange(
        tracking_id=tracking_id(origin.bone, origin.number, visit.name),
        tracking_uid=tracking_uid(visit.key or visit.name, origin.number),
        kind=_kind(match, reason, ratios),
        baseline=match.baseline,
        later=match.later,
        bone=origin.bone,
        score=match.score,
        overlap=max((one.overlap for one in pairs), default=0.0),
        gap_mm=min((one.gap_mm for one in pairs), default=None),
        shift_mm=min((one.shift_mm for one in pairs), default=None),
        by_user=match.by_user,
        changes=changes,
        axes=axes,
        reason=reason,
        not_measured=missing | ({"axes": why} if why else {}),
        together=ratios,
    )


def _kind(match: Match, reason: str, ratios: Mapping[Quantity, float]) -> Kind:
    if reason:
        return "not compared"
    return match.kind if (match.baseline and match.later) or not ratios else "seen once"


def _ratios(match: Match, seen: _Seen) -> dict[Quantity, float]:
    """Of what was measured in one region at both visits; empty where it could not be."""
    images = (seen.baseline.image, seen.later.image)
    carrier = seen.carrier(match)
    if images[0] is None or images[1] is None or seen.likeness.other_hu or carrier is None:
        return {}
    drawn_twice = match.baseline and match.later
    if match.by_user and not drawn_twice:
        return {}
    ratios = ratios_together(
        Side(seen.baseline, images[0], [seen.first[number] for number in match.baseline]),
        Side(seen.later, images[1], [seen.last[number] for number in match.later]),
        carrier,
    )
    if ratios and not drawn_twice:
        shown = ratios["volume_mm3"] ** (1 if match.baseline else -1)
        if shown < seen.settings.matching.seen_once:
            return {}
    # Rods of another scan give the same HU another mass.
    if seen.likeness.other_gain:
        ratios.pop("mass_mg", None)
    return ratios


def _not_seen(match: Match, seen: _Seen) -> str:
    """Why nobody can say what became of a lesion of one visit; empty where one can."""
    if match.by_user or (match.baseline and match.later):
        return ""
    lesions, numbers = (seen.first, match.baseline) if match.baseline else (seen.last, match.later)
    other = seen.later if match.baseline else seen.baseline
    for number in numbers:
        carrier = lesions[number].carrier
        if carrier is None:
            return f"no bone near it could be aligned with visit {other.name!r}"
        if not in_view(lesions[number].points_mm, carrier, other, not match.baseline):
            return f"its place lies outside the field of view of visit {other.name!r}"
    return ""


def _changes(
    readings: tuple[Sequence[Reading], Sequence[Reading]], seen: _Seen
) -> tuple[dict[str, Change], dict[str, str]]:
    """Every quantity's change, or why there is none."""
    changes: dict[str, Change] = {}
    missing: dict[str, str] = {}
    for quantity in QUANTITIES:
        found = change_of(*readings, quantity, seen.likeness, seen.settings.change)
        if isinstance(found, Change):
            changes[quantity] = found
        else:
            missing[quantity] = found
    return changes, missing


def _axes(
    match: Match, first: Sequence[Lesion], last: Sequence[Lesion], seen: _Seen
) -> tuple[SameAxes | None, str]:
    if not (first and last):
        return None, "the lesion shows at one visit alone"
    carrier = seen.carrier(match)
    if carrier is None:
        return None, "no bone near it could be aligned"
    axes = same_axes(
        Shown(seen.baseline.lesion_map, first, {n: seen.first[n].box for n in match.baseline}),
        Shown(seen.later.lesion_map, last, {n: seen.last[n].box for n in match.later}),
        carrier,
    )
    return axes, "" if axes else "the baseline's lesion has no plane"


def _totals(
    compared: Sequence[LesionChange], seen: _Seen
) -> tuple[dict[str, Change], dict[str, str]]:
    """Of the calcium lesions among some that were compared; urate is no calcium."""
    return _changes(calcium_readings(compared, seen.baseline, seen.later), seen)


def calcium_readings(
    compared: Iterable[LesionChange], baseline: Visit, later: Visit
) -> tuple[tuple[Reading, ...], tuple[Reading, ...]]:
    """Both visits' readings of the calcium lesions among some that were compared.

    Parameters
    ----------
    compared : iterable of LesionChange
    baseline, later : Visit
        Whose lesions they are.
    """
    both: tuple[list[Reading], list[Reading]] = ([], [])
    for change in compared:
        first = [baseline.lesion(number) for number in change.baseline]
        last = [later.lesion(number) for number in change.later]
        for side, own in zip(both, put_together(first, last, change.together), strict=True):
            side += [one for one in own if not one.lesion.is_urate]
    return tuple(both[0]), tuple(both[1])


def _by_finger(
    compared: Sequence[LesionChange], seen: _Seen
) -> dict[tuple[str | None, int], list[LesionChange]]:
    """Lesions by side and digit, as the baseline has them, or the later visit what is new."""
    fingers: dict[tuple[str | None, int], list[LesionChange]] = {}
    for change in compared:
        first, last = seen.lesions(change)
        one = max(first or last, key=lambda lesion: lesion.volume_mm3 or 0.0)
        fingers.setdefault((one.side, one.digit or 0), []).append(change)
    return dict(sorted(fingers.items(), key=lambda item: (item[0][0] or "", item[0][1])))


def _told(
    seen: _Seen, alignments: Sequence[BoneAlignment], lesions: Sequence[LesionChange]
) -> Iterable[str]:
    """What a reader must know of images, of alignment and of what was left out."""
    if seen.baseline.image is None or seen.later.image is None:
        yield (
            "Lesions are compared as each visit alone measured them, for the images are not at "
            "hand: only larger changes can be told from error."
        )
    refused = [one for one in alignments if not one.accepted]
    if refused:
        names = ", ".join(f"{bone_name(one.bone)} ({one.reason})" for one in refused)
        yield f"Bones that do not fit the baseline's carry no lesion: {names}."
    renamed = [one for one in alignments if one.later_bone % 10 != one.bone % 10]
    if renamed:
        names = ", ".join(
            f"the {bone_name(one.bone)} is called {bone_name(one.later_bone)} later"
            for one in renamed
        )
        yield f"Bones have other names at the two visits: {names}. They were told by their shape."
    left_out = [one for one in lesions if one.reason]
    if left_out:
        names = "; ".join(f"{one.tracking_id}: {one.reason}" for one in left_out)
        count = "1 lesion is" if len(left_out) == 1 else f"{len(left_out)} lesions are"
        yield f"{count} not compared and in no total: {names}."
