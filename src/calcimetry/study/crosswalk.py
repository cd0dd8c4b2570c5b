"""Which file became which, and whose it is: for those who may know, and only when asked for."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

from pydicom.dataset import Dataset

from calcimetry.dicom.deidentify_pseudonyms import Pseudonyms
from calcimetry.dicom.deidentify_texts import patient_id_of
from calcimetry.errors import OutputError
from calcimetry.files.tables import TEMPORARY
from calcimetry.study.deidentified import FileRow

COLUMNS = (
    *("input", "path", "status", "reason", "file", "patient_id", "patient", "shift_days"),
    *("study_instance_uid", "new_study_instance_uid"),
)


class Crosswalk:
    """A table from inputs to what they became.

    Parameters
    ----------
    path : Path or None
        A CSV file; None where nobody asked for it.

    Raises
    ------
    OutputError
        If the file is there and is no crosswalk.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._rows: list[tuple[object, ...]] = []
        try:
            there = path is not None and path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return
        except OSError as error:
            raise _cannot(path, error.strerror or str(error)) from error
        except ValueError as error:
            raise _cannot(path, "it is there already and is no text") from error
        if there and not there.startswith(",".join(COLUMNS)):
            raise _cannot(path, "it is there already and is no crosswalk")

    def add(self, row: FileRow, name: str, ds: Dataset | None, names: Pseudonyms) -> None:
        """Note how an input ended; `name` is its path."""
        if self._path is None:
            return
        patient_id = patient_id_of(ds) if ds is not None else ""
        study = str(ds.get("StudyInstanceUID", "")) if ds is not None else ""
        whose = (patient_id, names.patient(patient_id), names.shift_days(patient_id))
        self._rows.append(
            (
                *(row.number, name, row.status, row.reason, row.file),
                *(whose if patient_id else ("", "", "")),
                *((study, names.uid(study)) if study else ("", "")),
            )
        )

    def save(self) -> None:
        """Write the table, which only its owner may read, whole or not at all.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        if self._path is None:
            return
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerows([COLUMNS, *self._rows])
        temporary = self._path.with_name(TEMPORARY.replace("*", str(os.getpid())))
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape") as file:
                file.write(text.getvalue())
            temporary.replace(self._path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise _cannot(self._path, error.strerror or str(error)) from error


def _cannot(path: Path | None, why: str) -> OutputError:
    name = path.name if path else "the crosswalk"
    return OutputError(f"Writing the crosswalk {name}: {why}. Choose another name.")
