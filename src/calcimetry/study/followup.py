"""Visits of patients in, what became of their calcification out."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from calcimetry.errors import CalcimetryError, OutputError
from calcimetry.files.inputs import printable
from calcimetry.files.lesion_pairs import LesionPair, read_lesion_pairs
from calcimetry.files.only_run import only_run
from calcimetry.files.results_folder import REPORT, read_results
from calcimetry.followup.compare import FollowUpSettings
from calcimetry.render.followup_page import FollowUpSection
from calcimetry.settings import Settings
from calcimetry.study.followup_choice import (
    FollowUpChoice,
    refuse_paths,
    refuse_saved,
    refuse_strange_pairs,
    stated_days,
)
from calcimetry.study.followup_patients import patient_changes
from calcimetry.study.followup_pictures import compare_pictures
from calcimetry.study.followup_result import SeriesResult
from calcimetry.study.followup_series import (
    SavedVisit,
    Series,
    Unpaired,
    patient_of,
    sort_series,
)
from calcimetry.study.followup_visits import load_visit
from calcimetry.study.followup_volumes import compare_volumes
from calcimetry.study.followup_writing import PAGE, write_followup
from calcimetry.study.run import OnStage, Progress, measure_study

#: Where visits that are no results yet are measured.
MEASURED = "visits"


@dataclass(frozen=True, eq=False, slots=True)
class FollowUpResult:
    """What was compared, what was not, and where the files are."""

    folder: Path
    results: tuple[SeriesResult, ...]
    unpaired: tuple[Unpaired, ...]
    volumes: bool

    @property
    def page(self) -> Path:
        """The page to look at."""
        return self.folder / PAGE

    @property
    def compared(self) -> tuple[SeriesResult, ...]:
        """Those that did not fail."""
        return tuple(one for one in self.results if not one.reason)

    @property
    def counts(self) -> Mapping[str, int]:
        """How many lesions' last change is of which category, or what else became of them."""
        found: Counter[str] = Counter()
        for one in self.compared:
            part = one.parts[max(one.parts)]
            found.update(part.categories)
            found.update({kind: n for kind, n in part.kinds.items() if kind == "not compared"})
        return found

    @property
    def left_out(self) -> tuple[str, ...]:
        """What was not compared, each with its reason."""
        failed = [one.reason for one in self.results if one.reason]
        return (
            *failed,
            *(f"{one.image} of visit {one.visit}: {one.reason}" for one in self.unpaired),
        )


def follow_up(
    visits: Sequence[str | os.PathLike[str]],
    out_dir: str | os.PathLike[str],
    *,
    choice: FollowUpChoice | None = None,
    settings: FollowUpSettings | None = None,
    on_progress: Progress | None = None,
    on_stage: OnStage | None = None,
) -> FollowUpResult:
    """Compare later visits with the baseline, and write what became of each lesion and patient.

    A visit is a results folder of `measure_study`, or anything that can be measured, which is
    measured first into ``visits/`` in the folder; run again, it goes on where it stopped.

    Parameters
    ----------
    visits : sequence of path-like
        The baseline first; two or more.
    out_dir : path-like
        Made if needed; files of earlier comparisons in it are replaced.
    choice : FollowUpChoice, optional
        What the user says.
    settings : FollowUpSettings, optional
        How to compare; where not given, as those of `choice` for measuring say.
    on_progress : callable, optional
        Called with (done, total, name) while measuring, then while comparing.
    on_stage : callable, optional
        Called with what is done next.

    Returns
    -------
    FollowUpResult

    Raises
    ------
    InputError
        If fewer than two visits are named, one is missing or twice there, results are damaged or
        of a newer version, one visit holds pictures and another volumes, nothing belongs
        together; and of a single series, if it is not one patient's and one hand's, not in
        order, or its image is gone.
    NotMeasurable
        If a single series shows no lesion at any visit.
    SettingsError
        If the days do not fit the visits.
    OutputError
        If the folder cannot be written.
    KeyboardInterrupt
        If interrupted; what was measured is kept.
    """
    choice = choice or FollowUpChoice()
    settings = settings or (choice.settings or Settings()).followup
    out, paths = Path(out_dir), [Path(visit) for visit in visits]
    tell = on_stage or (lambda _stage: None)
    progress = on_progress or (lambda _done, _total, _name: None)
    refuse_paths(paths, out)
    days = stated_days(choice, len(paths))
    if choice.dicom:
        refuse_saved(paths, [_is_results(path) for path in paths])
    pairs = read_lesion_pairs(choice.pairs) if choice.pairs else ()
    with only_run(out):
        saved = []
        for number, path in enumerate(paths, start=1):
            tell(f"visit {number}")
            saved.append(_saved(number, path, out, choice, progress, tell))
        found = sort_series(saved)
        refuse_strange_pairs(pairs, found, len(paths))
        by_number = {visit.number: visit for visit in saved}
        results = []
        for done, series in enumerate(found.series):
            progress(done, len(found.series), series.name)
            own = [days[number - 1] for number, _ in series.visits]
            try:
                if found.volumes:
                    results.append(
                        _compared_volumes(series, by_number, own, choice, settings, pairs, tell)
                    )
                else:
                    tell("comparing")
                    same = choice.same_patient
                    results.append(compare_pictures(series, by_number, own, settings, same))
            except OutputError:
                raise
            except CalcimetryError as error:
                if len(found.series) == 1:
                    raise
                results.append(_failed(series, str(error)))
        progress(len(found.series), len(found.series), "")
        unpaired = (*found.unpaired, *_not_measured(saved))
        tell("writing")
        patients = patient_changes(results, unpaired, settings)
        write_followup(out, saved, results, patients, unpaired, found.volumes, settings)
        if choice.dicom:
            _write_dicom(paths, saved, results, choice, progress, tell)
    return FollowUpResult(out, tuple(results), unpaired, found.volumes)


def _saved(
    number: int,
    path: Path,
    out: Path,
    choice: FollowUpChoice,
    on_progress: Progress,
    on_stage: OnStage,
) -> SavedVisit:
    """A visit's results: read where it has some, else measured first."""
    name = printable(path.name or os.path.realpath(path).rpartition(os.sep)[2])
    if _is_results(path):
        return SavedVisit(number, path, read_results(path), name)
    folder = out / MEASURED / str(number)
    measuring = _measuring(choice, on_progress, on_stage)
    study = measure_study([path], folder, **measuring)
    # Of earlier runs with other visits nothing counts.
    return SavedVisit(number, folder, replace(study.contents, results=study.results), name)


def _measuring(choice: FollowUpChoice, on_progress: Progress, on_stage: OnStage) -> dict[str, Any]:
    """How visits are measured."""
    return {
        "pixel_spacing_mm": choice.pixel_spacing_mm,
        "volumes": choice.volumes,
        "settings": choice.settings,
        "on_progress": on_progress,
        "on_stage": on_stage,
    }


def _write_dicom(
    paths: Sequence[Path],
    saved: Sequence[SavedVisit],
    results: Sequence[SeriesResult],
    choice: FollowUpChoice,
    on_progress: Progress,
    on_stage: OnStage,
) -> None:
    """DICOM objects of visits that were measured here; nothing is measured again."""
    from calcimetry.study.followup_tracking import tracking_of  # noqa: PLC0415 (loads much)

    for path, visit in zip(paths, saved, strict=True):
        on_stage(f"DICOM of visit {visit.number}")
        tracking = tracking_of(results, visit.number)
        how = _measuring(choice, on_progress, on_stage)
        measure_study([path], visit.folder, dicom=True, tracking=tracking, **how)


def _is_results(path: Path) -> bool:
    return (path / REPORT).exists() or bool({"images.csv", "segmentations"} & _names(path))


def _names(path: Path) -> set[str]:
    return {one.name for one in path.iterdir()} if path.is_dir() else set()


def _compared_volumes(
    series: Series,
    saved: Mapping[int, SavedVisit],
    days: Sequence[int | None],
    choice: FollowUpChoice,
    settings: FollowUpSettings,
    pairs: Sequence[LesionPair],
    tell: OnStage,
) -> SeriesResult:
    loaded = []
    for number, result in series.visits:
        tell(f"reading visit {number}")
        patient = "" if choice.same_patient else None
        loaded.append(load_visit(saved[number], result, choice.images, choice.with_images, patient))
    own = {
        place: [
            (one.baseline, one.later)
            for one in pairs
            if one.visit == number and one.image in ("", series.baseline.image)
        ]
        for place, (number, _) in enumerate(series.visits)
        if place
    }
    return compare_volumes(series, loaded, days, settings, own, tell)


def _failed(series: Series, reason: str) -> SeriesResult:
    section = FollowUpSection(series.name, series.patient, reason=reason)
    return SeriesResult(series, section, reason=reason)


def _not_measured(visits: Sequence[SavedVisit]) -> list[Unpaired]:
    """Images that failed, and pictures beside volumes."""
    found = []
    for visit in visits:
        for one in visit.contents.results:
            if not one.measured:
                found.append(Unpaired(visit.number, patient_of(one), one.image, one.told_reason))
            elif visit.volumes and not one.is_volume:
                why = "pictures are not compared beside volumes"
                found.append(Unpaired(visit.number, patient_of(one), one.image, why))
    return found
