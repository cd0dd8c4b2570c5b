"""Tables of others: CSV, Excel and Parquet files as columns of text cells."""

from __future__ import annotations

import csv
import datetime as dt
import importlib
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from calcimetry.errors import InputError, UnreadableFile

#: What an empty cell is called by other programs.
EMPTY = frozenset({"", "na", "n/a", "nan", "none", "null", ".", "-"})
_EXTRA = "calcimetry[tables]"


@dataclass(frozen=True, slots=True)
class Spreadsheet:
    """A table as it was read.

    Parameters
    ----------
    name : str
        The file's name.
    columns : tuple of str
        The header, each name once.
    rows : tuple of tuple of str
        Cells, as many as there are columns.
    lines : tuple of int
        Where each row stands in the file, counted from 1 with the header.
    decimal_comma : bool
        Whether a comma in a number is a decimal sign.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    decimal_comma: bool = False

    def place(self, column: str) -> int:
        """Number of a column.

        Raises
        ------
        InputError
            If there is none of that name.
        """
        if column not in self.columns:
            raise InputError(
                f"Reading {self.name}: column {column!r} is missing, found "
                f"{', '.join(self.columns)}."
            )
        return self.columns.index(column)

    def text(self, column: str) -> tuple[str, ...]:
        """A column's cells; what means empty is empty."""
        place = self.place(column)
        return tuple("" if row[place].lower() in EMPTY else row[place] for row in self.rows)

    def numbers(self, column: str) -> tuple[float | None, ...]:
        """A column's cells as numbers, None where they are empty.

        Raises
        ------
        InputError
            If there is no such column, or a cell is no finite number.
        """
        found: list[float | None] = []
        for line, cell in zip(self.lines, self.text(column), strict=True):
            if not cell:
                found.append(None)
                continue
            try:
                number = float(cell.replace(",", ".") if self.decimal_comma else cell)
            except ValueError:
                number = math.nan
            if not math.isfinite(number):
                raise InputError(
                    f"Reading {self.name}: column {column!r} must hold numbers, found {cell!r} in "
                    f"line {line}. Leave a cell empty where nothing was read."
                )
            found.append(number)
        return tuple(found)


def read_spreadsheet(path: Path) -> Spreadsheet:
    """Read a table from a CSV, Excel (.xlsx) or Parquet file, told by the name's ending.

    In CSV files comma, semicolon or tab separate the cells; between semicolons and tabs a
    decimal comma is understood. Of an Excel file the first sheet is read. Rows without any
    cell are passed over.

    Raises
    ------
    UnreadableFile
        If the file is missing, empty, or not what its name says.
    InputError
        If its header is missing or names a column twice, a row has more cells than the header,
        or Excel or Parquet is wanted and the extra ``calcimetry[tables]`` is not installed.
    """
    readers = {".xlsx": _excel, ".parquet": _parquet}
    reader = readers.get(path.suffix.lower())
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"Reading {path.name}: {error.strerror or error}.") from error
    if reader is None:
        lines, comma = _csv(path.name, content)
    else:
        lines, comma = reader(path.name, content), False
    return _table(path.name, lines, comma)


def _csv(name: str, content: bytes) -> tuple[list[tuple[int, list[str]]], bool]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile(
            f"Reading {name}: it is not UTF-8 text. Save it as 'CSV UTF-8'."
        ) from error
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        return [(table.line_num, [cell.strip() for cell in row]) for row in table], delimiter != ","
    except csv.Error as error:
        raise UnreadableFile(
            f"Reading {name}: line {table.line_num} is not CSV ({error})."
        ) from error


def _excel(name: str, content: bytes) -> list[tuple[int, list[str]]]:
    openpyxl = _library("openpyxl", name)
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        rows = [[_cell(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    except Exception as error:
        raise UnreadableFile(f"Reading {name}: it is no Excel file ({error}).") from error
    return list(enumerate(rows, start=1))


def _parquet(name: str, content: bytes) -> list[tuple[int, list[str]]]:
    parquet = _library("pyarrow.parquet", name)
    try:
        table = parquet.read_table(io.BytesIO(content))
        columns = [table.column(number).to_pylist() for number in range(table.num_columns)]
        names = list(table.column_names)
    except Exception as error:
        raise UnreadableFile(f"Reading {name}: it is no Parquet file ({error}).") from error
    rows = [names, *([_cell(value) for value in row] for row in zip(*columns, strict=True))]
    return list(enumerate(rows, start=1))


def _library(module: str, name: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise InputError(
            f"Reading {name}: this kind of table needs {module.partition('.')[0]}, which is not "
            f"installed. Type: pip install '{_EXTRA}', or save the table as CSV."
        ) from error


def _cell(value: Any) -> str:
    """A cell of Excel or Parquet as CSV would have it."""
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return str(value).strip()


def _table(name: str, lines: Iterable[tuple[int, Sequence[str]]], comma: bool) -> Spreadsheet:
    header: tuple[str, ...] | None = None
    rows, places = [], []
    for line, cells in lines:
        if not any(cells):
            continue
        if header is None:
            header = _header(name, cells)
            continue
        if any(cells[len(header) :]):
            raise InputError(
                f"Reading {name}: line {line} has {len(cells)} cells for {len(header)} columns (a "
                "decimal comma needs semicolons between the cells)."
            )
        filled = [*cells, *[""] * (len(header) - len(cells))]
        rows.append(tuple(filled[: len(header)]))
        places.append(line)
    if header is None:
        raise UnreadableFile(
            f"Reading {name}: the file is empty. Its first line names the columns."
        )
    return Spreadsheet(name, header, tuple(rows), tuple(places), comma)


def _header(name: str, cells: Sequence[str]) -> tuple[str, ...]:
    names = list(cells)
    while names and not names[-1]:
        names.pop()
    twice = sorted({one for one in names if names.count(one) > 1})
    if twice:
        raise InputError(
            f"Reading {name}: each column needs a name of its own, found "
            f"{', '.join(repr(one) for one in twice)} more than once."
        )
    return tuple(names)
