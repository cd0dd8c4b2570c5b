"""A follow-up as tables, JSON, figures and a page in its folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from calcimetry import __version__
from calcimetry.files.followup_columns import (
    ALIGNMENT_COLUMNS,
    FOLLOWUP_COLUMNS,
    FOLLOWUP_FINGER_COLUMNS,
    FOLLOWUP_PATIENT_COLUMNS,
    PatientChange,
    patient_change_row,
)
from calcimetry.files.records import to_record
from calcimetry.files.tables import write_bytes, write_csv, write_json, write_text
from calcimetry.followup.compare import FollowUpSettings
from calcimetry.render.followup_page import (
    FollowUpPage,
    FollowUpSection,
    PatientLine,
    render_followup,
)
from calcimetry.study.followup_result import SeriesResult
from calcimetry.study.followup_series import SavedVisit, Unpaired

#: Files of the folder.
LESIONS, FINGERS, PATIENTS, ALIGNMENTS, JSON, PAGE = (
    *("followup.csv", "followup_fingers.csv", "followup_patients.csv", "alignments.csv"),
    *("followup.json", "followup.html"),
)
FORMAT = 1


def write_followup(
    out: Path,
    visits: Sequence[SavedVisit],
    results: Sequence[SeriesResult],
    patients: Sequence[PatientChange],
    unpaired: Sequence[Unpaired],
    volumes: bool,
    settings: FollowUpSettings,
) -> None:
    """Write all files, each whole or not at all; the page, which shows the others, comes last.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    page = _page(visits, results, patients, unpaired, volumes, settings)
    for result in results:
        for path, content in result.figures.items():
            write_bytes(out / path, content)
    if volumes:
        write_csv(out / LESIONS, FOLLOWUP_COLUMNS, [row for r in results for row in r.lesion_rows])
        alignments = [row for r in results for row in r.alignment_rows]
        write_csv(out / ALIGNMENTS, ALIGNMENT_COLUMNS, alignments)
    fingers = [row for r in results for row in r.finger_rows]
    write_csv(out / FINGERS, FOLLOWUP_FINGER_COLUMNS, fingers)
    write_csv(out / PATIENTS, FOLLOWUP_PATIENT_COLUMNS, map(patient_change_row, patients))
    write_json(out / JSON, _json(visits, results, patients, unpaired, volumes, settings))
    write_text(out / PAGE, page)


def _page(
    visits: Sequence[SavedVisit],
    results: Sequence[SeriesResult],
    patients: Sequence[PatientChange],
    unpaired: Sequence[Unpaired],
    volumes: bool,
    settings: FollowUpSettings,
) -> str:
    return render_followup(
        FollowUpPage(
            visits=tuple(
                f"{'baseline' if one.number == 1 else f'visit {one.number}'}: {one.name}"
                for one in visits
            ),
            patients=tuple(map(_patient_line, patients)),
            sections=tuple(
                FollowUpSection(r.series.name, r.series.patient, reason=r.reason)
                if r.reason
                else r.section
                for r in results
            ),
            unpaired=tuple((str(one.visit), one.image, one.reason) for one in unpaired),
            volumes=volumes,
            settings=asdict(settings),
            version=__version__,
            created=datetime.now(UTC),
        )
    )


def _patient_line(patient: PatientChange) -> PatientLine:
    kinds = patient.kinds or {}
    return PatientLine(
        patient.patient,
        f"visit {patient.visit_last}",
        patient.status,
        patient.reason,
        patient.changes or {},
        tuple(f"{count} {kind}" for kind, count in kinds.items() if count),
        "" if patient.days is None else f"after {patient.days} days",
    )


def _json(
    visits: Sequence[SavedVisit],
    results: Sequence[SeriesResult],
    patients: Sequence[PatientChange],
    unpaired: Sequence[Unpaired],
    volumes: bool,
    settings: FollowUpSettings,
) -> Mapping[str, Any]:
    return {
        "format": FORMAT,
        "program": "calcimetry",
        "note": "Research use only: not a medical device.",
        "version": __version__,
        "settings": asdict(settings),
        "volumes": volumes,
        "visits": [{"visit": one.number, "name": one.name} for one in visits],
        "patients": to_record(patients),
        "series": [
            {
                "patient": one.series.patient,
                "name": one.series.name,
                "reason": one.reason,
                **one.record,
            }
            for one in results
        ],
        "not_compared": to_record(unpaired),
    }
