from dataclasses import replace

import pytest

from calcimetry.model import Interval, Lesion

LESION = Lesion(
    number=1,
    bone=3,
    area_mm2=2.0,
    area_interval=Interval(1.5, 2.5),
    pixel_area_mm2=2.1,
    long_axis_mm=2.0,
    short_axis_mm=1.3,
    ellipse_area_mm2=2.04,
    perimeter_mm=5.2,
    solidity=0.98,
    touches_bone=False,
    centre=(0.0, 10.5, 4.0),
    long_axis_ends=((9.0, 4.0), (12.0, 4.0)),
    short_axis_ends=((10.5, 3.0), (10.5, 5.0)),
    not_measured={"mean_hu": "the picture was windowed"},
)


def test_reasons_are_a_read_only_copy():
    reasons = {"mean_hu": "the picture was windowed"}
    lesion = replace(LESION, not_measured=reasons)
    reasons["mean_hu"] = "changed"
    assert lesion.not_measured["mean_hu"] == "the picture was windowed"
    with pytest.raises(TypeError):
        lesion.not_measured["mean_hu"] = "changed"


def test_lesions_differ_by_any_number_and_by_reason():
    assert replace(LESION) == LESION
    assert replace(LESION, area_mm2=2.01) != LESION
    assert replace(LESION, not_measured={}) != LESION
    assert len({LESION, replace(LESION), replace(LESION, number=2)}) == 2
