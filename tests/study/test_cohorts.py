"""Cohorts on disk: tables that fit together, finished patients kept, other folders left alone."""

import csv
import json

import pytest

from calcimetry.errors import OutputError, SettingsError
from calcimetry.files.manifest import read_manifest
from calcimetry.phantom.cohort import Cohort, Group
from calcimetry.study import cohorts
from calcimetry.study.cohorts import write_cohort
from calcimetry.study.phantom_output import PhantomOutput

SMALL = Cohort(5, (Group("trial", 2, 3, cut_off=1),), visits=2)
OUTPUT = PhantomOutput("jpeg", spacing_mm=1.2)


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cohort") / "out"
    done = write_cohort(SMALL, folder, OUTPUT)
    assert (done.made, done.kept) == (2, 0)
    return folder


def table(out, name):
    with (out / "truth" / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_picture_is_in_the_manifest_and_shows_calcification(out):
    rows = read_manifest(out / "images" / "manifest.csv")
    assert len(rows) == 6
    assert {row.columns["patient"] for row in rows} == {"trial-01", "trial-02"}
    assert sum(row.columns["cut_off"] == "true" for row in rows) == 2
    for row in rows:
        assert (out / "images" / row.image).is_file()
        if row.columns["visit"] == "1":
            assert 0.4 <= float(row.columns["true_area_mm2"]) <= 48.2
    on_disk = {str(p.relative_to(out / "images")) for p in (out / "images").rglob("*.jpg")}
    assert on_disk == {row.image for row in rows}


def test_tables_fit_together(out):
    pictures = table(out, "pictures")
    readings = table(out, "readings")
    images = {row["image"] for row in pictures}
    assert {row["image"] for row in readings} <= images
    assert {row["reader"] for row in readings} == {"radiologist 1", "radiologist 2"}
    lesions = table(out, "lesions")
    assert {row["visit"] for row in lesions} == {"1", "2"}
    # A deposit is told again at the next visit by its own number.
    scans = {(row["patient"], row["scan"]) for row in lesions}
    for scan in scans:
        at = [
            {
                row["deposit"]
                for row in lesions
                if (row["patient"], row["scan"]) == scan and row["visit"] == visit
            }
            for visit in ("1", "2")
        ]
        assert at[0] & at[1]


def test_truth_has_one_entry_per_scan(out):
    truth = json.loads((out / "truth" / "trial-01" / "truth.json").read_text("utf-8"))
    assert [one["visit"] for one in truth] == [1, 2] * (len(truth) // 2)
    assert truth[0]["date"] == "2020-01-06"
    assert truth[1]["date"] == "2021-01-05"
    assert all(one["pictures"] for one in truth)


def test_finished_patients_are_not_made_again(out, monkeypatch):
    monkeypatch.setattr(cohorts, "write_patient", None)
    told = []
    done = write_cohort(SMALL, out, OUTPUT, lambda *what: told.append(what))
    assert (done.made, done.kept) == (0, 2)
    assert told[-1][0] == told[-1][1]


def test_an_interrupted_cohort_goes_on(tmp_path, monkeypatch):
    made = []

    def patient(folder, fingers, *_):
        name = fingers[0].patient
        if name == "trial-02" and made == ["trial-01"]:
            made.append("interrupted")
            (folder / "images").mkdir(parents=True)
            raise KeyboardInterrupt
        made.append(name)
        for part in ("images", "truth"):
            (folder / part).mkdir(parents=True)
        tables = {"pictures": [], "lesions": [], "readings": []}
        (folder / "truth" / "tables.json").write_text(json.dumps(tables))

    monkeypatch.setattr(cohorts, "write_patient", patient)
    with pytest.raises(KeyboardInterrupt):
        write_cohort(SMALL, tmp_path, OUTPUT)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cohort.json", "images", "truth"]
    done = write_cohort(SMALL, tmp_path, OUTPUT)
    assert (done.made, done.kept) == (1, 1)
    assert made == ["trial-01", "interrupted", "trial-02"]


def test_a_cohort_of_other_settings_is_left_alone(out):
    with pytest.raises(OutputError, match="it holds a cohort of other settings"):
        write_cohort(SMALL, out, PhantomOutput("jpeg", spacing_mm=1.0))


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="expected a new or empty folder"):
        write_cohort(SMALL, tmp_path, OUTPUT)


def test_a_damaged_table_says_what_to_do(tmp_path, monkeypatch):
    def patient(folder, *_):
        for part in ("images", "truth"):
            (folder / part).mkdir(parents=True)

    monkeypatch.setattr(cohorts, "write_patient", patient)
    with pytest.raises(OutputError, match=r"Reading .*tables\.json: it is damaged"):
        write_cohort(SMALL, tmp_path, OUTPUT)


def test_a_place_that_is_taken_is_told(tmp_path, monkeypatch):
    def patient(folder, *_):
        (folder / "images").mkdir(parents=True)  # the truth is missing

    monkeypatch.setattr(cohorts, "write_patient", patient)
    with pytest.raises(OutputError, match="finished patients are kept"):
        write_cohort(SMALL, tmp_path, OUTPUT)


def test_volumes_of_a_cohort(tmp_path):
    one = Cohort(5, (Group("trial", 1, 1),))
    write_cohort(one, tmp_path / "out", PhantomOutput("nifti", spacing_mm=1.5))
    found = sorted(
        p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.gz")
    )
    assert len(found) >= 4
    assert found[0].startswith("images/trial-01/visit-1/")
    assert not (tmp_path / "out" / "images" / "manifest.csv").exists()


def test_a_projected_cohort_has_the_truth_of_the_quick_one(tmp_path):
    one = Cohort(5, (Group("trial", 1, 1),))
    lesions = []
    for physics in ("image", "projection"):
        output = PhantomOutput("jpeg", "70-Sn150", spacing_mm=2.0, physics=physics)
        write_cohort(one, tmp_path / physics, output, workers=2)
        lesions.append(table(tmp_path / physics, "lesions"))
        settings = json.loads((tmp_path / physics / "cohort.json").read_text("utf-8"))
        assert settings["settings"]["physics"] == physics
        assert settings["settings"]["preset"] == "70-Sn150"
    assert lesions[0] == lesions[1]


def test_a_cohort_without_workers_is_refused_before_any_work(tmp_path):
    with pytest.raises(SettingsError, match="1 worker or more, found 0"):
        write_cohort(SMALL, tmp_path / "out", OUTPUT, workers=0)
    assert not (tmp_path / "out").exists()
