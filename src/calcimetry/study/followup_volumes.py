"""The visits of one hand compared: rows, figures and words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from calcimetry.errors import InputError, NotMeasurable
from calcimetry.files.followup_columns import (
    Compared,
    alignment_row,
    finger_change_row,
    lesion_change_row,
)
from calcimetry.files.records import to_record
from calcimetry.followup.compare import FollowUpSettings, calcium_readings, compare_visits
from calcimetry.followup.course import Course, Step, UserPairs, follow_course
from calcimetry.followup.likeness import likeness_of
from calcimetry.followup.result import FollowUp
from calcimetry.followup.visit import Visit
from calcimetry.model import Digit, Lesion, bone_name
from calcimetry.render import wording
from calcimetry.render.followup_page import FollowUpSection, LesionLine, VisitLines
from calcimetry.study.followup_drawing import draw_course, visit_title
from calcimetry.study.followup_result import Part, SeriesResult
from calcimetry.study.followup_series import Series
from calcimetry.study.followup_visits import LoadedVisit

#: Called with what is done next.
OnStage = Callable[[str], None]


def compare_volumes(
    series: Series,
    visits: Sequence[LoadedVisit],
    days: Sequence[int | None],
    settings: FollowUpSettings,
    pairs: UserPairs,
    tell: OnStage,
) -> SeriesResult:
    """Compare all visits of one hand with its baseline.

    Parameters
    ----------
    series : Series
        Whose images they are.
    visits : sequence of LoadedVisit
        The baseline first.
    days : sequence of int or None
        Since the baseline, as the user says; the files' own days go before.
    settings : FollowUpSettings
    pairs : mapping
        The user's own pairs, by the later visit's place.
    tell : callable
        Called with what is done next.

    Raises
    ------
    InputError
        If the visits are not of one patient and hand, or not in their order.
    NotMeasurable
        If no visit has a lesion.
    """
    since = _days(visits, days)
    if not any(one.visit.lesions for one in visits):
        raise NotMeasurable(
            f"Following up {series.baseline.image}: no lesion was found at any visit, so there is "
            "nothing to follow."
        )
    course = follow_course(
        [one.visit for one in visits],
        _comparing(settings),
        pairs,
        lambda place: tell(f"comparing visit {visits[place].number}"),
    )
    tell("drawing")
    images = [one.result.image for one in visits]
    numbers = [one.number for one in visits]

    def compared(first: int, last: int) -> Compared:
        between = None
        if since[first] is not None and since[last] is not None:
            between = (since[last] or 0) - (since[first] or 0)
        where = (numbers[first], numbers[last], between, images[first], images[last])
        return Compared(series.patient, series.name, *where)

    lesion_rows, finger_rows, alignment_rows = [], [], []
    for track in course.tracks:
        for step in track.steps:
            # What appeared is told beside the baseline, which lacks it.
            first = 0 if step.since == step.until else step.since
            row = compared(first, step.until)
            lesion_rows.append(lesion_change_row(row, track, step, _lesions(course, step)))
    for place, found in enumerate(course.comparisons, start=1):
        row = compared(0, place)
        finger_rows += [
            finger_change_row(row, *finger, changes) for finger, changes in found.fingers.items()
        ]
        alignment_rows += [alignment_row(row, one) for one in found.alignments]
    figures, files = draw_course(series, visits, course, since)
    return SeriesResult(
        series=series,
        section=FollowUpSection(
            series.name,
            series.patient,
            tuple(_visit_lines(course, numbers, since)),
            figures,
        ),
        days=dict(zip(numbers, since, strict=True)),
        parts={
            numbers[place]: _part(course, place, found)
            for place, found in enumerate(course.comparisons, start=1)
        },
        lesion_rows=tuple(lesion_rows),
        finger_rows=tuple(finger_rows),
        alignment_rows=tuple(alignment_rows),
        figures=files,
        record=_record(course, numbers, images, since),
    )


def _comparing(
    settings: FollowUpSettings,
) -> Callable[[Visit, Visit, Any], FollowUp]:
    def compare(first: Visit, last: Visit, pairs: Any) -> FollowUp:
        return compare_visits(first, last, settings, pairs)

    return compare


def _days(visits: Sequence[LoadedVisit], stated: Sequence[int | None]) -> list[int | None]:
    """Days since the baseline of each visit; None where nobody says."""
    first = visits[0].visit.date
    found: list[int | None] = [0]
    for one, day in zip(visits[1:], stated[1:], strict=True):
        date = one.visit.date
        found.append(day if first is None or date is None else (date - first).days)
    last, before = 0, "the baseline"
    for one, since in zip(visits, found, strict=True):
        if since is None:
            continue
        if since < last:
            raise InputError(
                f"Following up {one.result.image}: expected visits in the order of their days, "
                f"found visit {one.number} {last - since} days before {before}. Name them in "
                "their order, the baseline first."
            )
        last, before = since, f"visit {one.number}" if one.number > 1 else before
    return found


def _lesions(course: Course, step: Step) -> tuple[list[Lesion], list[Lesion]]:
    """The lesions that a step compares."""
    first, last = (course.visits[place] for place in (step.since, step.until))
    return (
        [first.lesion(number) for number in step.change.baseline],
        [last.lesion(number) for number in step.change.later],
    )


def _part(course: Course, place: int, found: FollowUp) -> Part:
    steps = [step for track in course.tracks for step in track.steps if step.until == place]
    compared = [one for one in found.lesions if not one.reason]
    first, last = calcium_readings(compared, found.baseline, found.later)
    refused = [bone_name(one.bone) for one in found.alignments if not one.accepted]
    left_out = sum(step.change.kind == "not compared" for step in steps)
    reasons = []
    if refused:
        reasons.append(f"bones that could not be aligned: {', '.join(refused)}")
    if left_out:
        reasons.append(f"{left_out} lesions not compared")
    return Part(
        first,
        last,
        likeness_of(found.baseline, found.later),
        found.totals,
        Counter(step.change.kind for step in steps),
        Counter(step.change.category for step in steps if step.change.category),
        tuple(reasons),
    )


def _visit_lines(
    course: Course, numbers: Sequence[int], since: Sequence[int | None]
) -> Iterator[VisitLines]:
    for place, found in enumerate(course.comparisons, start=1):
        lines = []
        for track in course.tracks:
            for step in track.steps:
                if step.until == place:
                    first, last = _lesions(course, step)
                    where = bone_name(step.change.bone) if step.change.bone else "-"
                    lines.append(
                        LesionLine(track.number, where, step.change, (_axes(first), _axes(last)))
                    )
        names = [_finger_name(*finger) for finger in found.fingers]
        yield VisitLines.of(visit_title(numbers[place], since[place]), found, tuple(lines), names)


def _axes(lesions: Sequence[Lesion]) -> str:
    return wording.axes_of(max(lesions, key=lambda one: one.area_mm2)) if lesions else "-"


def _finger_name(side: str | None, digit: int) -> str:
    word = "thumb" if digit == Digit.THUMB else f"{Digit(digit).name.lower()} finger"
    name = word if digit else "finger not told, or wrist"
    return f"{side} {name}" if side else name


def _record(
    course: Course, numbers: Sequence[int], images: Sequence[str], since: Sequence[int | None]
) -> Mapping[str, Any]:
    """The course for followup.json."""
    record = partial(_comparison_record, course)
    return {
        "visits": [
            {"visit": number, "image": image, "days": day}
            for number, image, day in zip(numbers, images, since, strict=True)
        ],
        "comparisons": [record(place, number) for place, number in enumerate(numbers) if place],
        "tracks": [
            {
                "track": track.number,
                "tracking_id": track.tracking_id,
                "tracking_uid": track.tracking_uid,
                "bone": track.bone,
                "lesions": {str(numbers[place]): list(seen) for place, seen in track.seen.items()},
                "steps": [
                    {
                        "visit_first": numbers[step.since],
                        "visit_last": numbers[step.until],
                        **to_record(step.change),
                    }
                    for step in track.steps
                ],
            }
            for track in course.tracks
        ],
    }


def _comparison_record(course: Course, place: int, number: int) -> dict[str, Any]:
    found = course.comparisons[place - 1]
    return {
        "visit": number,
        "totals": to_record(found.totals),
        "fingers": [
            {"side": side, "digit": digit, "changes": to_record(changes)}
            for (side, digit), changes in found.fingers.items()
        ],
        "alignments": [
            {
                "bone": one.bone,
                "turn": one.turn.tolist(),
                "shift_mm": one.shift_mm.tolist(),
                "residual_mm": one.residual_mm,
                "together_share": one.together_share,
                "accepted": one.accepted,
                "reason": one.reason,
            }
            for one in found.alignments
        ],
        "warnings": list(found.warnings),
        "not_measured": dict(found.not_measured),
    }
