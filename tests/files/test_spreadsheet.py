from __future__ import annotations

import datetime as dt
import importlib

import pytest

from calcimetry.errors import InputError, UnreadableFile
from calcimetry.files.spreadsheet import read_spreadsheet


def read(tmp_path, text, name="table.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_spreadsheet(path)


def test_cells_by_column(tmp_path):
    found = read(tmp_path, "image,area_mm2\n a.png , 1.5\n\nb.png,NA\n")
    assert found.text("image") == ("a.png", "b.png")
    assert found.numbers("area_mm2") == (1.5, None)
    assert found.lines == (2, 4)


@pytest.mark.parametrize("mark", [";", "\t"])
def test_a_decimal_comma(tmp_path, mark):
    text = f"\ufeffimage{mark}area\na.png{mark}1,5\nb.png{mark}2.5\n"
    assert read(tmp_path, text).numbers("area") == (1.5, 2.5)


def test_short_rows_end_in_empty_cells(tmp_path):
    assert read(tmp_path, "image,a,b,\nx,1\n").numbers("b") == (None,)


def test_excel(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["image", "area", "when"], ["x", 1.5, dt.date(2026, 1, 2)], ["y", 2, None]):
        book.active.append(row)
    book.save(tmp_path / "table.xlsx")
    found = read_spreadsheet(tmp_path / "table.xlsx")
    assert found.numbers("area") == (1.5, 2.0)
    assert found.text("when") == ("2026-01-02T00:00:00", "")


def test_parquet(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    table = importlib.import_module("pyarrow").table({"image": ["x", "y"], "area": [1.5, None]})
    parquet.write_table(table, tmp_path / "table.parquet")
    found = read_spreadsheet(tmp_path / "table.parquet")
    assert found.numbers("area") == (1.5, None)
    assert found.lines == (2, 3)


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        ("", UnreadableFile, "the file is empty"),
        (b"\xff\xfe", UnreadableFile, "it is not UTF-8 text"),
        ("image,a\n" + 200_000 * "x", UnreadableFile, "line 2 is not CSV"),
        ("image,a,a\n", InputError, "found 'a' more than once"),
        ("image,a\nx,1,5\n", InputError, "line 2 has 3 cells for 2 columns"),
    ],
)
def test_tables_that_cannot_be_used(tmp_path, text, error, told):
    with pytest.raises(error, match=told):
        read(tmp_path, text)


@pytest.mark.parametrize("cell", ["large", "1,5", "inf", "nan!", "1e999"])
def test_cells_that_are_no_numbers(tmp_path, cell):
    found = read(tmp_path, f'image,a\nx,"{cell}"\n')
    with pytest.raises(InputError, match=f"column 'a' must hold numbers, found '{cell}' in line 2"):
        found.numbers("a")


def test_a_column_that_is_missing(tmp_path):
    with pytest.raises(InputError, match="column 'b' is missing, found image, a"):
        read(tmp_path, "image,a\n").place("b")


def test_a_file_that_is_missing(tmp_path):
    with pytest.raises(UnreadableFile, match=r"gone\.csv: No such file"):
        read_spreadsheet(tmp_path / "gone.csv")


@pytest.mark.parametrize(
    ("name", "module", "told"),
    [
        ("t.xlsx", "openpyxl", "it is no Excel file"),
        ("t.parquet", "pyarrow", "it is no Parquet file"),
    ],
)
def test_files_that_are_not_what_they_say(tmp_path, name, module, told):
    pytest.importorskip(module)
    with pytest.raises(UnreadableFile, match=told):
        read(tmp_path, "image,a\n", name)


@pytest.mark.parametrize("name", ["t.xlsx", "t.parquet"])
def test_the_extra_is_named_where_it_is_not_installed(tmp_path, monkeypatch, name):
    def refuse(module):
        raise ImportError(module)

    monkeypatch.setattr(importlib, "import_module", refuse)
    with pytest.raises(InputError, match=r"pip install 'calcimetry\[tables\]', or save the table"):
        read(tmp_path, "image,a\n", name)
