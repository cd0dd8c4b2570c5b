from __future__ import annotations

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
from calcimetry.study import measure_study, run, writing
from tests.fakes import (
    SPACING,
    fake_measure,
    finger_levels,
    image_rows,
    save_manifest,
    save_picture,
)


def test_writes_everything(tmp_path, folder, measured):
    out = tmp_path / "out"
    seen, stages = [], []
    study = measure_study(
        [folder],
        out,
        pixel_spacing_mm=SPACING,
        on_progress=lambda done, total, name: seen.append((done, total, name)),
        on_stage=stages.append,
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
    each = ["reading", "measuring", "drawing"]
    assert stages == ["looking for images", *each, *each, "writing the report"]
    assert measured.names == ["a.png", "sub/b.png"]
    assert [result.status for result in study.results] == ["partial", "partial"]
    row = image_rows(out)["sub/b.png"]
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
    row = image_rows(tmp_path / "out")["a.png"]
    assert (row["area_mm2"], row["area_mm2_low"], row["area_mm2_high"]) == ("0", "", "")
    (result, _) = load_results(tmp_path / "out").results
    assert "no lesion was found" in result.not_measured["area_interval"]


def test_manifest_columns_and_spacing_reach_the_table(tmp_path, folder, measured):
    header = "image,pixel_spacing_mm,patient,plane"
    save_manifest(folder, "a.png,0.3,p1,sagittal", "sub/b.png,,p2,", header=header)
    measure_study([folder], tmp_path / "out", pixel_spacing_mm=0.5)
    table = image_rows(tmp_path / "out")
    assert (table["a.png"]["patient"], table["a.png"]["plane"]) == ("p1", "sagittal")
    assert (table["a.png"]["pixel_spacing_mm"], table["sub/b.png"]["pixel_spacing_mm"]) == (
        "0.3",
        "0.5",
    )
    save_manifest(folder, "a.png,0.3,p1,coronal", header=header)
    study = measure_study([folder], tmp_path / "out", pixel_spacing_mm=0.5)
    assert study.resumed == 1
    assert image_rows(tmp_path / "out")["a.png"]["plane"] == "coronal"


def test_a_bug_in_one_picture_is_its_row_and_spares_the_others(tmp_path, folder, monkeypatch):
    def buggy(image, settings):
        if image.name == "a.png":
            raise ValueError("bad\nshape")
        return fake_measure(image, settings)

    monkeypatch.setattr(run, "measure", buggy)
    study = measure_study([folder], tmp_path / "out", pixel_spacing_mm=SPACING)
    assert [result.status for result in study.results] == ["failed", "partial"]
    reason = image_rows(tmp_path / "out")["a.png"]["reason"]
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
    reason = image_rows(out)[f"{name}\N{REPLACEMENT CHARACTER}.jpg"]["reason"]
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
    table = image_rows(out)
    assert table["a.png"]["status"] == "partial"
    assert table["sub/b.png"]["status"] == "failed"
    assert "interrupted" in table["sub/b.png"]["reason"]
    assert (out / "report.html").exists()

    monkeypatch.setattr(run, "measure", measured)
    study = measure_study([folder], out, pixel_spacing_mm=SPACING)
    assert measured.names == ["sub/b.png"]
    assert study.resumed == 1
    assert image_rows(out)["sub/b.png"]["status"] == "partial"


def test_the_tables_are_kept_up_to_date(tmp_path, folder, monkeypatch):
    out = tmp_path / "out"
    seen = []

    def looking(image, settings):
        seen.append(list(image_rows(out)))
        return fake_measure(image, settings)

    monkeypatch.setattr(run, "measure", looking)
    monkeypatch.setattr(run, "SAVE_EVERY_S", -1.0)
    monkeypatch.setattr(run, "SAVING_SHARE", 0)
    measure_study([folder], out, pixel_spacing_mm=SPACING)
    assert seen == [[], ["a.png"]]


def test_large_tables_are_written_less_often(tmp_path, measured, monkeypatch):
    clock = [0.0]
    saves = []

    def slow(*_):
        saves.append(clock[0])
        clock[0] += 3.0

    def one_second(image, settings):
        clock[0] += 1.0
        return fake_measure(image, settings)

    for number in range(70):
        save_picture(tmp_path / "in" / f"{number}.png", finger_levels() + number)
    monkeypatch.setattr(run.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(run, "save_results", slow)
    monkeypatch.setattr(run, "measure", one_second)
    measure_study([tmp_path / "in"], tmp_path / "out", pixel_spacing_mm=SPACING)
    assert saves == [0.0, 64.0, 76.0]  # at the start, after twenty times 3 s, and at the end


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
    write = writing.write_label_png

    def full(path, segmentation):
        if "b_bones" in path.name:
            raise OutputError("Writing b_bones.png: No space left on device.")
        write(path, segmentation)

    monkeypatch.setattr(writing, "write_label_png", full)
    with pytest.raises(OutputError):
        measure_study([folder], out, pixel_spacing_mm=SPACING)
    assert list(image_rows(out)) == ["a.png"]


def test_no_path_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no file or folder"):
        measure_study([], tmp_path / "out")
