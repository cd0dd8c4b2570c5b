"""What was done, as tables and a page that hold no value of the original files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydicom.datadict import dictionary_description

from calcimetry import __version__
from calcimetry.dicom.deidentify_table import Action
from calcimetry.files.tables import write_csv, write_text
from calcimetry.render.comparison_page import ComparisonPage, PageTable, render_comparison
from calcimetry.study.deidentified import DeidentifiedStudy, FileRow, Status, save_rows

FILES_TABLE, ATTRIBUTES_TABLE, PAGE = "files.csv", "attributes.csv", "deidentification.html"
_COUNTED = {action: action.replace(" ", "_") for action in Action}
FILE_COLUMNS = (
    *("input", "status", "reason", "patient", "study", "series", "file", "kind"),
    *_COUNTED.values(),
)
ATTRIBUTE_COLUMNS = ("tag", "attribute", "action", "count", "files")
_PRIVATE = "private attributes"
_SHOWN = ("attribute", "tag", "action", "times", "files")
_NOT_WRITTEN: tuple[Status, ...] = ("refused", "passed over")


def save_report(
    study: DeidentifiedStudy, made_with: str, profile: dict[str, Any], now: datetime
) -> None:
    """Write the report, its tables and its page.

    Raises
    ------
    OutputError
        If one cannot be written.
    """
    save_rows(study.folder, study.rows, made_with, profile)
    write_csv(study.folder / FILES_TABLE, FILE_COLUMNS, map(_file_cells, study.rows))
    attributes = _attribute_rows(study.rows)
    write_csv(study.folder / ATTRIBUTES_TABLE, ATTRIBUTE_COLUMNS, attributes)
    write_text(study.folder / PAGE, render_comparison(_page(study, attributes, profile, now)))


def _file_cells(row: FileRow) -> dict[str, object]:
    patient, study, series, *_ = (*row.file.split("/"), "", "", "") if row.file else ("", "", "")
    counts: Counter[str] = Counter()
    for (_, action), count in row.actions.items():
        counts[action] += count
    return {
        "input": row.number,
        "status": row.status,
        "reason": row.reason,
        "patient": patient,
        "study": study,
        "series": series,
        "file": row.file,
        "kind": row.kind,
        **{name: counts[action] for action, name in _COUNTED.items() if row.actions},
    }


def _attribute_rows(rows: Iterable[FileRow]) -> list[dict[str, object]]:
    """How often which action was taken on which attribute; private ones are told as one."""
    counts: Counter[tuple[str, str, str]] = Counter()
    files: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        own: Counter[tuple[str, str, str]] = Counter()
        for (tag, action), count in row.actions.items():
            own[(*_named(tag), str(action))] += count
        counts.update(own)
        files.update(own.keys())
    return [
        {"tag": tag, "attribute": name, "action": action, "count": count, "files": files[key]}
        for key, count in sorted(counts.items())
        for tag, name, action in [key]
    ]


def _named(tag: int) -> tuple[str, str]:
    if (tag >> 16) % 2:
        return "", _PRIVATE
    try:
        name = dictionary_description(tag)
    except KeyError:
        name = "not in DICOM's dictionary"
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})", name


def _page(
    study: DeidentifiedStudy,
    attributes: Sequence[Mapping[str, object]],
    profile: dict[str, Any],
    now: datetime,
) -> ComparisonPage:
    written = study.of_status("written")
    patients = {row.file.partition("/")[0] for row in written}
    refused, many = len(study.of_status("refused")), "" if len(patients) == 1 else "s"
    verdict = (
        f"{len(written)} files of {len(patients)} patient{many} were written, {refused} were "
        f"refused and {len(study.of_status('passed over'))} passed over."
    )
    why = tuple(
        (reason, status, str(count))
        for status in _NOT_WRITTEN
        for reason, count in study.reasons(status).items()
    )
    options = tuple((name, _shown(value)) for name, value in profile.items() if name != "trial")
    changed = [row for row in attributes if row["action"] != str(Action.KEEP)]
    kept = [row for row in attributes if row["action"] == str(Action.KEEP)]
    tables = [
        PageTable("Profile", ("setting", "value"), options, holds_text=True),
        PageTable("What was done to which attribute", _SHOWN, _cells(changed), holds_text=True),
    ]
    if why:
        tables.insert(0, PageTable("Not written", ("reason", "status", "inputs"), why, (), True))
    return ComparisonPage(
        verdict=verdict,
        tables=tuple(tables),
        folded=(PageTable("What was kept", _SHOWN, _cells(kept), holds_text=True),),
        figures=(),
        method_notes=(
            (
                "DICOM PS3.15 2026c: Basic Application Confidentiality Profile with Clean "
                "Structured Content and the options of the profile; stricter where an attribute is "
                "not listed."
            ),
            "No value of the original files stands on this page.",
            (
                "Whether pixels show who it is cannot be promised: a person should look at the "
                "pictures."
            ),
        ),
        version=__version__,
        created=now,
        title="De-identification",
        method_title="How it was done",
    )


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) or "none" if isinstance(value, tuple) else str(value) or "none"


def _cells(rows: Iterable[Mapping[str, object]]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        tuple(str(row[name]) for name in ("attribute", "tag", "action", "count", "files"))
        for row in rows
    )
