"""How each input of a de-identification ended, kept so that a later run goes on from there."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from calcimetry import __version__
from calcimetry.dicom.deidentify_table import Action
from calcimetry.errors import OutputError
from calcimetry.files.tables import write_json

FORMAT = 1
REPORT = "deidentification.json"
Status = Literal["written", "refused", "passed over"]
_BY_NAME: dict[str, Status] = {name: name for name in get_args(Status)}
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
                    f"Writing to {folder}: expected a new or empty folder, or one of an earlier "
                    f"run with its {REPORT}; found {len(foreign)} other things. {advice}"
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
            f"that the files would not go together. {advice}"
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


def _row_from(record: Mapping[str, Any], patterns: Sequence[Actions]) -> FileRow:
    return FileRow(
        int(record["input"]),
        _BY_NAME[record["status"]],
        str(record["reason"]),
        str(record["content"]),
        str(record["file"]),
        str(record["kind"]),
        patterns[record["pattern"]],
    )
