"""The manifest.csv that says which pictures of a folder to measure, and at what spacing."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath, PureWindowsPath

from calcimetry.errors import ManifestError

#: Its presence in a folder limits that folder to the pictures it names.
MANIFEST_NAME = "manifest.csv"
IMAGE_COLUMN = "image"
SPACING_COLUMN = "pixel_spacing_mm"
_HINT = "Its first line must be image,pixel_spacing_mm and may name further columns."


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """One line of a manifest.

    `image` is the picture's path relative to the manifest's folder, with forward
    slashes; empty where the line gives none. `pixel_spacing_mm` is None where the
    cell is empty. `columns` holds the further cells by their column's name.
    `problem` says why the line cannot be used, and is empty where it can.
    """

    line: int
    image: str
    pixel_spacing_mm: float | None
    columns: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""


def read_manifest(path: Path) -> tuple[ManifestRow, ...]:
    """Read a manifest.csv.

    Comma, semicolon or tab separate the cells; between semicolons and tabs a
    decimal comma is understood. A byte order mark, blank lines, spaces around
    names and backslashes in paths are tolerated. Whether the pictures exist is
    not looked at here, nor is the spacing's range: that is `read_picture`'s.

    Parameters
    ----------
    path : Path
        The manifest.

    Returns
    -------
    tuple of ManifestRow
        One per line that is not blank. A line that cannot be used carries its
        problem, so that every line can end as a row of the results.

    Raises
    ------
    ManifestError
        If the file cannot be read at all, is not UTF-8 text, or lacks a column.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ManifestError(f"Reading {path.name}: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise ManifestError(
            f"Reading {path.name}: it is not UTF-8 text. Save it as 'CSV UTF-8'."
        ) from error
    first_line = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=first_line.count)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[ManifestRow] = []
    header: list[str] = []
    try:
        for cells in table:
            stripped = [value.strip() for value in cells]
            if not any(stripped):
                continue
            if header:
                rows.append(_row(table.line_num, header, stripped, delimiter))
            else:
                header = _checked_header(stripped, path.name)
    except csv.Error as error:
        raise ManifestError(
            f"Reading {path.name}: line {table.line_num} is not CSV ({error})."
        ) from error
    if not header:
        raise ManifestError(f"Reading {path.name}: the file is empty. {_HINT}")
    return _with_duplicates_marked(rows)


def _checked_header(names: list[str], file_name: str) -> list[str]:
    header = [
        name.lower() if name.lower() in (IMAGE_COLUMN, SPACING_COLUMN) else name for name in names
    ]
    missing = [name for name in (IMAGE_COLUMN, SPACING_COLUMN) if name not in header]
    if missing:
        raise ManifestError(
            f"Reading {file_name}: column {' and '.join(missing)} is missing, found "
            f"{', '.join(name or '(no name)' for name in names)}. {_HINT}"
        )
    named = [name for name in header if name]
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise ManifestError(f"Reading {file_name}: column {', '.join(twice)} stands there twice.")
    return header


def _row(line: int, header: list[str], cells: list[str], delimiter: str) -> ManifestRow:
    values = dict(zip(header, cells, strict=False))
    image = values.pop(IMAGE_COLUMN, "").replace("\\", "/")
    spacing = values.pop(SPACING_COLUMN, "")
    values.pop("", None)
    if any(cells[len(header) :]):
        problem = (
            f"{len(cells)} cells for {len(header)} columns (a decimal comma needs semicolons "
            "between the cells)"
        )
    else:
        problem = _name_problem(image)
    pixel_spacing_mm = None
    if spacing and not problem:
        try:
            # Between semicolons or tabs a comma can only be a decimal comma.
            pixel_spacing_mm = float(spacing if delimiter == "," else spacing.replace(",", "."))
        except ValueError:
            problem = f"{SPACING_COLUMN} must be a number in mm, found {spacing!r}"
    if problem:
        problem = f"line {line} of the manifest: {problem}"
    return ManifestRow(
        line, image if image.isprintable() else "", pixel_spacing_mm, values, problem
    )


def _name_problem(image: str) -> str:
    if not image:
        return "it names no picture"
    if not image.isprintable():
        return "the picture's name holds control characters"
    outside = PureWindowsPath(image).drive or PurePosixPath(image).is_absolute()
    if outside or ".." in PurePosixPath(image).parts:
        return "the picture lies outside its folder; give paths relative to the manifest"
    return ""


def _with_duplicates_marked(rows: list[ManifestRow]) -> tuple[ManifestRow, ...]:
    """Give a problem to a picture named twice: to all its lines where they disagree."""
    by_image: dict[str, list[ManifestRow]] = {}
    for row in rows:
        by_image.setdefault(str(PurePosixPath(row.image)), []).append(row)
    marked = []
    for row in rows:
        same = by_image[str(PurePosixPath(row.image))]
        problem = row.problem
        if row.image and len(same) > 1 and not problem:
            lines = " and ".join(str(other.line) for other in same)
            spacings = {other.pixel_spacing_mm for other in same}
            if len(spacings) > 1:
                problem = (
                    f"lines {lines} of the manifest name this picture with different pixel "
                    "spacing: keep the right one"
                )
            elif row is not same[0]:
                problem = f"lines {lines} of the manifest name this picture: measured once"
        marked.append(replace(row, problem=problem))
    return tuple(marked)
