"""DICOM results beside the tables: when they are made, kept, made again and refused."""

from __future__ import annotations

import numpy as np
import PIL.Image
import pydicom
import pytest

from calcimetry.dicom.findings import Tracking
from calcimetry.errors import NotMeasurable
from calcimetry.settings import Settings
from calcimetry.study import dicom_files, measure_study, run, writing
from tests.dicom import making
from tests.fakes import SPACING, fake_measure, image_rows, save_picture
from tests.volumes import fake_measure_volume, hand_hu, save_nifti

#: Identity in the headers that no file name, table or page may hold.
IDENTITY = ("DOE", "4711", making.STUDY)


@pytest.fixture(autouse=True)
def measured(monkeypatch):
    """Measuring that is quick, and remembers what it was called with."""
    calls = []

    def quick(image, settings, *how):
        calls.append(image.name)
        return fake_measure_volume(image, settings, *how) if how else fake_measure(image, settings)

    monkeypatch.setattr(run, "measure", quick)
    small = PIL.Image.new("RGB", (30, 60))
    for name in ("draw_overlay", "draw_hands", "draw_fingers"):
        monkeypatch.setattr(writing, name, lambda *_: small)
    return calls


@pytest.fixture
def study(tmp_path):
    datasets = making.series(hand_hu(), PixelSpacing=[0.9, 0.8], step=(0.0, 0.0, 1.0))
    return making.save_all(tmp_path / "study", datasets)


def names(out):
    return sorted(path.name for path in out.rglob("*.dcm"))


ALL = [
    "bones.dcm",
    "lesions.dcm",
    *("picture-1.dcm", "picture-2.dcm"),
    *("plane-0001.dcm", "plane-0002.dcm", "plane-0003.dcm"),
    "report.dcm",
]


def uids(files):
    return {path.name: pydicom.dcmread(path).SOPInstanceUID for path in files}


def test_results_lie_beside_the_tables_and_name_nobody(study, tmp_path):
    out = tmp_path / "out"
    done = measure_study([study], out, dicom=True)
    files = dicom_files(out, done.results[0])
    assert sorted(files) == sorted(out.rglob("*.dcm"))
    assert names(out) == ALL
    assert files[-1].name == "report.dcm"
    report = pydicom.dcmread(files[-1])
    assert report.PatientID == "P-4711"
    told = "".join(str(path.relative_to(out)) for path in out.rglob("*"))
    told += "".join(
        path.read_text(encoding="utf-8")
        for path in out.iterdir()
        if path.suffix != "" and path.is_file()
    )
    assert not [word for word in IDENTITY if word in told]


def test_hands_and_fingers_are_in_the_report(study, tmp_path):
    done = measure_study([study], tmp_path / "out", dicom=True)
    report = pydicom.dcmread(dicom_files(tmp_path / "out", done.results[0])[-1])
    groups = report.ContentSequence[-1].ContentSequence
    assert [one.ContentSequence[0].TextValue for one in groups] == [
        *("Lesion 1", "Lesion 2", "Lesion 3"),
        *("Right hand", "Right thumb", "Right index finger", "Volume"),
    ]
    bones = pydicom.dcmread(tmp_path / "out" / done.results[0].files[-len(ALL)])
    assert bones.SegmentSequence[0].SegmentLabel == "right thumb proximal phalanx"


def test_measured_before_it_is_not_measured_again_for_its_dicom(study, tmp_path, measured):
    out = tmp_path / "out"
    measure_study([study], out)
    assert names(out) == []
    measured.clear()
    done = measure_study([study], out, dicom=True)
    assert (done.resumed, measured, names(out)) == (1, [], ALL)
    first = uids(dicom_files(out, done.results[0]))
    fresh = measure_study([study], tmp_path / "fresh", dicom=True)
    assert uids(dicom_files(tmp_path / "fresh", fresh.results[0])) == first


def test_what_is_there_stays_and_what_is_damaged_is_made_again(study, tmp_path, measured):
    out = tmp_path / "out"
    files = dicom_files(out, measure_study([study], out, dicom=True).results[0])
    before = {path: path.stat().st_mtime_ns for path in files}
    measured.clear()
    measure_study([study], out, dicom=True)
    measure_study([study], out)
    assert {path: path.stat().st_mtime_ns for path in files} == before
    for damaged, cut in ((files[0], 100), (files[-1], 300), (files[2], 5000)):
        content = damaged.read_bytes()
        damaged.write_bytes(content[:-cut])
        again = measure_study([study], out, dicom=True).results[0]
        assert len(damaged.read_bytes()) == len(content)
        assert dicom_files(out, again) == files
    files[1].unlink()
    measure_study([study], out, dicom=True)
    assert names(out) == ALL
    assert measured == []
    before = {path: path.stat().st_mtime_ns for path in files}
    measure_study([study], out, dicom=True, overwrite=True)
    assert not [path for path in files if path.stat().st_mtime_ns == before[path]]


def test_other_settings_make_other_objects_in_place_of_the_old(study, tmp_path):
    out = tmp_path / "out"
    first = uids(dicom_files(out, measure_study([study], out, dicom=True).results[0]))
    other = measure_study([study], out, dicom=True, settings=Settings(score=True))
    second = uids(dicom_files(out, other.results[0]))
    assert second.keys() == first.keys()
    assert not set(second.values()) & set(first.values())
    measure_study([study], out, settings=Settings())
    assert names(out) == []  # those of the settings before are no results of these


def test_names_from_an_earlier_visit_are_carried_on(study, tmp_path):
    out = tmp_path / "out"
    first = measure_study([study], out, dicom=True).results[0]
    tracking = {first.image: {2: Tracking("thumb 1", "1.2.3.4.5")}}
    named = measure_study([study], out, dicom=True, tracking=tracking).results[0]
    lesions = pydicom.dcmread(
        next(path for path in dicom_files(out, named) if path.stem == "lesions")
    )
    assert lesions.SegmentSequence[1].TrackingUID == "1.2.3.4.5"


def test_what_belongs_to_no_study_is_refused_and_spares_the_rest(study, tmp_path, measured):
    save_picture(study / "a.png")
    save_nifti(study / "b.nii.gz")
    done = measure_study([study], tmp_path / "out", pixel_spacing_mm=SPACING, dicom=True)
    assert [one.status for one in done.results] == ["complete", "failed", "failed"]
    assert len(measured) == 1
    rows = image_rows(tmp_path / "out")
    for name in ("a.png", "b.nii.gz"):
        assert rows[name]["reason"].startswith(f"{name}: it belongs to no DICOM study")
    assert names(tmp_path / "out") == ALL


def test_a_study_that_cannot_be_measured_says_so_in_a_report(study, tmp_path, monkeypatch):
    def refuse(image, *_):
        raise NotMeasurable("no bone of a hand was found")

    monkeypatch.setattr(run, "measure", refuse)
    done = measure_study([study], tmp_path / "out", dicom=True)
    (report,) = dicom_files(tmp_path / "out", done.results[0])
    assert "no bone of a hand was found" in str(pydicom.dcmread(report))
    assert done.results[0].status == "failed"


def test_a_failure_leaves_the_objects_of_an_earlier_measurement(study, tmp_path, monkeypatch):
    out = tmp_path / "out"
    files = dicom_files(out, measure_study([study], out, dicom=True).results[0])
    before = uids(files)

    def refuse(image, *_):
        raise NotMeasurable("no bone of a hand was found")

    monkeypatch.setattr(run, "measure", refuse)
    done = measure_study([study], out, dicom=True, overwrite=True)
    assert done.results[0].status == "failed"
    assert uids(files) == before


def test_a_study_without_uids_keeps_its_measurement_and_says_why_it_has_no_dicom(tmp_path):
    datasets = making.series(hand_hu(), StudyInstanceUID=None)
    making.save_all(tmp_path / "study", datasets)
    done = measure_study([tmp_path / "study"], tmp_path / "out", dicom=True)
    (result,) = done.results
    assert result.measured
    assert "slices state no UID" in result.warnings[-1]
    assert dicom_files(tmp_path / "out", result) == ()
    again = measure_study([tmp_path / "study"], tmp_path / "out", dicom=True).results[0]
    assert again.warnings == result.warnings


def test_an_error_that_nobody_expected_costs_no_measurement_and_quotes_nothing(
    study, tmp_path, monkeypatch
):
    from calcimetry.study import dicom_results

    def break_down(*_):
        raise ValueError("Invalid value for VR PN: DOE^JANE")

    monkeypatch.setattr(dicom_results, "result_objects", break_down)
    (result,) = measure_study([study], tmp_path / "out", dicom=True).results
    assert result.measured
    assert "No DICOM results: internal error (ValueError at " in result.warnings[-1]
    assert "DOE" not in result.warnings[-1]


def test_a_pair_is_measured_and_referred_to_as_one(tmp_path):
    low = making.series(hand_hu(), number=2, KVP=80, SeriesDescription="DE 80 kV hand")
    high = making.series(hand_hu() // 2, number=3, KVP=150, SeriesDescription="DE Sn150 kV hand")
    making.save_all(tmp_path / "study", [*low, *high])
    done = measure_study([tmp_path / "study"], tmp_path / "out", dicom=True)
    bones = pydicom.dcmread(dicom_files(tmp_path / "out", done.results[0])[0])
    assert len(bones.ReferencedSeriesSequence) == 2
    labels = np.unique(bones.pixel_array)
    assert labels.tolist() == [0, 1]
