"""Every input ends as a file or as a row, nothing is written elsewhere, and runs go on."""

from __future__ import annotations

import csv
import json
import zipfile

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import EncapsulatedPDFStorage, SecondaryCaptureImageStorage

from calcimetry.dicom.deidentify_profile import Profile
from calcimetry.dicom.find import find_series
from calcimetry.errors import InputError, OutputError, SettingsError
from calcimetry.files.tables import TEMPORARY
from calcimetry.study import deidentifying
from calcimetry.study.deidentifying import deidentify_study
from tests.dicom import making

KEY = bytes(range(32))
PROFILE = Profile(subject_prefix="S-", shift_dates=True, clean_descriptors=True)


def visit(folder, date, number=1, **changes):
    """A dual-energy study of the same patient."""
    study = f"1.3.9999.{number}"
    low, high = making.dual_energy(
        StudyDate=date, StudyInstanceUID=study, FrameOfReferenceUID=f"{study}.9", **changes
    )
    for ds in (*low, *high):
        ds.SeriesInstanceUID = f"{study}.{ds.SeriesNumber}"
    return making.save_all(folder, [*low, *high])


@pytest.fixture
def study(tmp_path):
    """Two visits in a folder named after the patient, and what does not belong there."""
    place = tmp_path / "in" / "DOE_JANE"
    visit(place / "v1", "20240228")
    visit(place / "v2", "20250301", 2)
    slice_ = making.volume()[0]
    for name, uid in (("sc", SecondaryCaptureImageStorage), ("pdf", EncapsulatedPDFStorage)):
        making.save(making.ct_slice(slice_, (0, 0, 0), 1, SOPClassUID=uid), place / f"{name}.dcm")
    (place / "DOE notes.txt").write_text("Jane Doe")
    (place / ".DOE").write_text("Jane Doe")
    (place / "DOE.dcm").write_text("Jane Doe")
    return tmp_path / "in"


def rows(out):
    with (out / "files.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_input_ends_as_a_file_or_as_a_row(study, tmp_path):
    out = tmp_path / "out"
    done = deidentify_study([study], out, PROFILE, KEY)
    assert [len(done.of_status(one)) for one in ("written", "refused", "passed over")] == [20, 3, 2]
    assert len(rows(out)) == len(done.rows) == sum(1 for path in study.rglob("*") if path.is_file())
    written = sorted(path.relative_to(out).as_posix() for path in out.rglob("*.dcm"))
    assert written == sorted(row.file for row in done.of_status("written"))
    assert "a secondary capture: a picture of a screen, on which names may stand" in {
        row.reason for row in done.of_status("refused")
    }


def test_nothing_that_is_written_names_the_patient(study, tmp_path):
    out = tmp_path / "out"
    deidentify_study([study], out, PROFILE, KEY)
    for path in out.rglob("*"):
        told = str(path.relative_to(out)).encode() + (path.read_bytes() if path.is_file() else b"")
        for word in (b"DOE", b"Doe", b"JANE", b"Jane", b"P-4711", b"20240228", b"1.3.9999"):
            assert word not in told, path


def test_visits_stay_linked_and_measurable(study, tmp_path):
    out = tmp_path / "out"
    deidentify_study([study], out, PROFILE, KEY)
    before, after = find_series([study]), find_series([out])
    assert len(after.volumes) == 2
    assert len({volume.patient for volume in after.volumes}) == 1
    key = lambda volume: float(volume.load().low.array.sum())  # noqa: E731
    for one, other in zip(
        sorted(before.volumes, key=key), sorted(after.volumes, key=key), strict=True
    ):
        assert (one.low_setting, one.high_setting) == (other.low_setting, other.high_setting)
        first, second = one.load(), other.load()
        np.testing.assert_array_equal(first.low.array, second.low.array)
        np.testing.assert_array_equal(first.high.array, second.high.array)
        np.testing.assert_array_equal(first.grid.affine, second.grid.affine)
    dates = {dcmread(path).StudyDate for path in out.rglob("*.dcm")}
    first, second = sorted(np.datetime64(f"{d[:4]}-{d[4:6]}-{d[6:]}") for d in dates)
    assert second - first == np.datetime64("2025-03-01") - np.datetime64("2024-02-28")


def test_two_runs_give_the_same_files(study, tmp_path):
    first, second = tmp_path / "one", tmp_path / "two"
    for out in (first, second):
        deidentify_study([study], out, PROFILE, KEY)
    files = [path.relative_to(first) for path in first.rglob("*.dcm")]
    assert all((first / file).read_bytes() == (second / file).read_bytes() for file in files)


def test_a_run_goes_on_where_another_stopped(study, tmp_path, monkeypatch):
    out = tmp_path / "out"

    def stop(done, _total, _name):
        if done == 7:
            raise KeyboardInterrupt

    monkeypatch.setattr(deidentifying, "SAVE_EVERY_S", 0.0)
    with pytest.raises(KeyboardInterrupt):
        deidentify_study([study], out, PROFILE, KEY, on_progress=stop)
    there = {path: path.stat().st_mtime_ns for path in out.rglob("*.dcm")}
    assert there
    left = out / TEMPORARY.replace("*", "1")
    left.write_text("half")
    done = deidentify_study([study], out, PROFILE, KEY)
    assert done.resumed == len(there)
    assert {path: path.stat().st_mtime_ns for path in there} == there
    assert len(done.of_status("written")) == 20
    assert not left.exists()
    again = deidentify_study([study], out, PROFILE, KEY)
    assert again.resumed == 20
    assert again.rows == done.rows


def test_a_file_that_was_lost_is_written_again(study, tmp_path):
    out = tmp_path / "out"
    done = deidentify_study([study], out, PROFILE, KEY)
    lost = out / done.of_status("written")[3].file
    before = lost.read_bytes()
    lost.unlink()
    assert deidentify_study([study], out, PROFILE, KEY).resumed == 19
    assert lost.read_bytes() == before


def test_zips_and_dicomdirs_are_read(study, tmp_path):
    folder = study / "DOE_JANE" / "v1"
    with zipfile.ZipFile(tmp_path / "v1.zip", "w") as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"DOE/{path.name}")
        archive.writestr("DOE/readme.txt", "Jane Doe")
    done = deidentify_study([tmp_path / "v1.zip"], tmp_path / "zipped", PROFILE, KEY)
    assert len(done.of_status("written")) == 10
    assert done.reasons("passed over") == {"no DICOM; unpack the zip to have them measured": 1}
    listed = making.save_directory(folder, [[path.name] for path in sorted(folder.iterdir())])
    done = deidentify_study([listed], tmp_path / "listed", PROFILE, KEY)
    assert len(done.of_status("written")) == 10
    done = deidentify_study([folder], tmp_path / "both", PROFILE, KEY)
    assert any("a DICOMDIR" in reason for reason in done.reasons("passed over"))
    assert done.of_status("refused") == ()


def test_an_object_that_is_there_twice_is_written_once(study, tmp_path):
    v1 = study / "DOE_JANE" / "v1"
    (v1 / "copy.dcm").write_bytes((v1 / "0000.dcm").read_bytes())
    other = dcmread(v1 / "0001.dcm")
    other.InstanceNumber = 77
    other.save_as(v1 / "other.dcm")
    done = deidentify_study([v1], tmp_path / "out", PROFILE, KEY)
    assert done.reasons("passed over") == {"the same file as input 1": 1}
    assert done.reasons("refused") == {"another object of the same SOPInstanceUID as input 2": 1}


def test_painted_and_damaged_pixels_are_refused(tmp_path):
    slices = making.series(np.zeros((4, 64, 64), np.int16))
    slices[2].BitsStored, slices[2].HighBit = 12, 11
    hidden = np.full((64, 64), 1024, np.uint16)
    hidden[20:30, 20:30] |= 0x1000
    slices[2].PixelData = hidden.tobytes()
    bright = np.zeros((64, 64), np.uint16)
    bright[2, 2:-2] = bright[-3, 2:-2] = bright[2:-2, 2] = bright[2:-2, -3] = 4000
    slices[0].PixelData = bright.tobytes()
    slices[1].PixelData = slices[1].PixelData[:100]
    making.save_all(tmp_path / "in", slices)
    done = deidentify_study([tmp_path / "in"], tmp_path / "out", PROFILE, KEY)
    assert [row.status for row in done.rows] == ["refused", "refused", "refused", "written"]
    assert "unused bits" in done.rows[2].reason
    assert done.rows[0].reason == "words or a frame seem to be painted into its pixels"
    assert "cut off" in done.rows[1].reason


def test_what_is_damaged_is_a_row(study, tmp_path):
    path = study / "DOE_JANE" / "v1" / "0000.dcm"
    path.write_bytes(path.read_bytes()[:400])
    done = deidentify_study([path], tmp_path / "out", PROFILE, KEY)
    assert [row.status for row in done.rows] == ["refused"]
    assert "0000" not in done.rows[0].reason


def test_what_was_done_stands_in_the_tables_and_on_the_page(study, tmp_path):
    out = tmp_path / "out"
    deidentify_study([study], out, PROFILE, KEY)
    with (out / "attributes.csv").open(encoding="utf-8", newline="") as file:
        done = {(row["attribute"], row["action"]): row["files"] for row in csv.DictReader(file)}
    assert done["Patient's Name", "pseudonym"] == "20"
    assert done["Study Date", "shifted"] == "20"
    assert done["Pixel Data", "kept"] == "20"
    page = (out / "deidentification.html").read_text(encoding="utf-8")
    assert "20 files of 1 patient were written, 3 were refused and 2 passed over" in page
    report = json.loads((out / "deidentification.json").read_text(encoding="utf-8"))
    assert report["profile"]["shift_dates"] is True
    assert len(report["patterns"]) <= 4  # what slices share is told once


def test_the_crosswalk_is_written_only_on_demand_and_for_its_owner(study, tmp_path):
    out, crosswalk = tmp_path / "out", tmp_path / "crosswalk.csv"
    deidentify_study([study], out, PROFILE, KEY, crosswalk=crosswalk)
    with crosswalk.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert len(found) == len(rows(out))
    first = next(row for row in found if row["status"] == "written")
    assert first["patient_id"] == "P-4711"
    assert (out / first["file"]).is_file()
    assert first["new_study_instance_uid"] == dcmread(out / first["file"]).StudyInstanceUID
    assert -365 <= int(first["shift_days"]) <= -1
    assert crosswalk.stat().st_mode & 0o077 == 0
    deidentify_study([study], out, PROFILE, KEY, crosswalk=crosswalk)  # its own may be replaced
    (tmp_path / "other.csv").write_text("mine")
    with pytest.raises(OutputError, match="is no crosswalk"):
        deidentify_study([study], out, PROFILE, KEY, crosswalk=tmp_path / "other.csv")
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(OutputError, match="is no text"):
        deidentify_study([study], out, PROFILE, KEY, crosswalk=tmp_path / "bytes.csv")
    with pytest.raises(OutputError, match=r"Writing the crosswalk x\.csv: Not a directory"):
        deidentify_study([study], out, PROFILE, KEY, crosswalk=tmp_path / "other.csv" / "x.csv")

    late = tmp_path / "late.csv"
    with pytest.raises(OutputError, match=r"Writing the crosswalk late\.csv: Is a directory"):
        deidentify_study(
            [study],
            out,
            PROFILE,
            KEY,
            crosswalk=late,
            on_progress=lambda *_: late.mkdir(exist_ok=True),
        )


@pytest.mark.parametrize("where", ["in/out", "in", "."])
def test_it_never_writes_into_the_input_or_around_it(study, tmp_path, where):
    with pytest.raises(OutputError, match="it lies in the folder to de-identify, or around it"):
        deidentify_study([study], tmp_path / where, PROFILE, KEY)
    assert not (tmp_path / "in" / "out").exists()


def test_it_never_writes_over_other_things(study, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="expected a new or empty folder"):
        deidentify_study([study], out, PROFILE, KEY)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"Writing to .*file"):
        deidentify_study([study], tmp_path / "file", PROFILE, KEY)


def test_another_key_or_profile_does_not_go_on_in_a_folder(study, tmp_path):
    out = tmp_path / "out"
    deidentify_study([study], out, PROFILE, KEY)
    for profile, key in ((PROFILE, KEY[::-1]), (Profile(), KEY)):
        with pytest.raises(OutputError, match="made with another key, profile or version"):
            deidentify_study([study], out, profile, key)
    (out / "deidentification.json").write_text("{}")
    with pytest.raises(OutputError, match="it is damaged"):
        deidentify_study([study], out, PROFILE, KEY)


def test_keys_and_crosswalks_are_kept_out_of_what_is_passed_on(study, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(OutputError, match=r"trial\.key lies in it and would be passed on"):
        deidentify_study([study], out, Profile(key_file=str(out / "trial.key")), KEY)
    with pytest.raises(OutputError, match=r"who\.csv lies in it and would be passed on"):
        deidentify_study([study], out, PROFILE, KEY, crosswalk=out / "who.csv")


def test_something_to_do_and_a_key_are_needed(tmp_path, study):
    with pytest.raises(InputError, match="no file or folder was named"):
        deidentify_study([], tmp_path / "out", PROFILE, KEY)
    with pytest.raises(SettingsError, match="at least 16 bytes"):
        deidentify_study([study], tmp_path / "out", PROFILE, b"short")


def test_enhanced_ct_stays_measurable(tmp_path):
    making.save(making.enhanced(), tmp_path / "in" / "ct.dcm")
    done = deidentify_study([tmp_path / "in"], tmp_path / "out", PROFILE, KEY)
    assert [row.status for row in done.rows] == ["written"]
    (before,), (after,) = (find_series([tmp_path / one]).volumes for one in ("in", "out"))
    np.testing.assert_array_equal(before.load().array, after.load().array)
    np.testing.assert_array_equal(before.grid.affine, after.grid.affine)
    assert before.laterality == after.laterality


def test_sites_that_number_their_patients_themselves_are_kept_apart(study, tmp_path):
    folders = []
    for site in ("01", "02", "01"):
        out = tmp_path / f"out{len(folders)}"
        profile = Profile(subject_prefix="S-", numbering=site)
        (patient,) = {
            row.file.partition("/")[0]
            for row in deidentify_study([study], out, profile, KEY).of_status("written")
        }
        folders.append(patient)
    assert folders[0] == folders[2] != folders[1]
