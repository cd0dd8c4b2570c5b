import dataclasses

import pytest

from calcimetry.errors import NotMeasurable
from calcimetry.measurement.volume_error import VolumeErrorModel, total_volume
from calcimetry.model import Interval
from tests.fakes import lesion


def test_volumes_add_and_half_widths_add_in_quadrature_each_way():
    lesions = [
        dataclasses.replace(lesion(), volume_mm3=10.0, volume_interval=Interval(7.0, 14.0)),
        dataclasses.replace(lesion(), volume_mm3=5.0, volume_interval=Interval(1.0, 8.0)),
    ]
    total, interval = total_volume(lesions, VolumeErrorModel.exact())
    assert total == pytest.approx(15.0)
    assert (interval.low, interval.high) == pytest.approx((10.0, 20.0))
    model = dataclasses.replace(VolumeErrorModel(), false_size=12.0, missed_size=12.0)
    _, wider = total_volume(lesions, model)
    assert (wider.low, wider.high) == pytest.approx((2.0, 28.0))


def test_without_a_lesion_there_is_no_interval():
    assert total_volume(()) == (0.0, None)


def test_lesions_of_a_picture_are_refused():
    with pytest.raises(NotMeasurable, match="lesion 7 has no volume"):
        total_volume([lesion(7)])


def test_a_faint_lesion_and_one_at_bone_are_less_sure():
    model = VolumeErrorModel(faint_low=0.2, faint_high=0.4, contact_high=1.0)
    bright = model.interval(50.0, 65.0, mean_hu=900.0)
    faint = model.interval(50.0, 65.0, mean_hu=300.0)
    at_bone = model.interval(50.0, 65.0, 0.3, 900.0)
    assert faint.low < bright.low < 50.0 < bright.high < min(faint.high, at_bone.high)
    assert model.interval(50.0, 65.0, mean_hu=600.0) == bright
    # What is not known may be as faint as any.
    assert model.interval(50.0, 65.0) == model.interval(50.0, 65.0, mean_hu=10.0)
