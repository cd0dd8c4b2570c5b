from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from calcimetry.errors import InputError, OutputError, UnreadableFile
from calcimetry.files.columns import (
    EMPTY_COLUMNS,
    FINGER_COLUMNS,
    HAND_COLUMNS,
    IMAGE_COLUMNS,
    LESION_COLUMNS,
    PATIENT_COLUMNS,
)
from calcimetry.files.records import result_from, to_record
from calcimetry.files.results import Contents, FingerResult, HandResult, Result
from calcimetry.files.results_folder import load_results, read_results, save_results
from calcimetry.measurement.burden import total_burden
from calcimetry.model import Grid, Interval, Laterality
from tests.fakes import lesion
from tests.simple_hand import hand_of, index_finger


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
        "coverage": {"middle_phalanx": "off-plane"},
        "visible_share": {"visible_share_middle": 0.62},
    }
    return Result(**{**values, **changes})


def volume_lesion(number, digit):
    shift = np.eye(4)
    shift[:3, 3] = 0.25 * number
    return replace(
        lesion(number),
        bone=10 * digit + 1,
        volume_mm3=2.5 * number,
        volume_interval=Interval(2.0 * number, 3.0 * number),
        plane=Grid((1, 9, 8), shift),
        side="right",
        digit=digit,
        aspect="volar",
        mean_hu=412.0,
        bone_contact_mm2=0.5,
        surface_mm2=8.0,
        feret_diameter_max_mm=2.0,
        second_axis_mm=1.5,
        third_axis_mm=1.0,
        ellipsoid_volume_mm3=1.56,
        depth_mm=0.7,
        plane_offset_mm=-1.2,
        not_measured={"mass_mg": "no calibration yet"},
    )


def volume_result(**changes):
    coverage = {"proximal_phalanx": "complete", "distal_phalanx": "not found"}
    thumb = FingerResult(
        *("right thumb", "right", 1, "partial", "no thumb distal phalanx was found", coverage),
        *(1, 1.44, Interval(1.04, 1.84), 1.13, 2.5, Interval(2.0, 3.0)),
        visible_share={"visible_share_proximal": 1.0, "visible_share_distal": 0.0},
    )
    lesions = (volume_lesion(1, 1), volume_lesion(2, 0))
    hand = HandResult(
        *("right hand", "right", (1, 2), 2, "partial", "not found: ring"),
        total_burden(lesions, is_volume=True),
    )
    values = {
        "hands": (hand,),
        "image": "hand.nii.gz",
        "stem": "hand",
        "pixel_spacing_mm": None,
        "lesions": lesions,
        "columns": {},
        "files": ("segmentations/hand_bones.nii.gz",),
        "volume_mm3": 7.5,
        "volume_interval": Interval(6.5, 8.5),
        "spacing_mm": (0.8, 0.5, 0.6),
        "fingers": (thumb, replace(thumb, digit=0, side=None, volume_mm3=0.0)),
        "stated": {"side": "right"},
        "coverage": {},
        "visible_share": {},
        "anatomy": (hand_of(index_finger(), index_finger(None, reason="which finger?")),),
        "tube_settings": ("80", "Sn150"),
        "kernel": "Br40",
    }
    return full_result(**{**values, **changes})


def with_plane(plane):
    record = to_record(volume_result())
    record["lesions"][0]["plane"] = plane
    return {"format": 1, "made_with": {}, "passed_over": {}, "images": [record]}


def rows(path: Path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_what_is_saved_is_read_back(tmp_path):
    failed = Result("b.jpg", "b", "k2", "failed", reason="truncated")
    contents = Contents((full_result(), failed), {"m": {"version": "1"}}, {"n.txt": "why"})
    save_results(tmp_path, contents)
    assert load_results(tmp_path) == contents


def test_a_volume_is_read_back_with_its_planes_and_fingers(tmp_path):
    contents = Contents((volume_result(), full_result()), {"m": {"version": "1"}})
    save_results(tmp_path, contents)
    assert load_results(tmp_path) == contents


def test_a_plane_does_not_lead_back_to_the_study(tmp_path):
    uid = "1.2.826.0.1.3680043.8.498.1"
    plane = replace(volume_lesion(1, 2), plane=Grid((1, 9, 8), np.eye(4), uid))
    save_results(tmp_path, Contents((volume_result(lesions=(plane,)),)))
    assert uid not in (tmp_path / "report.json").read_text()
    (found,) = load_results(tmp_path).results[0].lesions
    assert found.plane == Grid((1, 9, 8), np.eye(4))


def test_results_from_before_there_were_volumes_are_read(tmp_path):
    save_results(tmp_path, Contents((full_result(),)))
    report = json.loads((tmp_path / "report.json").read_text())
    (image,) = report["images"]
    for name in ("volume_mm3", "volume_interval", "spacing_mm", "fingers", "hands", "stated"):
        del image[name]
    for record in image["lesions"]:
        for name in ("volume_mm3", "volume_interval", "plane", "side", "digit", "aspect"):
            del record[name]
    (tmp_path / "report.json").write_text(json.dumps(report))
    assert load_results(tmp_path).results == (full_result(),)


def test_mass_density_and_material_are_saved_and_read_back(tmp_path):
    weighed = replace(
        volume_lesion(1, 1),
        mass_mg=1.25,
        mass_interval=Interval(1.0, 1.5),
        density_mg_cm3=500.0,
        density_interval=Interval(350.0, 650.0),
        dual_energy_ratio=2.01,
        material="calcium",
        material_probability=0.999,
        density_method="dual energy",
        calibration="rods",
        not_measured={},
    )
    urate = replace(volume_lesion(2, 1), material="urate")
    result = volume_result(lesions=(weighed, urate), mass_mg=1.25, mass_interval=Interval(1.0, 1.5))
    contents = Contents((result,))
    save_results(tmp_path, contents)
    assert load_results(tmp_path).results == (result,)
    (image,) = rows(tmp_path / "images.csv")
    assert (image["lesion_count"], image["urate_count"], image["mass_mg"]) == ("1", "1", "1.25")
    assert (image["mass_mg_low"], image["mass_mg_high"]) == ("1", "1.5")
    row, _ = rows(tmp_path / "lesions.csv")
    assert row["density_mg_cm3_low"] == "350"
    assert (row["material"], row["calibration"]) == ("calcium", "rods")


def test_tables_of_a_volume(tmp_path):
    save_results(tmp_path, Contents((volume_result(columns={"patient": "p1"}),)))
    (row,) = rows(tmp_path / "images.csv")
    expected = {
        "volume_mm3": "7.5",
        "volume_mm3_low": "6.5",
        "volume_mm3_high": "8.5",
        "spacing_slice_mm": "0.8",
        "spacing_row_mm": "0.5",
        "spacing_column_mm": "0.6",
        "pixel_spacing_mm": "",
    }
    assert expected.items() <= row.items()
    header = (tmp_path / "fingers.csv").read_text().splitlines()[0].split(",")
    assert tuple(header) == FINGER_COLUMNS
    thumb, unknown = rows(tmp_path / "fingers.csv")
    assert thumb == {
        "image": "hand.nii.gz",
        "patient": "p1",
        "side": "right",
        "digit": "1",
        "status": "partial",
        "reason": "no thumb distal phalanx was found",
        "proximal_phalanx": "complete",
        "middle_phalanx": "",
        "distal_phalanx": "not found",
        "lesion_count": "1",
        "area_mm2": "1.44",
        "ellipse_area_mm2": "1.13",
        "volume_mm3": "2.5",
        "mass_mg": "",
        "area_mm2_low": "1.04",
        "area_mm2_high": "1.84",
        "volume_mm3_low": "2",
        "volume_mm3_high": "3",
        "mass_mg_low": "",
        "mass_mg_high": "",
        "urate_count": "0",
        "visible_share_proximal": "1",
        "visible_share_middle": "",
        "visible_share_distal": "0",
    }
    assert (unknown["side"], unknown["digit"], unknown["volume_mm3"]) == ("", "0", "0")
    first, _ = rows(tmp_path / "lesions.csv")
    expected = {
        "side": "right",
        "digit": "1",
        "bone": "thumb proximal phalanx",
        "aspect": "volar",
        "volume_mm3": "2.5",
        "volume_mm3_low": "2",
        "volume_mm3_high": "3",
        "mean_hu": "412",
    }
    assert expected.items() <= first.items()


def test_empty_cells_of_a_volume_are_explained(tmp_path):
    save_results(tmp_path, Contents((volume_result(),)))
    (image,) = rows(tmp_path / "images.csv")
    report = json.loads((tmp_path / "report.json").read_text())
    explained = set(report["empty_columns_of_volumes"])
    for table in ("lesions.csv", "fingers.csv", "hands.csv"):
        empty = {name for name, value in rows(tmp_path / table)[0].items() if not value}
        assert empty - {"patient"} <= explained
    empty = {name for name, value in image.items() if not value}
    assert empty - {"patient", "reason"} <= explained


def test_a_record_of_before_some_sizes_were_measured_can_be_read():
    record = to_record(volume_result())
    later = ("ellipse_misfit", "bone_contact_share", "surface_mm2", "depth_mm", "plane_offset_mm")
    for lesion_record in record["lesions"]:
        for name in later:
            del lesion_record[name]
    lesions = result_from(record).lesions
    assert all(getattr(one, name) is None for one in lesions for name in later)
    assert lesions[0].third_axis_mm == 1.0


def test_pictures_alone_have_no_table_of_fingers(tmp_path):
    save_results(tmp_path, Contents((full_result(),)))
    assert not (tmp_path / "fingers.csv").exists()
    assert not (tmp_path / "hands.csv").exists()


def test_tables_of_hands_and_patients(tmp_path):
    columns = {"patient": "p1", "visit": "2"}
    save_results(tmp_path, Contents((volume_result(columns=columns),)))
    (hand,) = rows(tmp_path / "hands.csv")
    assert tuple(hand) == HAND_COLUMNS
    expected = {
        "image": "hand.nii.gz",
        "patient": "p1",
        "side": "right",
        "status": "partial",
        "reason": "not found: ring",
        "fingers": "1 2",
        "lesion_count": "2",
        "area_mm2": "2.88",
        "volume_mm3": "7.5",
        "mass_mg": "",
        "urate_count": "0",
    }
    assert expected.items() <= hand.items()
    (patient,) = rows(tmp_path / "patients.csv")
    assert tuple(patient) == PATIENT_COLUMNS
    expected = {
        "patient": "p1",
        "visit": "2",
        "status": "partial",
        "reason": "right hand: not found: ring",
        "image_count": "1",
        "images": "hand.nii.gz",
        "hands": "right",
        "lesion_count": "2",
        "volume_mm3": "7.5",
    }
    assert expected.items() <= patient.items()


def test_nobody_known_no_table_of_patients(tmp_path):
    save_results(tmp_path, Contents((volume_result(),)))
    assert not (tmp_path / "patients.csv").exists()


def test_a_patient_that_cannot_be_added_up_is_a_row_without_numbers(tmp_path):
    both = [volume_result(image=name, columns={"patient": "p1"}, hands=()) for name in "ab"]
    save_results(tmp_path, Contents(tuple(both)))
    (row,) = rows(tmp_path / "patients.csv")
    assert (row["status"], row["lesion_count"], row["images"]) == ("failed", "", "")


def test_urate_is_not_counted_but_reported(tmp_path):
    gout = replace(volume_lesion(2, 1), material="urate")
    save_results(tmp_path, Contents((volume_result(lesions=(volume_lesion(1, 1), gout)),)))
    (row,) = rows(tmp_path / "images.csv")
    assert (row["lesion_count"], row["urate_count"]) == ("1", "1")
    assert [one["material"] for one in rows(tmp_path / "lesions.csv")] == ["", "urate"]


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
        "volume_mm3_low": "",
        "volume_mm3_high": "",
        "spacing_slice_mm": "",
        "spacing_row_mm": "",
        "spacing_column_mm": "",
        "mass_mg_low": "",
        "mass_mg_high": "",
        "urate_count": "",
        "proximal_phalanx": "",
        "middle_phalanx": "off-plane",
        "distal_phalanx": "",
        "visible_share_proximal": "",
        "visible_share_middle": "0.62",
        "visible_share_distal": "",
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
    assert set(EMPTY_COLUMNS) <= set(LESION_COLUMNS) | set(IMAGE_COLUMNS)


def test_no_folder_holds_nothing(tmp_path):
    assert load_results(tmp_path / "new") == Contents()
    assert load_results(tmp_path) == Contents()


def test_a_file_in_place_of_the_folder(tmp_path):
    (tmp_path / "out").touch()
    with pytest.raises(OutputError, match="this is a file"):
        load_results(tmp_path / "out")


@pytest.mark.parametrize("name", ["images.csv", "fingers.csv", "lesions.csv", "report.html"])
def test_tables_of_somebody_else_are_not_overwritten(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(OutputError, match="not calcimetry's to overwrite"):
        load_results(tmp_path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "damaged"),
        ("[]", "found something else"),
        ('{"format": 0}', "found something else"),
        ('{"format": 99}', "newer version of calcimetry .format 99"),
        ('{"format": 1}', "damaged"),
        ('{"format": 1, "made_with": NaN}', r"damaged .*NaN"),
        ('{"format": 1, "made_with": {}, "passed_over": 7, "images": []}', "damaged"),
        ("[" * 100_000, "damaged"),
        ('{"format": 1, "made_with": {}, "passed_over": {}, "images": [{}]}', "damaged"),
        (json.dumps(with_plane({"shape": [1, 2], "affine": []})), "damaged .*positive whole"),
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


def test_hands_are_read_back_with_their_sides(tmp_path):
    hand = hand_of(index_finger(Laterality.LEFT), laterality=Laterality.LEFT)
    save_results(tmp_path, Contents((volume_result(anatomy=(hand,)),)))
    (found,) = read_results(tmp_path).results[0].anatomy
    assert found == hand


def test_results_to_be_read_must_be_there(tmp_path):
    with pytest.raises(UnreadableFile, match=r"report.json: No such file"):
        read_results(tmp_path)


@pytest.mark.parametrize("where", ["image", "lesion"])
def test_results_of_a_newer_version_are_told_from_damaged_ones(tmp_path, where):
    record = to_record(full_result())
    (record if where == "image" else record["lesions"][1])["unheard_of"] = 1
    content = {"format": 1, "made_with": {"m": {"version": "9.1"}}, "passed_over": {}}
    (tmp_path / "report.json").write_text(json.dumps(content | {"images": [record]}))
    with pytest.raises(InputError, match=r"newer version of calcimetry \(9.1, with unheard_of"):
        read_results(tmp_path)
    with pytest.raises(OutputError, match="Choose another"):
        load_results(tmp_path)


@pytest.mark.parametrize("made_with", [{"m": {"version": "9.1"}}, {"m": 7}, 3])
def test_what_lacks_something_is_damaged_and_not_newer(tmp_path, made_with):
    record = to_record(full_result())
    del record["image"]
    content = {"format": 1, "made_with": made_with, "passed_over": {}, "images": [record]}
    (tmp_path / "report.json").write_text(json.dumps(content))
    with pytest.raises(UnreadableFile, match="damaged"):
        read_results(tmp_path)
