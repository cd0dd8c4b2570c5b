from __future__ import annotations

import csv
import errno
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from calcimetry.errors import InputError, OutputError
from calcimetry.files.results_folder import load_results
from calcimetry.settings import PictureSettings, Settings
from calcimetry.study import measure_study, run
from tests.fakes import SPACING, fake_measure, finger_levels, save_manifest, save_picture


class Counted:
    """The stand-in for measuring, remembering what it was called with."""

    def __init__(self):
        self.names = []

    def __call__(self, image, settings):
        self.names.append(image.name)
        return fake_measure(image, settings)


@pytest.fixture
def measured(monkeypatch):
    counted = Counted()
    monkeypatch.setattr(run, "measure", counted)
    return counted


@pytest.fixture(autouse=True)
def small_overlays(monkeypatch):
    monkeypatch.setattr(run, "draw_overlay", lambda _: PIL.Image.new("L", (30, 60)))


@pytest.fixture
def folder(tmp_path):
    for number, name in enumerate(("a.png", "sub/b.png")):
        save_picture(tmp_path / "in" / name, finger_levels() + number)
    return tmp_path / "in"


def rows(out: Path):
    with (out / "images.csv").open(encoding="utf-8", newline="") as file:
        return {row["image"]: row for row in csv.DictReader(file)}


def test_writes_everything(tmp_path, folder, measured):
    out = tmp_path / "out"
    seen = []
    study = measure_study(
        [folder],
        out,
        pixel_spacing_mm=SPACING,
        on_progress=lambda done, total, name: seen.append((done, total, name)),
    )
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()) == [
        "images.csv",
        "lesions.csv",
        "overlays/a.png",
        "overlays/sub/b.png",
        "report.html",
        "report.json",
        "segmentations/a_bones.png",
        "segmentations/a_lesions.png",
        "segmentations/sub/b_bones.png",
        "segmentations/sub/b_lesions.png",
    ]
    assert seen == [(0, 2, "a.png"), (1, 2, "sub/b.png"), (2, 2, "")]
    assert measured.names == ["a.png", "sub/b.png"]
    assert [result.status for result in study.results] == ["partial", "partial"]
    row = rows(out)["sub/b.png"]
    assert (row["status"], row["reason"]) == ("partial", "no distal phalanx was found")
    assert (row["area_mm2"], row["area_mm2_low"], row["pixel_spacing_mm"]) == (
        "1.44",
        "1.04",
        "0.4",
    )
    bones = np.asarray(PIL.Image.open(out / "segmentations/a_bones.png"))
    assert bones.shape == finger_levels().shape
    assert set(np.unique(bones)) == {0, 2}
    report = json.loads((out / "report.json").read_text())
    assert report["images"][0]["bones"] == {"2": "middle phalanx"}
    assert report["images"][0]["warnings"] == ["a warning"]
    assert str(tmp_path) not in (out / "report.json").read_text()
    page = (out / "report.html").read_text()
    assert "sub/b.png" in page
    assert str(tmp_path) not in page


def test_a_picture_without_lesions_says_why_it_has_no_interval(tmp_path, folder, monkeypatch):
    def healthy(image, settings):
        report = fake_measure(image, settings)
        return replace(report, lesions=(), area_mm2=0.0, area_interval=None, ellipse_area_mm2=0.0)

    monkeypatch.setattr(run, "measure", healthy)
    measure_study([folder], tmp_path / "out", pixel_spacing_mm=SPACING)
    row = rows(tmp_path / "out")["a.png"]
    assert (row["area_mm2"], row["area_mm2_low"], row["area_mm2_high"]) == ("0", "", "")
    (result, _) = load_results(tmp_path / "out").results
    assert "no lesion was found" in result.not_measured["area_interval"]


def test_a_rerun_measures_only_what_is_new_or_changed(tmp_path, folder, measured):
    out = tmp_path / "out"
    measure_study([folder], out, pixel_spacing_mm=SPACING)
    before = (out / "images.csv").read_bytes()
    measured.names.clear()
    study = measure_study([folder], out, pixel_spacing_mm=SPACING)
    assert measured.names == []
    assert study.resumed == 2
    assert (out / "images.csv").read_bytes() == before

    save_picture(folder / "a.png", finger_levels() + 7)
    save_picture(folder / "c.png", finger_levels() + 9)
    study = measure_study([folder], out, pixel_spacing_mm=SPACING)
    assert measured.names == ["a.png", "c.png"]
    assert study.resumed == 1


@pytest.mark.parametrize(
    "change",
    [
        {"pixel_spacing_mm": 0.5},
        {"settings": Settings(picture=PictureSettings(window_hu=2000.0))},
        {"overwrite": True},
    ],
)
def test_other_spacing_settings_or_overwrite_measure_again(tmp_path, folder, measured, change):
    measure_study([folder], tmp_path / "out", pixel_spacing_mm=SPACING)
    measured.names.clear()
    measure_study([folder], tmp_path / "out", **{"pixel_spacing_mm": SPACING, **change})
    assert measured.names == ["a.png", "sub/b.png"]


def test_another_version_or_a_missing_file_measures_again(tmp_path, folder, measured, monkeypatch):
    out = tmp_path / "out"
    measure_study([folder], out, pixel_spacing_mm=SPACING)
    measured.names.clear()
    (out / "overlays" / "a.png").unlink()
    measure_study([folder], out, pixel_spacing_mm=SPACING)
    assert measured.names == ["a.png"]
    monkeypatch.setattr(run, "__version__", "9")
    measured.names.clear()
    measure_study([folder], out, pixel_spacing_mm=SPACING)
    assert measured.names == ["a.png", "sub/b.png"]


@pytest.mark.parametrize("left", [0, 40])
def test_a_damaged_overlay_is_drawn_again_or_left_out_with_a_note(tmp_path, folder, measured, left):
    out = tmp_path / "out"
    measure_study([folder], out, pixel_spacing_mm=SPACING)
    overlay = out / "overlays" / "a.png"
    whole = overlay.read_bytes()
    overlay.write_bytes(whole[:left])
    measure_study([folder / "sub"], out, pixel_spacing_mm=SPACING)
    page = (out / "report.html").read_text()
    assert "overlays/a.png is missing or damaged" in page
    assert page.count("<img") == 1
    measured.names.clear()
    measure_study([folder], out, pixel_spacing_mm=SPACING)
    assert measured.names == ["a.png"]
    assert overlay.read_bytes() == whole
    assert "is missing or damaged" not in (out / "report.html").read_text()


def test_no_result_takes_the_place_of_an_input(tmp_path, measured):
    save_picture(tmp_path / "a.png")
    inputs = (tmp_path / "overlays" / "a.png", tmp_path / "segmentations" / "a_bones.png")
    for number, path in enumerate(inputs, start=1):
        save_picture(path, finger_levels() + number)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.png")}
    with pytest.raises(OutputError, match=r"a_bones\.png is a picture to measure"):
        measure_study([tmp_path], tmp_path, pixel_spacing_mm=SPACING)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before


def test_results_of_other_inputs_stay(tmp_path, folder, measured):
    out = tmp_path / "out"
    measure_study([folder / "a.png"], out, pixel_spacing_mm=SPACING)
    other = Settings(picture=PictureSettings(window_hu=2000.0))
    measure_study([folder / "sub"], out, pixel_spacing_mm=SPACING, settings=other)
    assert list(rows(out)) == ["a.png", "b.png"]
    assert len(load_results(out).made_with) == 2
    assert "1 of the" in " ".join((out / "report.html").read_text().split())


def test_manifest_columns_and_spacing_reach_the_table(tmp_path, folder, measured):
    header = "image,pixel_spacing_mm,patient,plane"
    save_manifest(folder, "a.png,0.3,p1,sagittal", "sub/b.png,,p2,", header=header)
    measure_study([folder], tmp_path / "out", pixel_spacing_mm=0.5)
    table = rows(tmp_path / "out")
    assert (table["a.png"]["patient"], table["a.png"]["plane"]) == ("p1", "sagittal")
    assert (table["a.png"]["pixel_spacing_mm"], table["sub/b.png"]["pixel_spacing_mm"]) == (
        "0.3",
        "0.5",
    )
    save_manifest(folder, "a.png,0.3,p1,coronal", header=header)
    study = measure_study([folder], tmp_path / "out", pixel_spacing_mm=0.5)
    assert study.resumed == 1
    assert rows(tmp_path / "out")["a.png"]["plane"] == "coronal"


def test_a_failure_keeps_the_earlier_measurement(tmp_path, folder, measured):
    out = tmp_path / "out"
    measure_study([folder], out, pixel_spacing_mm=SPACING)
    overlay = (out / "overlays" / "a.png").read_bytes()
    study = measure_study([folder], out)  # no pixel spacing
    assert len(study.failed) == 2
    row = rows(out)["a.png"]
    assert row["status"] == "partial"
    assert row["area_mm2"] == "1.44"
    assert "kept from an earlier run; the last one failed" in row["reason"]
    assert (out / "overlays" / "a.png").read_bytes() == overlay
    study = measure_study([folder], out, pixel_spacing_mm=SPACING)
    assert study.resumed == 2
    assert rows(out)["a.png"]["reason"] == "no distal phalanx was found"


def test_files_of_content_that_is_gone_are_removed(tmp_path, folder, measured):
    out = tmp_path / "out"
    measure_study([folder], out, pixel_spacing_mm=SPACING)
    (folder / "a.png").write_bytes(b"damaged")
    measure_study([folder], out, pixel_spacing_mm=SPACING)
    assert rows(out)["a.png"]["status"] == "failed"
    assert not (out / "overlays" / "a.png").exists()
    assert not (out / "segmentations" / "a_bones.png").exists()
    assert (out / "overlays" / "sub" / "b.png").exists()


def test_a_bug_in_one_picture_is_its_row_and_spares_the_others(tmp_path, folder, monkeypatch):
    def buggy(image, settings):
        if image.name == "a.png":
            raise ValueError("bad\nshape")
        return fake_measure(image, settings)

    monkeypatch.setattr(run, "measure", buggy)
    study = measure_study([folder], tmp_path / "out", pixel_spacing_mm=SPACING)
    assert [result.status for result in study.results] == ["failed", "partial"]
    reason = rows(tmp_path / "out")["a.png"]["reason"]
    assert reason.startswith("internal error (ValueError at test_run.py:")
    assert "bad shape); please report it" in reason


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS holds UTF-8 names only")
def test_a_name_that_is_not_utf_8_costs_no_other_picture_its_result(tmp_path, folder, measured):
    bad = Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff\n.jpg"))
    bad.write_bytes(b"")
    out = tmp_path / "out"
    study = measure_study([bad, folder], out, pixel_spacing_mm=SPACING)
    assert [result.status for result in study.results] == ["failed", "partial", "partial"]
    name = "bad\N{REPLACEMENT CHARACTER}"
    reason = rows(out)[f"{name}\N{REPLACEMENT CHARACTER}.jpg"]["reason"]
    assert reason.startswith(f"Reading {name} .jpg: the file is empty")


def test_an_interruption_keeps_what_is_done_and_a_rerun_goes_on(
    tmp_path, folder, measured, monkeypatch
):
    out = tmp_path / "out"

    def interrupted(image, settings):
        if image.name == "sub/b.png":
            raise KeyboardInterrupt
        return fake_measure(image, settings)

    monkeypatch.setattr(run, "measure", interrupted)
    with pytest.raises(KeyboardInterrupt):
        measure_study([folder], out, pixel_spacing_mm=SPACING)
    table = rows(out)
    assert table["a.png"]["status"] == "partial"
    assert table["sub/b.png"]["status"] == "failed"
    assert "interrupted" in table["sub/b.png"]["reason"]
    assert (out / "report.html").exists()

    monkeypatch.setattr(run, "measure", measured)
    study = measure_study([folder], out, pixel_spacing_mm=SPACING)
    assert measured.names == ["sub/b.png"]
    assert study.resumed == 1
    assert rows(out)["sub/b.png"]["status"] == "partial"


def test_the_tables_are_kept_up_to_date(tmp_path, folder, monkeypatch):
    out = tmp_path / "out"
    seen = []

    def looking(image, settings):
        seen.append(list(rows(out)))
        return fake_measure(image, settings)

    monkeypatch.setattr(run, "measure", looking)
    monkeypatch.setattr(run, "SAVE_EVERY_S", -1.0)
    measure_study([folder], out, pixel_spacing_mm=SPACING)
    assert seen == [[], ["a.png"]]


def test_a_full_disk_stops_the_run_and_keeps_earlier_results(
    tmp_path, folder, measured, monkeypatch
):
    out = tmp_path / "out"
    measure_study([folder / "a.png"], out, pixel_spacing_mm=SPACING)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}

    def full(self, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="No space left on device"):
        measure_study([folder], out, pixel_spacing_mm=SPACING)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_a_disk_that_fills_on_the_way_keeps_the_pictures_before(
    tmp_path, folder, measured, monkeypatch
):
    out = tmp_path / "out"
    write = run.write_label_png

    def full(path, segmentation):
        if "b_bones" in path.name:
            raise OutputError("Writing b_bones.png: No space left on device.")
        write(path, segmentation)

    monkeypatch.setattr(run, "write_label_png", full)
    with pytest.raises(OutputError):
        measure_study([folder], out, pixel_spacing_mm=SPACING)
    assert list(rows(out)) == ["a.png"]


def test_what_is_measured_later_was_not_passed_over(tmp_path, folder, measured):
    manifest = save_manifest(folder, "a.png,0.4")
    measure_study([folder], tmp_path / "out")
    assert "sub/b.png" in load_results(tmp_path / "out").passed_over
    manifest.unlink()
    measure_study([folder], tmp_path / "out", pixel_spacing_mm=SPACING)
    assert load_results(tmp_path / "out").passed_over == {}


def test_no_path_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no file or folder"):
        measure_study([], tmp_path / "out")
