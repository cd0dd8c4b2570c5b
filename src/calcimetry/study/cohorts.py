"""Many simulated patients, written one by one, so that an interrupted run goes on."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from calcimetry import __version__
from calcimetry.errors import OutputError
from calcimetry.files.only_run import only_run
from calcimetry.files.tables import TEMPORARY, write_csv, write_json
from calcimetry.phantom.cohort import Cohort, PlannedFinger, plan_cohort
from calcimetry.phantom.scan_settings import ScanMode
from calcimetry.study.cohort_patient import write_patient
from calcimetry.study.new_folder import refuse_used, remove_left_over
from calcimetry.study.phantom_output import PhantomOutput
from calcimetry.study.phantom_truth import PICTURE_COLUMNS
from calcimetry.study.phantoms import OnProgress

_SETTINGS = "cohort.json"
_IMAGES, _TRUTH = "images", "truth"
#: The tables of each patient, put together for all at the end.
_TABLES = ("pictures", "lesions", "readings")


@dataclass(frozen=True, slots=True)
class WrittenCohort:
    """What `write_cohort` has done: how many patients it made and found made already."""

    images: Path
    made: int
    kept: int


def write_cohort(
    cohort: Cohort,
    out: Path,
    output: PhantomOutput | None = None,
    on_progress: OnProgress | None = None,
    workers: int = 1,
) -> WrittenCohort:
    """Simulate a cohort and write its images, label maps, truth and simulated readings.

    Parameters
    ----------
    cohort : Cohort
    out : Path
        New, empty, or an unfinished cohort of the same settings, which is then finished:
        no patient is made again.
    output : PhantomOutput, optional
        How the images are made and written; `plane_mm` is not used.
    on_progress : callable, optional
    workers : int
        Slices projected at the same time; the result does not depend on it.

    Returns
    -------
    WrittenCohort

    Raises
    ------
    SettingsError
        If there are no workers.
    OutputError
        If `out` holds anything else, or a file cannot be written.
    """
    output = output or PhantomOutput(format="jpeg")
    ScanMode(workers=workers)  # before any work
    settings = {
        "made_by": f"calcimetry {__version__}",
        "cohort": asdict(cohort),
        "settings": asdict(output),
    }
    settings = json.loads(json.dumps(settings))
    _refuse_other(out, settings)
    fingers = plan_cohort(cohort)
    total = len(fingers) * cohort.visits
    done = made = kept = 0
    with only_run(out):
        remove_left_over(out)
        write_json(out / _SETTINGS, settings)
        for patient, group in groupby(fingers, key=lambda finger: finger.patient):
            own = tuple(group)
            if (out / _IMAGES / patient).is_dir():
                kept += 1
            else:
                _make(out, patient, own, output, settings, (done, total, on_progress), workers)
                made += 1
            done += len(own) * cohort.visits
            if on_progress is not None:
                on_progress(done, total, patient)
        _write_tables(out, [patient for patient, _ in groupby(fingers, key=lambda f: f.patient)])
    return WrittenCohort(out / _IMAGES, made, kept)


def _make(
    out: Path,
    patient: str,
    fingers: tuple[PlannedFinger, ...],
    output: PhantomOutput,
    settings: dict[str, Any],
    progress: tuple[int, int, OnProgress | None],
    workers: int,
) -> None:
    """Make one patient under a temporary name; its images appear last and all at once."""
    done, total, on_progress = progress

    def on_scan(finished: int, name: str) -> None:
        if on_progress is not None:
            on_progress(done + finished, total, name)

    with _temporary(out) as folder:
        write_patient(folder, fingers, output, settings, on_scan, workers)
        for part in (_TRUTH, _IMAGES):
            place = out / part / patient
            try:
                place.parent.mkdir(exist_ok=True)
                shutil.rmtree(place, ignore_errors=True)
                (folder / part).rename(place)
            except OSError as error:
                raise OutputError(
                    f"Writing to {place}: {error.strerror or error}. Run the same command again; "
                    "finished patients are kept."
                ) from error


@contextmanager
def _temporary(out: Path) -> Iterator[Path]:
    folder = out / TEMPORARY.replace("*", str(os.getpid()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _refuse_other(out: Path, settings: dict[str, Any]) -> None:
    """Make sure that a folder is free, or holds this very cohort."""
    try:
        found = json.loads((out / _SETTINGS).read_text("utf-8"))
    except (OSError, ValueError):
        refuse_used(out)
        return
    if found != settings:
        raise OutputError(
            f"Writing to {out}: it holds a cohort of other settings or another version (see "
            f"{_SETTINGS} there). Choose another --out folder, or type the same options again."
        )


def _write_tables(out: Path, patients: Iterable[str]) -> None:
    """Put the patients' tables together; pictures also get the manifest that `measure` reads."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in _TABLES}
    for patient in patients:
        place = out / _TRUTH / patient / "tables.json"
        try:
            tables = json.loads(place.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise OutputError(
                f"Reading {place}: it is damaged. Remove {out / _IMAGES / patient} and run the "
                "same command again to make that patient anew."
            ) from error
        for name in _TABLES:
            rows[name] += tables[name]
    for name, own in rows.items():
        columns = tuple(dict.fromkeys(column for row in own for column in row))
        if own:
            write_csv(out / _TRUTH / f"{name}.csv", columns, own)
    pictures = rows["pictures"]
    if pictures:
        columns = tuple(c for c in PICTURE_COLUMNS if any(c in row for row in pictures))
        write_csv(out / _IMAGES / "manifest.csv", columns, pictures)
