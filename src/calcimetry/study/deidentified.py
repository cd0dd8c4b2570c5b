"""What a de-identification leaves beside the files: how each input ended, and what was done."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

from pydicom.datadict import dictionary_description

from calcimetry import __version__
from calcimetry.dicom.deidentify_table import Action
from calcimetry.errors import OutputError
from calcimetry.files.tables import write_csv, write_json, write_text
from calcimetry.render.comparison_page import ComparisonPage, PageTable, render_comparison

FORMAT = 1
REPORT = "deidentification.json"
FILES_TABLE, ATTRIBUTES_TABLE, PAGE = "files.csv", "attributes.csv", "deidentification.html"
Status = Literal["written", "refused", "passed over"]
STATUSES: tuple[Status, ...] = get_args(Status)
_COUNTED = {action: action.replace(" ", "_") for action in Action if action is not Action.NUMBER}
FILE_COLUMNS = (
    *("input", "status", "reason", "patient", "study", "series", "file", "kind"),
    *_COUNTED.values(),
)
ATTRIBUTE_COLUMNS = ("tag", "attribute", "action", "count", "files")
_PRIVATE = "private attributes"

Actions = Mapping[tuple[int, Action], int]


@dataclass(frozen=True, slots=True)
class FileRow:
    """How one input ended. Nothing in it comes from the input itself.

    Parameters
    ----------
    number : int
        Which input: they are counted from 1 in the order of their names.
    status : {"written", "refused", "passed over"}
        Passed over is what nobody expects to come along, such as files that are no DICOM.
    reason : str
        Why it was not written.
    content : str
        Keyed hash of the input's bytes, by which a later run knows it again.
    file : str
        Where it was written, relative to the folder: patient, study, series, instance.
    kind : str
        What DICOM calls such an object.
    actions : mapping
        How often each action was taken, by (tag, action).
    """

    number: int
    status: Status
    reason: str = ""
    content: str = ""
    file: str = ""
    kind: str = ""
    actions: Actions = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class DeidentifiedStudy:
    """How a run ended.

    Parameters
    ----------
    folder : Path
    rows : tuple of FileRow
        One for each input.
    resumed : int
        How many of them an earlier run had written.
    """

    folder: Path
    rows: tuple[FileRow, ...]
    resumed: int = 0

    def of_status(self, status: Status) -> tuple[FileRow, ...]:
        """The rows that ended so."""
        return tuple(row for row in self.rows if row.status == status)

    def reasons(self, status: Status) -> dict[str, int]:
        """Why rows ended so, with how many did; the commonest reason first."""
        return dict(Counter(row.reason for row in self.of_status(status)).most_common())


def load_rows(folder: Path, made_with: str) -> tuple[FileRow, ...]:
    """Read what an earlier run left in a folder.

    Parameters
    ----------
    folder : Path
        It need not exist.
    made_with : str
        Keyed hash of the profile.

    Returns
    -------
    tuple of FileRow
        None where the folder is new or empty.

    Raises
    ------
    OutputError
        If the folder holds something else, was made with another key or profile, or its
        report is damaged.
    """
    report = folder / REPORT
    advice = "Choose another folder to write to."
    try:
        if not report.is_file():
            foreign = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
            if foreign:
                raise OutputError(
                    f"Writing to {folder}: expected a new or empty folder, or one of an earlier run "
                    f"with its {REPORT}; found {len(foreign)} other things. {advice}"
                )
            return ()
        content = json.loads(report.read_text(encoding="utf-8"))
        patterns = [
            {(int(tag, 16), Action(action)): count for tag, action, count in pattern}
            for pattern in content["patterns"]
        ]
        earlier = content["made_with"]
        rows = tuple(_row_from(record, patterns) for record in content["files"])
    except OSError as error:
        raise OutputError(f"Writing to {folder}: {error.strerror or error}. {advice}") from error
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise OutputError(f"Reading {report}: it is damaged ({error}). {advice}") from error
    if earlier != made_with:
        raise OutputError(
            f"Writing to {folder}: what is there was made with another key, profile or version, so "
            f"its patients would not be the same. {advice}"
        )
    return rows


def save_rows(folder: Path, rows: Sequence[FileRow], made_with: str, profile: Any) -> None:
    """Write the report that a later run reads back.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    numbers: dict[tuple[tuple[str, str, int], ...], int] = {}
    records = []
    for row in rows:
        # Slices of a series are treated alike: what was done is told once for all of them.
        done = tuple(
            (f"{tag:08X}", str(action), count)
            for (tag, action), count in sorted(row.actions.items())
        )
        records.append(
            {
                "input": row.number,
                "status": row.status,
                "reason": row.reason,
                "content": row.content,
                "file": row.file,
                "kind": row.kind,
                "pattern": numbers.setdefault(done, len(numbers)),
            }
        )
    write_json(
        folder / REPORT,
        {
            "format": FORMAT,
            "program": "calcimetry",
            "version": __version__,
            "note": "No value of the original files stands in this report.",
            "made_with": made_with,
            "profile": profile,
            "files": records,
            "patterns": [[list(one) for one in done] for done in numbers],
        },
    )


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


def _row_from(record: Mapping[str, Any], patterns: Sequence[Actions]) -> FileRow:
    if record["status"] not in STATUSES:
        raise ValueError(f"unknown status {record['status']!r}")
    return FileRow(
        int(record["input"]),
        record["status"],
        str(record["reason"]),
        str(record["content"]),
        str(record["file"]),
        str(record["kind"]),
        patterns[record["pattern"]],
    )


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
    refused = len(study.of_status("refused"))
    verdict = (
        f"{len(written)} files of {len(patients)} patients were written, {refused} were refused and "
        f"{len(study.of_status('passed over'))} passed over."
    )
    why = tuple(
        (reason, status, str(count))
        for status in ("refused", "passed over")
        for reason, count in study.reasons(status).items()
    )
    options = tuple(
        (name, "yes" if value is True else "no" if value is False else str(value) or "none")
        for name, value in profile.items()
        if name != "trial"
    )
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
            "DICOM PS3.15 2026c: Basic Application Confidentiality Profile with Clean Structured "
            "Content and the options of the profile; stricter where an attribute is not listed.",
            "No value of the original files stands on this page.",
            "Whether pixels show who it is cannot be promised: a person should look at the pictures.",
        ),
        version=__version__,
        created=now,
        title="De-identification",
        method_title="How it was done",
    )


_SHOWN = ("attribute", "tag", "action", "times", "files")


def _cells(rows: Iterable[Mapping[str, object]]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        tuple(str(row[name]) for name in ("attribute", "tag", "action", "count", "files"))
        for row in rows
    )
