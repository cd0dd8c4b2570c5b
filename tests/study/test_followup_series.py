from __future__ import annotations

from pathlib import Path

import pytest

from calcimetry.errors import InputError
from calcimetry.files.results import Contents, HandResult, Result
from calcimetry.measurement.burden import total_burden
from calcimetry.study.followup_series import SavedVisit, sort_series


def volume(image, side=None, **columns):
    hand = HandResult(
        f"{side or ''} hand".strip(), side, (), 5, "complete", "", total_burden((), is_volume=True)
    )
    return Result(
        *(image, image, image, "complete"), spacing_mm=(1, 1, 1), hands=(hand,), columns=columns
    )


def picture(image, area=1.0, **columns):
    return Result(image, image, image, "complete", area_mm2=area, columns=columns)


def sort(*visits):
    return sort_series(
        [
            SavedVisit(number, Path(f"r{number}"), Contents(tuple(results)), f"v{number}")
            for number, results in enumerate(visits, start=1)
        ]
    )


def rows(found):
    return [[one.image for _, one in series.visits] for series in found.series]


def test_the_only_images_belong_together_whatever_they_are_called():
    found = sort([volume("a", "left")], [volume("b", "right", patient="P")])
    assert rows(found) == [["a", "b"]]
    assert found.series[0].patient == "P"
    assert found.volumes


def test_hands_are_known_by_patient_and_side():
    first = [volume("a", "left", patient="P"), volume("b", "right", patient="P")]
    last = [volume("c", "right", patient="P"), volume("d", "left", patient="P")]
    found = sort(first, [*last, volume("e", "left", patient="Q")])
    assert rows(found) == [["a", "d"], ["b", "c"]]
    assert [series.name for series in found.series] == ["left hand", "right hand"]
    (left,) = found.unpaired
    assert (left.visit, left.image, left.patient) == (2, "e", "Q")
    assert left.reason == "the baseline has no image of patient Q, left"


def test_of_several_of_one_hand_the_names_decide():
    first = [volume("a", patient="P"), volume("b", patient="P")]
    found = sort(first, [volume("b", patient="P"), volume("c", patient="P")])
    assert rows(found) == [["b", "b"]]
    assert [one.image for one in found.unpaired] == ["c", "a"]


def test_a_visit_may_lack_a_hand():
    both = [volume("a", "left", patient="P"), volume("b", "right", patient="P")]
    found = sort(both, [both[1]], both)
    assert [[number for number, _ in one.visits] for one in found.series] == [[1, 3], [1, 2, 3]]


def test_pictures_are_known_by_finger_and_the_largest_counts():
    first = [
        picture("a", 1.0, patient="P", finger="Ring"),
        picture("b", 2.0, patient="P", finger="ring"),
    ]
    last = [picture("c", patient="P", finger="ring"), picture("d", patient="P", finger="index")]
    found = sort(first, last)
    assert rows(found) == [["b", "c"]]
    assert [series.name for series in found.series] == ["ring"]
    assert {one.image for one in found.unpaired} == {"a", "d"}
    assert not found.volumes


def test_pictures_without_a_finger_are_known_by_their_name():
    assert rows(sort([picture("a"), picture("b")], [picture("b"), picture("a")])) == [
        ["a", "a"],
        ["b", "b"],
    ]


def test_volumes_win_over_pictures_beside_them():
    found = sort([volume("a"), picture("p")], [volume("b")])
    assert rows(found) == [["a", "b"]]


def test_one_kind_at_every_visit():
    with pytest.raises(InputError, match=r"volumes at the baseline \(v1\) and pictures at visit 2"):
        sort([volume("a")], [picture("b")])
    with pytest.raises(InputError, match=r"volumes at visit 2 \(v2\) and pictures at the baseline"):
        sort([picture("a")], [volume("b")])


def test_nothing_measured_or_nothing_in_common():
    failed = Result("a", "a", "a", "failed", reason="torn")
    with pytest.raises(InputError, match=r"nothing was measured at visit 2 \(v2\)"):
        sort([volume("a")], [failed])
    first = [picture("a", patient="P"), picture("b", patient="P")]
    with pytest.raises(InputError, match=r"belong together .*its patient, side and finger"):
        sort(first, [picture("c", patient="P")])
