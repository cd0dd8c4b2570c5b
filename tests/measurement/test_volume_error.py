import dataclasses

import numpy as np
import pytest

from calcimetry.errors import NotMeasurable
from calcimetry.measurement.volume_error import VolumeErrorModel, total_volume
from calcimetry.model import Interval
from tests.fakes import lesion


def test_error_model_is_the_stated_sum():
    model = VolumeErrorModel(boundary_mm=0.2, relative=0.1)
    assert model.standard_error(20.0, 15.0) == pytest.approx(np.sqrt(3.0**2 + 2.0**2))
    assert model.interval(20.0, 15.0).high == pytest.approx(20.0 + 1.96 * np.sqrt(13.0))
    assert model.interval(0.1, 15.0).low == 0.0


def test_volumes_add_and_half_widths_add_in_quadrature():
    lesions = [
        dataclasses.replace(lesion(), volume_mm3=10.0, volume_interval=Interval(7.0, 13.0)),
        dataclasses.replace(lesion(), volume_mm3=5.0, volume_interval=Interval(0.0, 9.0)),
    ]
    total, interval = total_volume(lesions)
    assert total == pytest.approx(15.0)
    assert (interval.low, interval.high) == pytest.approx((10.0, 20.0))


def test_without_a_lesion_there_is_no_interval():
    assert total_volume(()) == (0.0, None)


def test_lesions_of_a_picture_are_refused():
    with pytest.raises(NotMeasurable, match="lesion 7 has no volume"):
        total_volume([lesion(7)])
