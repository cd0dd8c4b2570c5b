"""Pictures of one finger at several visits: their totals compared, and no lesion followed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from calcimetry.errors import InputError, NotMeasurable
from calcimetry.files.followup_columns import Compared, finger_change_row
from calcimetry.files.patients import FINGER
from calcimetry.files.records import to_record
from calcimetry.files.results import Result
from calcimetry.followup.change import change_of
from calcimetry.followup.compare import FollowUpSettings
from calcimetry.followup.likeness import Likeness
from calcimetry.followup.reading import alone
from calcimetry.followup.result import Change, Quantity
from calcimetry.model import Digit
from calcimetry.render.followup_page import FollowUpSection, PageFigure, VisitLines
from calcimetry.render.followup_words import percent, total_words
from calcimetry.render.timeline import TimeLine, TimePoint, draw_timeline
from calcimetry.study.followup_drawing import (
    FIGURES,
    change_point,
    chart_figure,
    visit_title,
    visit_words,
)
from calcimetry.study.followup_result import Part, SeriesResult
from calcimetry.study.followup_series import SavedVisit, Series, patient_of, sides_of

_AREA: Quantity = "area_mm2"
#: Spacings that differ by less than this part are the same.
_SAME_SPACING = 0.05
#: Said of every comparison of pictures.
TOTALS_ALONE = (
    "pictures: totals per finger alone, no lesion is followed; the interval does not cover that "
    "each shows another plane"
)


def compare_pictures(
    series: Series,
    saved: Mapping[int, SavedVisit],
    days: Sequence[int | None],
    settings: FollowUpSettings,
    same_patient: bool = False,
) -> SeriesResult:
    """Compare the total areas of the pictures of one finger.

    Parameters
    ----------
    series : Series
        Whose pictures they are.
    saved : mapping of int to SavedVisit
        The visits by their numbers: where overlays lie.
    days : sequence of int or None
        Since the baseline, as the user says.
    settings : FollowUpSettings
    same_patient : bool
        Whether the user says that it is one patient, whatever the manifests say.

    Raises
    ------
    InputError
        If the manifests say that it is not one finger of one patient.
    NotMeasurable
        If no picture shows a lesion.
    """
    baseline = series.baseline
    for number, later in series.visits[1:]:
        _refuse_unlike(baseline, later, number, same_patient)
    if not any(one.lesions for _, one in series.visits):
        raise NotMeasurable(
            f"Following up {baseline.image}: no lesion was found at any visit, so there is nothing "
            "to follow."
        )
    lines, rows, parts, records = [], [], {}, []
    for (number, later), since in zip(series.visits[1:], days[1:], strict=True):
        likeness = _likeness(baseline, later)
        first, last = alone(baseline.lesions), alone(later.lesions)
        found = change_of(first, last, _AREA, likeness, settings.change)
        changes: Mapping[str, Change] = {_AREA: found} if isinstance(found, Change) else {}
        reasons = () if changes else (f"area_mm2: {found}",)
        partly = tuple(
            f"visit {n} ({one.image}): {one.reason}"
            for n, one in ((series.visits[0][0], baseline), (number, later))
            if one.status == "partial"
        )
        compared = Compared(
            *(series.patient, series.name, series.visits[0][0], number, since),
            *(baseline.image, later.image),
        )
        side = next(iter(sides_of(baseline)), None)
        rows.append(finger_change_row(compared, side, _digit(baseline), changes))
        lines.append(
            VisitLines(
                visit_title(number, since),
                totals=changes,
                fingers={series.name: changes},
                warnings=(*likeness.warnings, *(f"Seen in part: {one}" for one in partly)),
                reasons=reasons,
            )
        )
        parts[number] = Part(
            first,
            last,
            likeness,
            changes,
            reasons=(*reasons, *partly),
            remark=TOTALS_ALONE,
        )
        records.append(
            {
                "visit": number,
                "totals": to_record(changes),
                "warnings": list(likeness.warnings),
                "not_measured": {} if changes else {_AREA: found},
            }
        )
    figures, files = _figures(series, saved, days, lines)
    numbers = [number for number, _ in series.visits]
    return SeriesResult(
        series=series,
        section=FollowUpSection(series.name, series.patient, tuple(lines), tuple(figures)),
        days=dict(zip(numbers, days, strict=True)),
        parts=parts,
        finger_rows=tuple(rows),
        figures=files,
        record={
            "visits": [
                {"visit": number, "image": one.image, "days": day}
                for (number, one), day in zip(series.visits, days, strict=True)
            ],
            "comparisons": records,
        },
    )


def _refuse_unlike(baseline: Result, later: Result, number: int, same_patient: bool) -> None:
    doing = f"Comparing {later.image} of visit {number} with {baseline.image} of the baseline"
    told = [
        ("patient", patient_of(baseline), patient_of(later)),
        ("side", *(" and ".join(sides_of(one)) for one in (baseline, later))),
        ("finger", *(one.columns.get(FINGER, "").strip().lower() for one in (baseline, later))),
    ]
    for what, first, last in told:
        if first and last and first != last and not (what == "patient" and same_patient):
            raise InputError(
                f"{doing}: expected pictures of one {what}, found {first!r} first and {last!r} "
                "later, as manifest.csv says."
            )


def _likeness(baseline: Result, later: Result) -> Likeness:
    """What two pictures do not share: never quite the plane, so all of it is less sure."""
    told = []
    first, last = (one.pixel_spacing_mm or 0.0 for one in (baseline, later))
    if abs(last - first) > _SAME_SPACING * first:
        told.append(f"pixels of {first:.2f} mm first and {last:.2f} mm later")
    if baseline.method != later.method:
        told.append(f"the bone method or its weights ({baseline.method}, then {later.method})")
    if not told:
        return Likeness(other_scan=True)
    warning = (
        f"The visits differ in {', '.join(told)}: the change is less sure, its interval wider."
    )
    return Likeness((warning,), other_scan=True)


def _digit(result: Result) -> int:
    """As the manifest names the finger; 0 where it does not, or in other words."""
    words = result.columns.get(FINGER, "").strip().upper().split()
    return next((int(one) for one in Digit if words and one.name == words[0]), 0)


def _figures(
    series: Series,
    saved: Mapping[int, SavedVisit],
    days: Sequence[int | None],
    lines: Sequence[VisitLines],
) -> tuple[list[PageFigure], dict[str, bytes]]:
    """The timeline, and each visit's picture as it was measured."""
    last = lines[-1].totals.get(_AREA)
    changes = [one.totals.get(_AREA) for one in lines]
    start = series.baseline.area_mm2 or 0.0
    points = [TimePoint(0, start)]
    points += [change_point(place, one, start) for place, one in enumerate(changes, start=1) if one]
    chart = draw_timeline(
        f"{series.name.capitalize()}: calcium from visit to visit",
        total_words(last) if last else "The totals could not be compared.",
        visit_words([number for number, _ in series.visits], days),
        days,
        TimeLine(0, tuple(points), percent(last.relative_percent) if last else ""),
        (),
        ("Area", "mm²"),
    )
    figures, files = chart_figure(chart, f"{FIGURES}/{series.baseline.stem}_timeline")
    for (number, one), day in zip(series.visits, days, strict=True):
        path = saved[number].folder / f"overlays/{one.stem}.png"
        if path.is_file():
            shows = f"{visit_title(number, day)}: {one.image} as it was measured"
            figures.append(PageFigure(path.read_bytes(), shows, ()))
    return figures, files
