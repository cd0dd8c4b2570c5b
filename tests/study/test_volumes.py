from __future__ import annotations

import csv
import json

import nibabel as nib
import numpy as np
import PIL.Image
import pytest

from calcimetry.files.results_folder import load_results
from calcimetry.model import Laterality
from calcimetry.settings import Settings
from calcimetry.study import EnergyPair, VolumeChoice, measure_study, run, writing
from tests.fakes import SPACING, fake_measure, image_rows, save_picture
from tests.volumes import fake_measure_volume, hand_hu, save_nifti

OBLIQUE = np.array([[0, 0.6, 0.5, 3], [0.8, 0, 0, 2], [0, -0.5, 0.6, 1], [0, 0, 0, 1.0]])


@pytest.fixture(autouse=True)
def measured(monkeypatch):
    """Measuring that is quick, and remembers the names and sides it was called with."""
    calls = []

    def quick(image, settings, *how):
        calls.append((image.name, *how[:1]))
        return fake_measure_volume(image, settings, *how) if how else fake_measure(image, settings)

    monkeypatch.setattr(run, "measure", quick)
    small = PIL.Image.new("L", (30, 60))
    for name in ("draw_overlay", "draw_hands", "draw_fingers"):
        monkeypatch.setattr(writing, name, lambda *_: small)
    return calls


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_volume_beside_a_picture(tmp_path, measured):
    save_nifti(tmp_path / "in" / "sub" / "hand.nii.gz")
    save_picture(tmp_path / "in" / "a.png")
    out = tmp_path / "out"
    study = measure_study([tmp_path / "in"], out, pixel_spacing_mm=SPACING)
    assert [result.status for result in study.results] == ["partial", "complete"]
    assert measured == [("a.png",), ("sub/hand.nii.gz", None)]
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()) == [
        "fingers.csv",
        "hands.csv",
        "images.csv",
        "lesions.csv",
        "overlays/a.png",
        "overlays/sub/hand.png",
        "overlays/sub/hand_fingers.png",
        "report.html",
        "report.json",
        "segmentations/a_bones.png",
        "segmentations/a_lesions.png",
        "segmentations/sub/hand_bones.nii.gz",
        "segmentations/sub/hand_lesions.nii.gz",
        "sources.json",
    ]
    row = image_rows(out)["sub/hand.nii.gz"]
    assert (row["volume_mm3"], row["volume_mm3_low"], row["lesion_count"]) == ("33", "24.75", "3")
    assert (row["spacing_slice_mm"], row["spacing_row_mm"], row["spacing_column_mm"]) == (
        "1",
        "0.9",
        "0.8",
    )
    assert row["pixel_spacing_mm"] == ""
    assert image_rows(out)["a.png"]["pixel_spacing_mm"] == "0.4"


def test_fingers_hold_their_own_lesions(tmp_path):
    save_nifti(tmp_path / "hand.nii.gz")
    measure_study([tmp_path / "hand.nii.gz"], tmp_path / "out")
    thumb, index = table(tmp_path / "out" / "fingers.csv")
    assert (thumb["side"], thumb["digit"], thumb["status"]) == ("right", "1", "complete")
    assert (thumb["lesion_count"], thumb["volume_mm3"], thumb["area_mm2"]) == ("1", "8", "4")
    assert (thumb["middle_phalanx"], thumb["distal_phalanx"]) == ("", "complete")
    assert (index["lesion_count"], index["volume_mm3"]) == ("2", "25")
    assert float(index["volume_mm3_low"]) < 25 < float(index["volume_mm3_high"])
    sides = {
        (row["side"], row["digit"], row["aspect"]) for row in table(tmp_path / "out/lesions.csv")
    }
    assert sides == {("right", "1", "volar"), ("right", "2", "volar")}


def test_what_a_score_asks_is_written_when_asked_for(tmp_path):
    save_nifti(tmp_path / "hand.nii.gz")
    out = tmp_path / "out"
    measure_study([tmp_path / "hand.nii.gz"], out)
    assert not (out / "scores.csv").exists()
    study = measure_study([tmp_path / "hand.nii.gz"], out, settings=Settings(score=True))
    assert study.resumed == 0
    rows = {row["bone"]: row for row in table(out / "scores.csv")}
    assert len(rows) == 7
    row = rows["index middle phalanx"]
    assert (row["side"], row["digit"]) == ("right", "2")
    assert float(row["area_coverage_percent"]) > 0
    assert rows["index distal phalanx"]["projected_area_mm2"] == "0"
    assert rows["index distal phalanx"]["mean_thickness_mm"] == ""
    kept = load_results(out).results
    assert kept[0].hands[0].sites == study.results[0].hands[0].sites


def test_hands_hold_the_lesions_of_all_their_bones(tmp_path):
    save_nifti(tmp_path / "hand.nii.gz")
    measure_study([tmp_path / "hand.nii.gz"], tmp_path / "out")
    (hand,) = table(tmp_path / "out" / "hands.csv")
    assert (hand["side"], hand["fingers"], hand["status"]) == ("right", "1 2", "partial")
    assert hand["reason"] == "not found: middle, ring, little"
    assert (hand["lesion_count"], hand["volume_mm3"], hand["mass_mg"]) == ("3", "33", "")
    (result,) = load_results(tmp_path / "out").results
    assert result.hands[0].burden.not_measured["mass_mg"] == "no calibration yet"


@pytest.mark.parametrize("affine", [np.diag([-0.8, 0.9, -1.0, 1.0]), OBLIQUE])
def test_label_maps_lie_on_the_volume(tmp_path, affine):
    given = nib.load(save_nifti(tmp_path / "hand.nii.gz", affine=affine))
    measure_study([tmp_path / "hand.nii.gz"], tmp_path / "out")
    for kind, labels in (("bones", {11, 13, 14, 21, 22, 23, 24}), ("lesions", {1, 2, 3})):
        found = nib.load(tmp_path / "out" / "segmentations" / f"hand_{kind}.nii.gz")
        np.testing.assert_array_equal(found.affine, given.affine)
        array = np.asarray(found.dataobj)
        assert set(np.unique(array)) == {0} | labels
        # Every label lies where the volume is bright.
        assert np.asarray(given.dataobj)[array > 0].min() > 500


def test_the_page_shows_both_pictures_and_tables(tmp_path):
    save_nifti(tmp_path / "hand.nii.gz")
    measure_study([tmp_path / "hand.nii.gz"], tmp_path / "out")
    page = " ".join((tmp_path / "out" / "report.html").read_text().split())
    assert page.count("<img") == 2
    assert "Right index finger" in page
    assert "33.0 mm³" in page
    assert "Voxels of 1 x 0.9 x 0.8 mm" in page
    assert "1 volume<" in page


def test_a_rerun_measures_only_what_changed(tmp_path, measured):
    path = save_nifti(tmp_path / "hand.nii.gz")
    out = tmp_path / "out"

    def again(**options):
        measured.clear()
        measure_study([path], out, **options)
        return len(measured)

    assert again() == 1
    before = load_results(out)
    assert again() == 0
    assert load_results(out) == before
    for damaged in ("segmentations/hand_lesions.nii.gz", "overlays/hand_fingers.png"):
        content = (out / damaged).read_bytes()
        (out / damaged).write_bytes(content[:-1])
        assert again() == 1
        assert (out / damaged).read_bytes() == content
    left = VolumeChoice(laterality=Laterality.LEFT)
    assert again(volumes=left) == 1
    assert measured == [("hand.nii.gz", Laterality.LEFT)]
    assert again(volumes=left) == 0
    assert load_results(out).results[0].bones[123] == "left index distal phalanx"
    save_nifti(path, hand_hu(mineral=901.0))
    assert again(volumes=left) == 1


def test_an_interrupted_run_goes_on(tmp_path, monkeypatch, measured):
    for name in ("a", "b"):
        save_nifti(tmp_path / "in" / f"{name}.nii", hand_hu(900.0 + ord(name)))

    def interrupted(image, *how):
        if image.name == "b.nii":
            raise KeyboardInterrupt
        return fake_measure_volume(image, *how)

    monkeypatch.setattr(run, "measure", interrupted)
    with pytest.raises(KeyboardInterrupt):
        measure_study([tmp_path / "in"], tmp_path / "out")
    assert image_rows(tmp_path / "out")["b.nii"]["status"] == "failed"
    monkeypatch.setattr(run, "measure", fake_measure_volume)
    study = measure_study([tmp_path / "in"], tmp_path / "out")
    assert study.resumed == 1
    assert [result.status for result in study.results] == ["complete", "complete"]


def test_a_pair_is_measured_as_one(tmp_path, measured):
    pair = EnergyPair(
        save_nifti(tmp_path / "80.nii.gz"),
        save_nifti(tmp_path / "150.nii.gz", hand_hu(600.0)),
        "80",
        "Sn150",
    )
    out = tmp_path / "out"
    study = measure_study([], out, volumes=VolumeChoice(pair=pair))
    assert measured == [("80.nii.gz", None)]
    assert study.results[0].measured
    report = json.loads((out / "report.json").read_text())
    assert report["images"][0]["stated"] == {"low": "80", "high": "Sn150"}
    assert measure_study([], out, volumes=VolumeChoice(pair=pair)).resumed == 1


def test_results_are_no_inputs(tmp_path, measured):
    save_nifti(tmp_path / "hand.nii.gz")
    measure_study([tmp_path], tmp_path)
    measured.clear()
    study = measure_study([tmp_path], tmp_path)
    assert (study.resumed, len(study.results), measured) == (1, 1, [])


def test_a_volume_that_is_no_ct_is_a_row_and_spares_the_others(tmp_path):
    save_nifti(tmp_path / "in" / "hand.nii.gz")
    save_nifti(tmp_path / "in" / "labels.nii.gz", (hand_hu() > 100).astype(int))
    out = tmp_path / "out"
    study = measure_study([tmp_path / "in"], out)
    assert [result.status for result in study.results] == ["complete", "failed"]
    assert "a label map" in image_rows(out)["labels.nii.gz"]["reason"]
