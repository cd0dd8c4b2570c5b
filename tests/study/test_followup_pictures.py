from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from calcimetry.errors import InputError, NotMeasurable
from calcimetry.files.results import Contents, Result
from calcimetry.followup.compare import FollowUpSettings
from calcimetry.study.followup_patients import patient_changes
from calcimetry.study.followup_pictures import TOTALS_ALONE, compare_pictures
from calcimetry.study.followup_series import SavedVisit, Series, Unpaired
from tests.fakes import lesion, save_picture

SETTINGS = FollowUpSettings()


def picture(*areas, **changes):
    lesions = tuple(lesion(number, area) for number, area in enumerate(areas, start=1))
    values = {
        "columns": {"patient": "P", "side": "left", "finger": "ring"},
        "pixel_spacing_mm": 0.4,
        "method": "unet",
        "lesions": lesions,
        "area_mm2": sum(areas),
    }
    return Result(
        **({"image": "a.jpg", "stem": "a", "key": "k", "status": "complete"} | values | changes)
    )


def compare(*pictures, folder=Path("nowhere"), days=None, **how):
    visits = tuple(enumerate(pictures, start=1))
    saved = {n: SavedVisit(n, folder / str(n), Contents((one,)), f"v{n}") for n, one in visits}
    series = Series("P", "left ring", visits)
    days = days or [0, *[None] * (len(pictures) - 1)]
    return compare_pictures(series, saved, days, SETTINGS, **how)


def test_totals_of_a_finger_are_compared(tmp_path):
    save_picture(tmp_path / "1" / "overlays" / "a.png")
    found = compare(picture(2.0, 3.0), picture(10.0), folder=tmp_path, days=[0, 90])
    (row,) = found.finger_rows
    assert (row["side"], row["digit"], row["days"]) == ("left", 4, 90)
    assert (row["area_mm2_first"], row["area_mm2_last"]) == (5.0, 10.0)
    assert row["area_change_percent"] == pytest.approx(100.0)
    assert row["area_category"] == "progression"
    assert found.lesion_rows == found.alignment_rows == ()
    assert list(found.figures) == ["figures/a_timeline.svg", "figures/a_timeline.png"]
    assert [one.shows[:8] for one in found.section.figures] == ["Area at ", "Baseline"]
    (patient,) = patient_changes([found], [], SETTINGS)
    assert (patient.status, patient.reason) == ("complete", TOTALS_ALONE)
    assert "volume_mm3" not in patient.changes


def test_another_spacing_or_network_is_told_and_widens_the_interval():
    same = compare(picture(5.0), picture(10.0)).parts[2]
    other = compare(picture(5.0), picture(10.0, pixel_spacing_mm=0.3, method="vnet")).parts[2]
    assert same.likeness.warnings == ()
    assert same.likeness.other_scan
    (warning,) = other.likeness.warnings
    assert "pixels of 0.40 mm first and 0.30 mm later" in warning
    assert "the bone method or its weights (unet, then vnet)" in warning


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ({"patient": "Q"}, "one patient, found 'P' first and 'Q' later"),
        ({"side": "right"}, "one side, found 'left' first and 'right'"),
        ({"finger": "index"}, "one finger, found 'ring' first and 'index'"),
    ],
)
def test_what_is_not_one_finger_of_one_patient(column, told):
    other = picture(1.0)
    other = replace(other, columns={**other.columns, **column})
    with pytest.raises(InputError, match=told):
        compare(picture(1.0), other)
    if "patient" in column:
        assert compare(picture(1.0), other, same_patient=True).parts


def test_no_lesion():
    with pytest.raises(NotMeasurable, match="nothing to follow"):
        compare(picture(), picture())
    found = compare(picture(), picture(200.0), picture())
    assert [part.reasons for part in found.parts.values()] == [
        (),
        ("area_mm2: there was nothing at either visit",),
    ]
    assert found.finger_rows[0]["area_category"] == "progression"
    assert found.record["comparisons"][1]["not_measured"]


def test_what_is_seen_in_part_is_told():
    found = compare(picture(5.0), picture(6.0, status="partial", reason="the tip is cut"))
    assert found.parts[2].reasons == ("visit 2 (a.jpg): the tip is cut",)
    assert "Seen in part: visit 2 (a.jpg)" in found.section.lines[0].warnings[0]


def test_fingers_of_a_patient_add_up_and_what_lacks_one_is_partial():
    one = compare(picture(5.0), picture(10.0))
    two = compare(picture(3.0), picture(3.0), picture(4.0))
    two = replace(two, series=replace(two.series, name="left index"))
    left = [Unpaired(2, "P", "b.jpg", "why"), Unpaired(2, "Q", "c.jpg", "why")]
    second, third = patient_changes([one, two], left, SETTINGS)
    assert (second.changes["area_mm2"].first, second.changes["area_mm2"].last) == (8.0, 13.0)
    assert second.status == "partial"
    assert second.reason.startswith("not compared: b.jpg; pictures:")
    assert "no image of left ring at visit 3" in third.reason
    assert third.changes["area_mm2"].last == 4.0
