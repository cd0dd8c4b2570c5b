"""The figures of a follow-up: timeline, hands and fingers side by side."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import PIL.Image

from calcimetry.followup.course import Course, Track
from calcimetry.followup.result import Change, Quantity, main_change
from calcimetry.model import Interval, bone_name
from calcimetry.render.chart import Chart
from calcimetry.render.followup_page import PageFigure
from calcimetry.render.followup_words import (
    KIND_WORDS,
    UNITS,
    ended,
    percent,
    size_words,
    total_words,
)
from calcimetry.render.timeline import TimeLine, TimePoint, draw_timeline
from calcimetry.render.visit_fingers import draw_visit_fingers
from calcimetry.render.visits import ShownVisit, TrackLine
from calcimetry.render.visits_view import draw_visits
from calcimetry.study.followup_series import Series
from calcimetry.study.followup_visits import LoadedVisit

FIGURES = "figures"
#: Pictures show the baseline and so many of the last visits.
_MOST_LATER = 3
#: How what is drawn is called.
_NAMES: Mapping[Quantity, str] = {"volume_mm3": "Volume", "mass_mg": "Mass"}
_DECIDED = "Volume or mass decides what a change means, whichever is known better."

#: Figures of the page, and files by their path.
Drawn = tuple[tuple[PageFigure, ...], Mapping[str, bytes]]


def draw_course(
    series: Series,
    visits: Sequence[LoadedVisit],
    course: Course,
    since: Sequence[int | None],
) -> Drawn:
    """Draw the timeline, and where images are at hand the visits side by side.

    Parameters
    ----------
    series : Series
    visits : sequence of LoadedVisit
    course : Course
        Of the same visits.
    since : sequence of int or None
        Days since the baseline.

    Returns
    -------
    figures : tuple of PageFigure
    files : mapping of str to bytes
        Their files, by the path in the results folder.
    """
    stem = f"{FIGURES}/{series.baseline.stem}"
    quantity = _shown_quantity(course)
    chart = _timeline(series, course, visits, since, quantity)
    figures, files = chart_figure(chart, f"{stem}_timeline")
    if all(one.report is not None for one in visits):
        kept = [0, *range(max(1, len(visits) - _MOST_LATER), len(visits))]
        shown = [_shown(visits[place], course, place, since[place]) for place in kept]
        left_out = len(visits) - len(kept)
        notes = [_DECIDED, *([f"{left_out} visits between are not shown."] if left_out else [])]
        lines = [_track_line(one, quantity) for one in course.tracks]
        hands = draw_visits(shown, lines, notes, UNITS[quantity])
        sides = draw_visit_fingers(shown)
        pictures = (
            ("visits", hands, "the hand at each visit, matched lesions in one colour"),
            ("fingers", sides, "each finger with a lesion from the side at each visit"),
        )
        for kind, picture, shows in pictures:
            if picture is not None:
                path = f"{stem}_{kind}.png"
                files[path] = png(picture)
                figures.append(PageFigure(files[path], shows, (path,)))
    return tuple(figures), files


def chart_figure(chart: Chart, stem: str) -> tuple[list[PageFigure], dict[str, bytes]]:
    """A chart for the page, and its files."""
    svg = chart.svg()
    files = {f"{stem}.svg": svg.encode("utf-8"), f"{stem}.png": png(chart.picture())}
    return [PageFigure(svg, chart.shows, tuple(files))], files


def png(picture: PIL.Image.Image) -> bytes:
    """A picture as PNG."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def visit_title(number: int, since: int | None) -> str:
    """A visit as figures and pages call it, such as ``Visit 2, after 365 days``."""
    if number == 1:
        return "Baseline"
    return f"Visit {number}" + ("" if since is None else f", after {since} days")


def visit_words(numbers: Sequence[int], since: Sequence[int | None]) -> list[str]:
    """Visits below the axis of a figure: by their day where it is known."""
    return [
        visit_title(number, None).lower() if day is None or number == 1 else f"day {day}"
        for number, day in zip(numbers, since, strict=True)
    ]


def _shown(loaded: LoadedVisit, course: Course, place: int, since: int | None) -> ShownVisit:
    assert loaded.report is not None  # noqa: S101 - the caller has looked
    tracks = {n: one.number for one in reversed(course.tracks) for n in one.seen.get(place, ())}
    return ShownVisit(visit_title(loaded.number, since), loaded.report, tracks)


def _shown_quantity(course: Course) -> Quantity:
    """Mass where it decides of all together and every lesion has one, else volume."""
    main = main_change(course.comparisons[-1].totals)
    steps = [step.change for track in course.tracks for step in track.steps]
    masses = [one.changes.get("mass_mg") for one in steps if not one.reason]
    known = all(one is not None and max(one.first, one.last) > 0 for one in masses)
    by_mass = main is not None and main.quantity == "mass_mg" and known
    return "mass_mg" if by_mass else "volume_mm3"


def _track_line(track: Track, quantity: Quantity) -> TrackLine:
    change = track.steps[-1].change
    size = change.changes.get(quantity)
    where = bone_name(track.bone).replace(" phalanx", "") if track.bone else "-"
    if size is None:
        return TrackLine(track.number, where, "", "", "", KIND_WORDS[change.kind])
    word = "" if change.kind == "persisted" else KIND_WORDS[change.kind]
    return TrackLine(
        track.number,
        where,
        size_words(quantity, size.first),
        size_words(quantity, size.last),
        percent(size.relative_percent),
        word or change.category or "",
    )


def _timeline(
    series: Series,
    course: Course,
    visits: Sequence[LoadedVisit],
    since: Sequence[int | None],
    quantity: Quantity,
) -> Chart:
    totals = course.comparisons[-1].totals
    total, main = totals.get(quantity), main_change(totals)
    lesions = []
    for track in course.tracks:
        points = _points(track, quantity)
        if points:
            lesions.append(TimeLine(track.number, points, ended(track.steps[-1].change, quantity)))
    return draw_timeline(
        f"{series.name.capitalize()}: calcium from visit to visit",
        total_words(main) if main else "The total could not be compared.",
        visit_words([one.number for one in visits], since),
        since,
        TimeLine(
            0, _total_points(course, quantity), percent(total.relative_percent) if total else ""
        ),
        lesions,
        (_NAMES[quantity], UNITS[quantity]),
    )


def _total_points(course: Course, quantity: Quantity) -> tuple[TimePoint, ...]:
    """All lesions together."""
    changes = [found.totals.get(quantity) for found in course.comparisons]
    first = next(filter(None, changes), None)
    if first is None:
        return ()
    start = TimePoint(0, first.first)
    later = [
        change_point(place, one, start.size) for place, one in enumerate(changes, start=1) if one
    ]
    return (start, *later)


def change_point(place: int, change: Change, start: float) -> TimePoint:
    """A later size; its interval is that of its change from the first one.

    `start` is the first size as it is drawn. Measured together, each later visit shares it out in
    a region of its own.
    """
    relative = change.relative_interval
    if relative is None:
        return TimePoint(place, change.last)
    low, high = (start * (1.0 + end / 100.0) for end in (relative.low, relative.high))
    return TimePoint(place, start * change.last / change.first, Interval(low, high))


def _points(track: Track, quantity: Quantity) -> tuple[TimePoint, ...]:
    """A lesion at each visit where it was looked for; nothing where it never was."""
    points: dict[int, TimePoint] = {}
    for step in track.steps:
        change = step.change.changes.get(quantity)
        if change is None:
            continue
        # What appeared is not there at any visit before.
        before = range(step.until) if step.since == step.until else (step.since,)
        for place in before:
            points.setdefault(place, TimePoint(place, change.first))
        start = points[step.since].size if step.since in points else change.first
        points[step.until] = change_point(step.until, change, start)
    return tuple(points[place] for place in sorted(points))
