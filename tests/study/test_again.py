from __future__ import annotations

import pytest

from calcimetry.bone.picture_network import PictureNetwork
from calcimetry.errors import OutputError
from calcimetry.files.results_folder import load_results
from calcimetry.settings import PictureSettings, Settings
from calcimetry.study import measure_study, run
from tests.fakes import (
    SPACING,
    finger_levels,
    image_rows,
    save_manifest,
    save_picture,
)


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
    with pytest.raises(OutputError, match=r"a_bones\.png is an image to measure"):
        measure_study([tmp_path], tmp_path, pixel_spacing_mm=SPACING)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before


def test_results_of_other_inputs_stay(tmp_path, folder, measured):
    out = tmp_path / "out"
    measure_study([folder / "a.png"], out, pixel_spacing_mm=SPACING)
    other = Settings(picture=PictureSettings(window_hu=2000.0))
    measure_study([folder / "sub"], out, pixel_spacing_mm=SPACING, settings=other)
    assert list(image_rows(out)) == ["a.png", "b.png"]
    assert len(load_results(out).made_with) == 2
    assert "1 of the" in " ".join((out / "report.html").read_text().split())


def test_a_failure_keeps_the_earlier_measurement(tmp_path, folder, measured):
    out = tmp_path / "out"
    measure_study([folder], out, pixel_spacing_mm=SPACING)
    overlay = (out / "overlays" / "a.png").read_bytes()
    study = measure_study([folder], out)  # no pixel spacing
    assert len(study.failed) == 2
    row = image_rows(out)["a.png"]
    assert row["status"] == "partial"
    assert row["area_mm2"] == "1.44"
    assert "kept from an earlier run; the last one failed" in row["reason"]
    assert (out / "overlays" / "a.png").read_bytes() == overlay
    study = measure_study([folder], out, pixel_spacing_mm=SPACING)
    assert study.resumed == 2
    assert image_rows(out)["a.png"]["reason"] == "no distal phalanx was found"


def test_files_of_content_that_is_gone_are_removed(tmp_path, folder, measured):
    out = tmp_path / "out"
    measure_study([folder], out, pixel_spacing_mm=SPACING)
    (folder / "a.png").write_bytes(b"damaged")
    measure_study([folder], out, pixel_spacing_mm=SPACING)
    assert image_rows(out)["a.png"]["status"] == "failed"
    assert not (out / "overlays" / "a.png").exists()
    assert not (out / "segmentations" / "a_bones.png").exists()
    assert (out / "overlays" / "sub" / "b.png").exists()


def test_what_is_measured_later_was_not_passed_over(tmp_path, folder, measured):
    manifest = save_manifest(folder, "a.png,0.4")
    measure_study([folder], tmp_path / "out")
    assert "sub/b.png" in load_results(tmp_path / "out").passed_over
    manifest.unlink()
    measure_study([folder], tmp_path / "out", pixel_spacing_mm=SPACING)
    assert load_results(tmp_path / "out").passed_over == {}


def test_other_weights_measure_again(tmp_path, folder, measured, monkeypatch):
    out = tmp_path / "out"
    measure_study([folder], out, pixel_spacing_mm=SPACING)
    assert measure_study([folder], out, pixel_spacing_mm=SPACING).resumed == 2
    monkeypatch.setattr(PictureNetwork, "version", "unet of other weights")
    assert measure_study([folder], out, pixel_spacing_mm=SPACING).resumed == 0
