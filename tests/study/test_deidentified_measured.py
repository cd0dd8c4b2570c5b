"""What is measured does not hang on whether the study was de-identified."""

from __future__ import annotations

import csv
import datetime as dt

import numpy as np
import pytest

from calcimetry.dicom.ct import CtStudy, write_ct
from calcimetry.dicom.deidentify_profile import Profile
from calcimetry.model import Laterality
from calcimetry.phantom.volume import finger_volume
from calcimetry.study import measure_study
from calcimetry.study.deidentifying import deidentify_study

#: Of images.csv, what tells which file it was and how long it took.
OWN = {"image", "seconds", "patient", "visit", "study", "series", "sha256"}


def numbers(folder, name):
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return [
            {key: value for key, value in row.items() if key not in OWN}
            for row in csv.DictReader(file)
        ]


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    """A simulated finger at two energies, and the same study de-identified."""
    place = tmp_path_factory.mktemp("studies")
    made = finger_volume(np.random.default_rng(3), spacing_mm=1.0)
    study = CtStudy("3", "PHANTOM-S000003", dt.date(2020, 1, 1), Laterality.LEFT)
    write_ct(place / "before", made.image, study)
    profile = Profile(shift_dates=True, clean_descriptors=True)
    deidentify_study([place / "before"], place / "after", profile, bytes(range(32)))
    return place / "before", place / "after"


def test_numbers_are_the_same(studies, tmp_path):
    for place in studies:
        measure_study([place], tmp_path / place.name)
    for name in ("images.csv", "lesions.csv", "fingers.csv", "hands.csv"):
        before, after = (numbers(tmp_path / place.name, name) for place in studies)
        assert before == after
    assert float(before[0]["area_mm2"]) > 0.0
