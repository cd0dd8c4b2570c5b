from __future__ import annotations

import pytest

from calcimetry.errors import ManifestError
from calcimetry.files.manifest import read_manifest
from tests.fakes import save_manifest


def read(tmp_path, content: str | bytes):
    path = tmp_path / "manifest.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_manifest(path)


def test_rows_with_further_columns(tmp_path):
    rows = read_manifest(
        save_manifest(tmp_path, "a.jpg,0.4,p1,ring", header="image,pixel_spacing_mm,patient,finger")
    )
    assert [(r.line, r.image, r.pixel_spacing_mm, r.problem) for r in rows] == [
        (2, "a.jpg", 0.4, "")
    ]
    assert rows[0].columns == {"patient": "p1", "finger": "ring"}


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffimage,pixel_spacing_mm\r\nsub/a.jpg,0.4\r\n",
        "image;pixel_spacing_mm\nsub/a.jpg;0,4\n",
        "image\tpixel_spacing_mm\nsub/a.jpg\t0,4\n",
        "\n\nImage , Pixel_Spacing_mm\n\n sub\\a.jpg , 0.40 \n,\n\n",
        'pixel_spacing_mm,image\n0.4,"sub/a.jpg"',
    ],
    ids=["bom", "semicolons", "tabs", "blanks", "quotes"],
)
def test_what_spreadsheets_write_is_understood(tmp_path, content):
    (row,) = read(tmp_path, content)
    assert (row.image, row.pixel_spacing_mm, row.problem) == ("sub/a.jpg", 0.4, "")


def test_an_empty_spacing_is_left_to_the_command_line(tmp_path):
    (row,) = read(tmp_path, "image,pixel_spacing_mm\na.jpg,\n")
    assert row.pixel_spacing_mm is None
    assert not row.problem


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("a.jpg,wide", "must be a number in mm, found 'wide'"),
        ("a.jpg,0,4", "3 cells for 2 columns"),
        (",0.4", "names no picture"),
        ("../a.jpg,0.4", "outside its folder"),
        ("/etc/a.jpg,0.4", "outside its folder"),
        ("C:\\a.jpg,0.4", "outside its folder"),
        ("a\x07.jpg,0.4", "control characters"),
    ],
)
def test_a_bad_line_carries_its_problem_and_spares_the_others(tmp_path, line, told):
    bad, good = read(tmp_path, f"image,pixel_spacing_mm\n{line}\nb.jpg,0.5\n")
    assert told in bad.problem
    assert "line 2" in bad.problem
    assert (good.image, good.pixel_spacing_mm, good.problem) == ("b.jpg", 0.5, "")


def test_the_same_line_twice_is_measured_once(tmp_path):
    first, second = read(tmp_path, "image,pixel_spacing_mm\na.jpg,0.4\n./a.jpg,0.4\n")
    assert not first.problem
    assert "lines 2 and 3" in second.problem


def test_contradicting_lines_are_both_refused(tmp_path):
    rows = read(tmp_path, "image,pixel_spacing_mm\na.jpg,0.4\na.jpg,0.3\n")
    assert all("different pixel spacing" in row.problem for row in rows)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"a.jpg,0.4\n", "column image and pixel_spacing_mm is missing, found a.jpg, 0.4"),
        (b"image,patient\na.jpg,p\n", "pixel_spacing_mm is missing"),
        (b"image,pixel_spacing_mm,x,x\n", "column x stands there twice"),
        (b"\xff\xfei\0m\0", "not UTF-8"),
        (b"image,pixel_spacing_mm\n" + b"a" * 200_000, "line 2 is not CSV"),
    ],
)
def test_a_manifest_that_cannot_be_used(tmp_path, content, told):
    with pytest.raises(ManifestError, match=told):
        read(tmp_path, content)


def test_a_manifest_that_cannot_be_opened(tmp_path):
    (tmp_path / "manifest.csv").mkdir()
    with pytest.raises(ManifestError, match="directory"):
        read_manifest(tmp_path / "manifest.csv")
