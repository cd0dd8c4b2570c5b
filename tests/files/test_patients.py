"""Images of one patient added up, nothing counted twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from calcimetry.files.patients import patient_results
from calcimetry.files.results import HandResult, Result
from calcimetry.measurement.burden import total_burden
from calcimetry.measurement.volume_error import VolumeErrorModel
from calcimetry.model import Interval
from tests.fakes import lesion


def picture(name: str, area: float = 2.0, **columns: str) -> Result:
    columns = {"patient": "P01", **columns}
    values = {"lesions": (lesion(1, area),), "area_mm2": area}
    return Result(name, name, name, "complete", columns=columns, **values)


def volume(name: str, side: str | None, digits: tuple[int, ...], volume_mm3: float = 10.0, **more):
    one = replace(
        lesion(1),
        volume_mm3=volume_mm3,
        volume_interval=Interval(volume_mm3 - 3.0, volume_mm3 + 3.0),
    )
    hand = HandResult(
        *(f"{side} hand" if side else "hand", side, digits, len(digits), "complete", ""),
        total_burden([one], is_volume=True, volume_error=VolumeErrorModel(missed_size=0.0)),
    )
    values = {"lesions": (one,), "hands": (hand,), "spacing_mm": (1.0, 1.0, 1.0)}
    return Result(name, name, name, "complete", columns={"patient": "P01"}, **(values | more))


WHOLE = (1, 2, 3, 4, 5)


def only(*results: Result):
    (patient,) = patient_results(results)
    return patient


def test_images_of_nobody_are_left_out():
    assert patient_results([Result("a.png", "a", "k", "complete")]) == ()


def test_visits_stand_apart():
    first, second = patient_results(
        [picture("a", visit="1", finger="ring"), picture("b", visit="2", finger="ring")]
    )
    assert [(one.patient, one.visit, one.counted) for one in (first, second)] == [
        ("P01", "1", ("a",)),
        ("P01", "2", ("b",)),
    ]
    assert first.status == "complete"


def test_pictures_of_different_fingers_add_up():
    patient = only(
        picture("a", 2.0, finger="ring", side="left"),
        picture("b", 3.0, finger="ring", side="right"),
    )
    assert patient.burden.area_mm2 == pytest.approx(5.0)
    assert (patient.status, patient.counted, patient.hands) == (
        "complete",
        ("a", "b"),
        ("left", "right"),
    )


def test_pictures_of_one_finger_count_once_and_say_so():
    patient = only(
        picture("a", 2.0, finger="Ring"),
        picture("b", 3.0, finger="ring"),
        picture("c", 1.0, finger="index"),
    )
    assert patient.burden.area_mm2 == pytest.approx(4.0)
    assert (patient.counted, patient.status, patient.image_count) == (("b", "c"), "partial", 3)
    assert patient.reason == "2 pictures show the ring finger: b counts, whose area is largest"


def test_a_side_that_one_picture_lacks_tells_no_finger_apart():
    patient = only(picture("a", 2.0, finger="ring", side="left"), picture("b", 3.0, finger="ring"))
    assert patient.counted == ("b",)


def test_pictures_of_unknown_fingers_are_not_added_up():
    patient = only(picture("a", finger="ring"), picture("b"))
    assert (patient.status, patient.burden, patient.counted) == ("failed", None, ())
    assert "b does not say which finger" in patient.reason


def test_one_picture_needs_no_name_of_its_finger():
    assert only(picture("a")).burden.area_mm2 == pytest.approx(2.0)


def test_the_only_image_of_a_patient_keeps_its_own_interval():
    sure = replace(picture("a"), area_interval=Interval(1.9, 2.1))
    assert only(sure).burden.area_interval == Interval(1.9, 2.1)
    hand = volume("x", "left", WHOLE, volume_interval=Interval(9.0, 12.0))
    assert only(hand).burden.volume_interval == Interval(9.0, 12.0)


def test_two_hands_in_two_volumes_add_up():
    patient = only(volume("l", "left", WHOLE), volume("r", "right", WHOLE, 20.0))
    assert patient.burden.volume_mm3 == pytest.approx(30.0)
    assert patient.burden.volume_interval.high == pytest.approx(30.0 + 3.0 * 2**0.5)
    assert (patient.hands, patient.status) == (("left", "right"), "complete")


def test_a_hand_in_two_volumes_counts_where_more_of_it_is_seen():
    patient = only(volume("part", "left", (2, 3), 99.0), volume("whole", "left", WHOLE))
    assert patient.burden.volume_mm3 == pytest.approx(10.0)
    assert patient.counted == ("whole",)
    assert patient.reason == "left hand of part is not counted: whole shows it"


def test_different_fingers_of_one_hand_add_up():
    patient = only(volume("a", "left", (2,)), volume("b", "left", (3,)))
    assert patient.burden.volume_mm3 == pytest.approx(20.0)


@pytest.mark.parametrize(
    "unknown",
    [volume("x", None, WHOLE), volume("x", "left", ()), volume("x", "left", WHOLE, hands=())],
)
def test_volumes_of_unknown_hands_are_not_added_up(unknown):
    patient = only(volume("l", "left", WHOLE), unknown)
    assert (patient.status, patient.burden) == ("failed", None)
    assert "which hand or finger x shows is not known" in patient.reason


def test_one_volume_gives_its_total_whatever_it_shows():
    patient = only(volume("x", None, ()))
    assert patient.burden.volume_mm3 == pytest.approx(10.0)
    assert patient.hands == ()


def test_pictures_beside_a_volume_are_not_counted():
    patient = only(volume("l", "left", WHOLE), picture("a", finger="ring"))
    assert patient.counted == ("l",)
    assert "1 pictures are not counted" in patient.reason


def test_what_failed_is_named():
    failed = Result("b", "b", "k", "failed", reason="cut off", columns={"patient": "P01"})
    patient = only(picture("a"), failed)
    assert (patient.status, patient.reason) == ("partial", "not measured: b")
    nothing = only(failed)
    assert (nothing.status, nothing.burden) == ("failed", None)


def test_why_a_counted_image_is_partial_is_said():
    patient = only(replace(picture("a"), status="partial", reason="the tip is cut"))
    assert (patient.status, patient.reason) == ("partial", "a: the tip is cut")
