"""Rows of a comparison, one per picture and method, and the file that keeps them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from calcimetry.errors import OutputError
from calcimetry.files.tables import write_json
from calcimetry.reproduction.scores import Score

#: Keeps every row, so that the same command goes on where it stopped.
ROWS_FILE = "scores.json"
_SCORES = tuple(field.name for field in fields(Score))
#: Columns of scores.csv, in order.
SCORE_COLUMNS = (
    *("image", "patient", "method", "status", "reason", *_SCORES),
    *("true_area_from", "seconds", "memory_mib", "method_version"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """What one method made of one picture.

    `score` is None where the method gave no answer, and `reason` then says why.
    `fingerprint` stands for all that the row depends on: the picture and its truth, the
    method and its weights, and calcimetry's version.
    """

    image: str
    patient: str
    method: str
    method_version: str
    reason: str
    score: Score | None
    true_area_from: str
    seconds: float
    memory_mib: float | None
    fingerprint: str
    #: Label maps of the answer, relative to the results folder; empty without an answer.
    files: tuple[str, ...] = ()

    @property
    def cells(self) -> dict[str, object]:
        """The row by the columns of scores.csv."""
        scores = asdict(self.score) if self.score else {}
        return {
            **scores,
            "image": self.image,
            "patient": self.patient,
            "method": self.method,
            "status": "answered" if self.score else "failed",
            "reason": self.reason,
            "true_area_from": self.true_area_from,
            "seconds": self.seconds,
            "memory_mib": self.memory_mib,
            "method_version": self.method_version,
        }


def save_rows(folder: Path, rows: Mapping[str, Row], made_on: Mapping[str, object]) -> None:
    """Keep rows by their fingerprints, whole or not at all.

    Parameters
    ----------
    folder : Path
        The results folder.
    rows : mapping of str to Row
    made_on : mapping
        What seconds and memory depend on, such as the number of processors.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    content = {"made_on": dict(made_on), "rows": [asdict(row) for row in rows.values()]}
    write_json(folder / ROWS_FILE, content)


def load_rows(folder: Path) -> dict[str, Row]:
    """Rows of an earlier run by their fingerprints; none where there was none.

    Raises
    ------
    OutputError
        If the folder holds something else, or its rows cannot be read.
    """
    path = folder / ROWS_FILE
    if not path.exists():
        # A dot begins what systems leave in a folder unasked.
        others = sorted(one.name for one in folder.iterdir() if not one.name.startswith("."))
        if others:
            raise OutputError(
                f"Writing to {folder}: expected a new or empty folder, or one of an earlier "
                f"comparison, found {others[0]!r}. Choose another --out folder."
            )
        return {}
    try:
        rows = [_row(one) for one in json.loads(path.read_text(encoding="utf-8"))["rows"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OutputError(
            f"Reading {path}: it is damaged, or of another version of calcimetry. Remove it, or "
            "choose another --out folder."
        ) from error
    return {row.fingerprint: row for row in rows}


def _row(tree: dict[str, object]) -> Row:
    score, files = tree.pop("score"), tree.pop("files")
    made = Score(**score) if isinstance(score, dict) else None
    return Row(**tree, score=made, files=tuple(files))  # type: ignore[arg-type] # TypeError is told
