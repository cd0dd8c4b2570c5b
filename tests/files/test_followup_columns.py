from __future__ import annotations

import pytest

from calcimetry.files.followup_columns import (
    FOLLOWUP_COLUMNS,
    FOLLOWUP_PATIENT_COLUMNS,
    Compared,
    PatientChange,
    change_cells,
    lesion_change_row,
    patient_change_row,
)
from calcimetry.followup.course import Step, Track
from calcimetry.followup.result import Change, LesionChange, SameAxes
from calcimetry.model import Interval
from tests.fakes import lesion

COMPARED = Compared("P", "left hand", 1, 2, 90, "a", "b")
VOLUME = Change(
    *("volume_mm3", 20.0, 30.0, 10.0, Interval(4.0, 19.0), 50.0, Interval(22.0, 84.0)),
    *(21.0, 17.0, "progression", "stable"),
)


def row(first=(1,), last=(2,), **values):
    change = LesionChange(
        *("here, lesion 1", "2.25.7", "persisted", first, last, 122, 0.9, 0.8, 0.0, 0.2), **values
    )
    step = Step(0, 1, change)
    track = Track(4, change.tracking_id, change.tracking_uid, 122, {0: first, 1: last}, (step,))
    lesions = [[lesion(number, 1.0 + number) for number in numbers] for numbers in (first, last)]
    return lesion_change_row(COMPARED, track, step, (lesions[0], lesions[1]))


def test_a_row_of_a_lesion():
    axes = SameAxes(4.0, 4.5, 3.0, 3.1, None)
    found = row(changes={"volume_mm3": VOLUME}, axes=axes)
    assert set(found) <= set(FOLLOWUP_COLUMNS)
    assert (found["track"], found["bone"], found["lesions_last"]) == (
        4,
        "left index middle phalanx",
        "2",
    )
    assert (found["category"], found["rule_25"]) == ("progression", "stable")
    assert found["category_by"] == "volume"
    assert (found["same_short_axis_mm_last"], found["axis_turned_deg"]) == (3.1, None)
    assert found["long_axis_mm_first"] == 1.2


def test_empty_cells_say_why_once():
    why = {"mass_mg": "no calibration", "area_mm2": "no calibration", "axes": "no plane"}
    found = row(not_measured=why)
    assert found["reason"] == "mass_mg, area_mm2: no calibration; axes: no plane"
    assert "category" not in found
    gone = row(last=(), not_measured={"axes": "the lesion shows at one visit alone"})
    assert gone["reason"] == ""
    assert "long_axis_mm_last" not in gone
    assert row(first=(), reason="out of view")["reason"] == "out of view"


def test_cells_of_a_change():
    cells = change_cells({"volume_mm3": VOLUME})
    assert cells["volume_mm3_change_low"] == 4.0
    assert cells["volume_change_percent_high"] == 84.0
    assert cells["volume_detectable_decrease_percent"] == 17.0
    assert change_cells({}) == {}


@pytest.mark.parametrize("counts", [None, {"persisted": 2}])
def test_a_row_of_a_patient(counts):
    patient = PatientChange(
        *("P", 1, 2, None, "complete", ""), kinds=counts, changes={"volume_mm3": VOLUME}
    )
    found = patient_change_row(patient)
    assert set(found) <= set(FOLLOWUP_PATIENT_COLUMNS)
    assert found["category"] == "progression"
    assert found.get("persisted_count") == (2 if counts else None)
    assert found.get("split_count") == (0 if counts else None)
