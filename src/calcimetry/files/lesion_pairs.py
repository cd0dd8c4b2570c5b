"""A user's own table of which lesions are one at two visits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from calcimetry.errors import InputError
from calcimetry.files.spreadsheet import read_spreadsheet

BASELINE, LATER, IMAGE, VISIT = "baseline", "later", "image", "visit"


@dataclass(frozen=True, slots=True)
class LesionPair:
    """One line: a lesion of the baseline and one of a later visit, 0 for none.

    `image` is the baseline's image that it is about, empty where there is one alone; `visit`
    the later visit's number, from 2.
    """

    baseline: int
    later: int
    image: str = ""
    visit: int = 2


def read_lesion_pairs(path: Path) -> tuple[LesionPair, ...]:
    """Read a table with the columns ``baseline``, ``later`` and perhaps ``image`` and ``visit``.

    Parameters
    ----------
    path : Path
        CSV, Excel or Parquet (`calcimetry.files.spreadsheet.read_spreadsheet`). Cells hold
        the lesions' numbers as in lesions.csv; 0 or an empty cell stands for none.

    Raises
    ------
    UnreadableFile, InputError
        If it cannot be read, lacks a column, or a cell is no whole number of 0 or more.
    """
    table = read_spreadsheet(path)
    lesions = [
        _whole(table.name, table.numbers(name), name, table.lines) for name in (BASELINE, LATER)
    ]
    images = table.text(IMAGE) if IMAGE in table.columns else ("",) * len(table.rows)
    visits = [2] * len(table.rows)
    if VISIT in table.columns:
        visits = _whole(table.name, table.numbers(VISIT), VISIT, table.lines, least=2)
    return tuple(map(LesionPair, *lesions, images, visits))


def _whole(
    name: str, numbers: Sequence[float | None], column: str, lines: Sequence[int], least: int = 0
) -> list[int]:
    """Whole numbers; `least` where a cell is empty."""
    found = []
    for line, number in zip(lines, numbers, strict=True):
        value = least if number is None else number
        if value < least or value != int(value):
            raise InputError(
                f"Reading {name}: column {column!r} must hold whole numbers from {least}, found "
                f"{number:g} in line {line}."
            )
        found.append(int(value))
    return found
