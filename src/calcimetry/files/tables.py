"""Tables and other small files, written so that they are whole or absent."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from calcimetry.errors import OutputError

#: Names of files that are being written.
TEMPORARY = ".calcimetry-*.tmp"


def write_bytes(path: str | PathLike[str], content: bytes) -> None:
    """Write a file whole or not at all.

    The content goes to a temporary file in the same folder, which then takes the
    place of `path` in one step: a reader sees the old file or the new one, and a
    full disk or an interruption leaves the old one.

    Parameters
    ----------
    path : path-like
        Where to write; folders are made as needed.
    content : bytes
        What to write.

    Raises
    ------
    OutputError
        If a folder cannot be made or the file cannot be written.
    """
    path = Path(path)
    # Not derived from the name, which may already be as long as the file system allows.
    temporary = path.with_name(TEMPORARY.replace("*", str(os.getpid())))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        _remove(temporary)
        raise OutputError(
            f"Writing {path}: {error.strerror or error}. Earlier results are untouched; make "
            "room or choose another --out folder, then run the same command again."
        ) from error
    except BaseException:
        _remove(temporary)
        raise


def write_text(path: str | PathLike[str], text: str) -> None:
    """Write text as UTF-8, whole or not at all (`write_bytes`)."""
    write_bytes(path, text.encode("utf-8"))


def write_csv(
    path: str | PathLike[str], columns: Sequence[str], rows: Iterable[Mapping[str, object]]
) -> None:
    """Write a comma-separated table with a header, whole or not at all.

    A column that a row lacks, or whose value is None, is left empty. Numbers are
    written with six significant figures, True and False as `true` and `false`.

    Parameters
    ----------
    path : path-like
        Where to write; folders are made as needed.
    columns : sequence of str
        The header, in order.
    rows : iterable of mapping
        Values by column name; names not in `columns` are an error.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    text = io.StringIO()
    table = csv.DictWriter(text, fieldnames=list(columns), restval="", lineterminator="\n")
    table.writeheader()
    for row in rows:
        table.writerow({name: cell(value) for name, value in row.items()})
    write_text(path, text.getvalue())


def write_json(path: str | PathLike[str], content: Any) -> None:
    """Write a value as indented JSON, whole or not at all.

    Raises
    ------
    OutputError
        If the file cannot be written.
    ValueError
        If a number is NaN or infinite: no result may be.
    """
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def cell(value: object) -> str:
    """One value as it stands in a CSV cell.

    Examples
    --------
    >>> [cell(v) for v in (None, True, 3, 0.123456789, "ring")]
    ['', 'true', '3', '0.123457', 'ring']
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)


def _remove(temporary: Path) -> None:
    with suppress(OSError):
        temporary.unlink(missing_ok=True)
