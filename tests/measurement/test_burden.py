import copy
import dataclasses
import pickle

import pytest

from calcimetry.errors import NotMeasurable
from calcimetry.measurement.burden import Burden, combined, counted, total_burden
from calcimetry.measurement.size import AreaErrorModel, total_area
from calcimetry.measurement.volume_error import VolumeErrorModel, total_volume
from calcimetry.model import Interval
from tests.fakes import lesion

#: Nothing missed: ends above are those of the lesions alone. All of it may be no lesion.
SURE = {
    "area_error": AreaErrorModel(missed_size=0.0),
    "volume_error": VolumeErrorModel(missed_size=0.0, false_size=60.0),
}


def solid(number=1, **changes):
    values = {
        "volume_mm3": 10.0,
        "volume_interval": Interval(7.0, 13.0),
        "mass_mg": 4.0,
        "mass_interval": Interval(3.0, 5.0),
        "mass_shared_mg": 0.6,
    }
    return dataclasses.replace(lesion(number), **(values | changes))


def test_half_widths_add_in_quadrature_but_for_what_masses_share():
    lesions = [solid(1), solid(2, volume_interval=Interval(6.0, 14.0))]
    total = total_burden(lesions, is_volume=True, **SURE)
    assert (total.lesion_count, total.urate_count) == (2, 0)
    assert total.area_mm2 == pytest.approx(2.88)
    assert total.area_interval.high == pytest.approx(2.88 + 0.4 * 2**0.5)
    assert total.area_interval == total_area([solid(1), solid(2)], SURE["area_error"])[1]
    assert total.volume_mm3 == pytest.approx(20.0)
    assert total.volume_interval.high == pytest.approx(25.0)
    assert total.volume_interval.low == 0.0, "some of it may be no lesion"
    assert total.mass_mg == pytest.approx(8.0)
    reach = (2 * 0.8**2 + 1.2**2) ** 0.5
    assert (total.mass_interval.low, total.mass_interval.high) == pytest.approx(
        (8.0 - reach, 8.0 + reach)
    )
    assert total.mass_shared_mg == pytest.approx(1.2)
    assert total.not_measured == {}


def test_urate_is_left_out_of_all_totals_and_counted():
    lesions = [solid(1), solid(2, material="urate", mass_mg=None), solid(3, material="calcium")]
    total = total_burden(lesions, is_volume=True)
    assert (total.lesion_count, total.urate_count) == (2, 1)
    assert total.volume_mm3 == pytest.approx(20.0)
    assert total.mass_mg == pytest.approx(8.0)
    assert [one.number for one in counted(lesions)] == [1, 3]


def test_a_mass_that_one_lesion_lacks_the_total_lacks_for_its_reason():
    lacking = solid(
        2, mass_mg=None, mass_interval=None, not_measured={"mass_mg": "no calibration yet"}
    )
    total = total_burden([solid(1), lacking], is_volume=True)
    assert (total.mass_mg, total.mass_interval) == (None, None)
    assert total.not_measured == {"mass_mg": "lesion 2: no calibration yet"}
    without = total_burden([solid(1, mass_interval=None)], is_volume=True)
    assert (without.mass_mg, without.mass_interval) == (4.0, None)
    assert without.not_measured == {"mass_interval": "lesion 1: its mass has no interval"}
    silent = total_burden([solid(1, mass_mg=None, not_measured={})], is_volume=True)
    assert silent.not_measured == {"mass_mg": "no mass was measured"}


def test_a_mass_s_low_end_that_was_cut_off_at_0_makes_no_total_surer():
    cut = {"mass_mg": 1.0, "mass_interval": Interval(0.0, 4.0), "mass_shared_mg": 0.0}
    total = total_burden([solid(1, **cut), solid(2)], is_volume=True)
    reach = (3.0**2 + 0.8**2 + 0.6**2) ** 0.5
    assert total.mass_interval.low == pytest.approx(5.0 - reach)
    whole = combined([total_burden([solid(1, **cut)], True), total_burden([solid(2)], True)])
    assert whole.mass_interval.low == pytest.approx(5.0 - reach)


def test_without_a_calibration_not_even_no_lesion_has_a_mass():
    for lesions in ([], [solid(1)]):
        total = total_burden(lesions, True, "no tube voltage is stated")
        assert (total.mass_mg, total.mass_interval, total.mass_shared_mg) == (None, None, 0.0)
        assert total.not_measured["mass_mg"] == "no tube voltage is stated"


def test_intervals_come_from_the_given_error_models():
    wide = AreaErrorModel(missed_size=50.0), VolumeErrorModel(missed_size=70.0)
    total = total_burden([solid(1)], True, "", *wide)
    assert total.area_interval == total_area([solid(1)], wide[0])[1]
    assert total.volume_interval == total_volume([solid(1)], wide[1])[1]


def test_a_picture_has_areas_alone():
    total = total_burden([lesion(1)], is_volume=False)
    assert (total.volume_mm3, total.mass_mg) == (None, None)
    assert total.not_measured["volume_mm3"] == "a picture shows one slice"


def test_without_a_lesion_totals_are_0_and_have_no_interval():
    total = total_burden([], is_volume=True)
    assert (total.area_mm2, total.volume_mm3, total.mass_mg) == (0.0, 0.0, 0.0)
    assert (total.area_interval, total.volume_interval, total.mass_interval) == (None, None, None)
    assert set(total.not_measured) == {"area_interval", "volume_interval", "mass_interval"}


def test_lesions_of_a_picture_are_no_volume():
    with pytest.raises(NotMeasurable, match="lesion 7 has no volume"):
        total_burden([lesion(7)], is_volume=True)


def test_parts_add_to_the_total_of_all_their_lesions():
    lesions = [solid(1), solid(2), solid(3, volume_interval=Interval(6.0, 14.0))]
    parts = [total_burden(some, True, **SURE) for some in (lesions[:1], lesions[1:])]
    whole, added = total_burden(lesions, True, **SURE), combined(parts)
    for name in ("area_interval", "volume_interval", "mass_interval"):
        one, other = getattr(whole, name), getattr(added, name)
        assert one.high == pytest.approx(other.high)
    assert added.mass_mg == pytest.approx(whole.mass_mg)
    assert (added.lesion_count, added.not_measured) == (3, {})


def test_a_part_without_lesion_adds_nothing_and_hides_nothing():
    with_lesion = total_burden([solid(1)], True)
    added = combined([total_burden([], True), with_lesion])
    assert added.volume_interval.high == pytest.approx(with_lesion.volume_interval.high)
    assert added.not_measured == {}
    none = combined([total_burden([], True)] * 2)
    assert (none.volume_mm3, none.volume_interval) == (0.0, None)
    assert "volume_interval" in none.not_measured


def test_what_one_part_lacks_the_sum_lacks():
    added = combined([total_burden([solid(1)], True), total_burden([solid(1, mass_mg=None)], True)])
    assert (added.mass_mg, added.mass_interval) == (None, None)
    assert added.not_measured == {"mass_mg": "no mass was measured"}


def test_it_cannot_be_changed_and_survives_copies():
    one = Burden(0, 0.0, None, 0.0, not_measured={"mass_mg": "why"})
    with pytest.raises(TypeError):
        one.not_measured["x"] = "y"
    assert pickle.loads(pickle.dumps(one)) == copy.copy(one) == one
