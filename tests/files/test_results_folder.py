from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from calcimetry.errors import OutputError
from calcimetry.files.columns import EMPTY_COLUMNS, IMAGE_COLUMNS, LESION_COLUMNS
from calcimetry.files.results import Contents, Result
from calcimetry.files.results_folder import is_whole_png, load_results, save_results
from calcimetry.model import Interval
from tests.fakes import lesion, save_picture


def full_result(**changes):
    values = {
        "image": "sub/a.jpg",
        "stem": "sub/a",
        "key": "k",
        "status": "complete",
        "sha256": "s",
        "made_with": "m",
        "method": "kmeans",
        "pixel_spacing_mm": 0.4,
        "area_mm2": 2.88,
        "area_interval": Interval(2.0, 3.5),
        "ellipse_area_mm2": 2.2,
        "seconds": 0.12,
        "lesions": (lesion(1), lesion(2)),
        "warnings": ("w",),
        "bones": {2: "middle phalanx"},
        "files": ("overlays/sub/a.png",),
        "columns": {"patient": "p1", "finger": "ring", "status": "x"},
    }
    return Result(**{**values, **changes})


def rows(path: Path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_what_is_saved_is_read_back(tmp_path):
    failed = Result("b.jpg", "b", "k2", "failed", reason="truncated")
    contents = Contents((full_result(), failed), {"m": {"version": "1"}}, {"n.txt": "why"})
    save_results(tmp_path, contents)
    assert load_results(tmp_path) == contents


def test_no_lesion_has_no_interval_but_a_reason(tmp_path):
    healthy = full_result(
        area_mm2=0.0, area_interval=None, lesions=(), not_measured={"area_interval": "why"}
    )
    save_results(tmp_path, Contents((healthy,)))
    assert load_results(tmp_path).results == (healthy,)
    (row,) = rows(tmp_path / "images.csv")
    assert (row["lesion_count"], row["area_mm2"]) == ("0", "0")
    assert row["area_mm2_low"] == row["area_mm2_high"] == ""
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["images"][0]["not_measured"] == {"area_interval": "why"}


def test_numpy_numbers_are_saved_as_numbers(tmp_path):
    values = {"area_mm2": np.float32(1.5), "seconds": np.float64(2.0)}
    save_results(tmp_path, Contents((full_result(**values),)))
    assert load_results(tmp_path).results[0].area_mm2 == 1.5
    assert rows(tmp_path / "images.csv")[0]["area_mm2"] == "1.5"


def test_images_csv(tmp_path):
    failed = Result("b.jpg", "b", "k2", "failed", reason="truncated")
    save_results(tmp_path, Contents((full_result(), failed)))
    header = (tmp_path / "images.csv").read_text().splitlines()[0].split(",")
    assert tuple(header) == (*IMAGE_COLUMNS, "finger", "manifest_status")
    good, bad = rows(tmp_path / "images.csv")
    assert good == {
        "image": "sub/a.jpg",
        "patient": "p1",
        "status": "complete",
        "reason": "",
        "lesion_count": "2",
        "area_mm2": "2.88",
        "ellipse_area_mm2": "2.2",
        "volume_mm3": "",
        "mass_mg": "",
        "seconds": "0.12",
        "area_mm2_low": "2",
        "area_mm2_high": "3.5",
        "pixel_spacing_mm": "0.4",
        "method": "kmeans",
        "finger": "ring",
        "manifest_status": "x",
    }
    assert bad["status"] == "failed"
    assert bad["reason"] == "truncated"
    assert bad["lesion_count"] == bad["area_mm2"] == ""


def test_lesions_csv(tmp_path):
    save_results(tmp_path, Contents((full_result(),)))
    header = (tmp_path / "lesions.csv").read_text().splitlines()[0].split(",")
    assert tuple(header) == LESION_COLUMNS
    first, second = rows(tmp_path / "lesions.csv")
    assert (first["lesion"], second["lesion"]) == ("1", "2")
    assert first["image"] == "sub/a.jpg"
    assert first["bone"] == "middle phalanx"
    assert float(first["area_mm2_low"]) < float(first["area_mm2"]) < float(first["area_mm2_high"])
    assert (first["slice"], first["row"], first["column"]) == ("0", "41", "10")
    assert first["touches_bone"] == "false"
    empty = {name for name, value in first.items() if not value}
    # Why a column is empty stands in report.json: for all pictures or beside the lesion.
    report = json.loads((tmp_path / "report.json").read_text())
    own = report["images"][0]["lesions"][0]["not_measured"]
    assert empty - {"density_mg_cm3"} <= set(report["empty_columns"]) | set(own)
    assert set(EMPTY_COLUMNS) <= set(LESION_COLUMNS)


def test_no_folder_holds_nothing(tmp_path):
    assert load_results(tmp_path / "new") == Contents()
    assert load_results(tmp_path) == Contents()


def test_a_file_in_place_of_the_folder(tmp_path):
    (tmp_path / "out").touch()
    with pytest.raises(OutputError, match="this is a file"):
        load_results(tmp_path / "out")


@pytest.mark.parametrize("name", ["images.csv", "lesions.csv", "report.html"])
def test_tables_of_somebody_else_are_not_overwritten(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(OutputError, match="not calcimetry's to overwrite"):
        load_results(tmp_path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "damaged"),
        ("[]", "found something else"),
        ('{"format": 99}', "found something else"),
        ('{"format": 1}', "damaged"),
        ('{"format": 1, "made_with": NaN}', r"damaged .*NaN"),
        ('{"format": 1, "made_with": {}, "passed_over": 7, "images": []}', "damaged"),
        ("[" * 100_000, "damaged"),
        ('{"format": 1, "made_with": {}, "passed_over": {}, "images": [{}]}', "damaged"),
    ],
)
def test_a_report_that_cannot_be_read_back_is_not_overwritten(tmp_path, content, told):
    (tmp_path / "report.json").write_text(content)
    with pytest.raises(OutputError, match=told):
        load_results(tmp_path)


@pytest.mark.parametrize("file", ["/etc/hosts", "overlays/../../a.png", "report.json", ""])
def test_a_report_that_names_files_of_others_is_damaged(tmp_path, file):
    save_results(tmp_path, Contents((full_result(files=(file,)),)))
    with pytest.raises(OutputError, match="damaged"):
        load_results(tmp_path)


def test_a_folder_whose_name_is_too_long(tmp_path):
    with pytest.raises(OutputError, match="name too long"):
        load_results(tmp_path / ("a" * 300))


def test_a_folder_that_may_not_be_looked_into(tmp_path, monkeypatch):
    def locked(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "exists", locked)
    with pytest.raises(OutputError, match="Permission denied"):
        load_results(tmp_path / "out")


def test_a_report_that_cannot_be_opened(tmp_path):
    (tmp_path / "report.json").mkdir()
    with pytest.raises(OutputError, match="directory"):
        load_results(tmp_path)


def test_a_png_is_whole_from_its_first_to_its_last_byte(tmp_path):
    path = save_picture(tmp_path / "a.png")
    content = path.read_bytes()
    assert is_whole_png(path)
    for damaged in (b"", content[:4], content[:-1], content[1:], bytes(len(content))):
        path.write_bytes(damaged)
        assert not is_whole_png(path)
    assert not is_whole_png(tmp_path / "missing.png")
    assert not is_whole_png(tmp_path)
