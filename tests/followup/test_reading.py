"""Sizes as a comparison takes them."""

import pytest

from calcimetry.followup.reading import Reading, alone, put_together
from calcimetry.model import Interval
from tests.followup.lesions import lesion


def test_a_reading_multiplies_what_was_measured_together():
    one = Reading(lesion(1, 50.0), {"volume_mm3": 1.2})
    assert one.size("volume_mm3") == pytest.approx(60.0)
    assert one.size("mass_mg") == 20.0
    alone_interval = one.lesion.volume_interval
    assert one.interval("volume_mm3") == Interval(
        alone_interval.low * 1.2, alone_interval.high * 1.2
    )
    assert one.interval("mass_mg") == one.lesion.mass_interval


def test_a_reading_without_a_size_has_none():
    (one,) = alone([lesion(1, mass_mg=None)])
    assert one.size("mass_mg") is None
    assert one.interval("mass_mg") is None


def test_the_sum_of_both_visits_stays_and_the_ratio_decides():
    first, last = put_together(
        [lesion(1, 30.0), lesion(2, 10.0)], [lesion(1, 60.0)], {"volume_mm3": 1.0}
    )
    sums = [sum(one.size("volume_mm3") for one in side) for side in (first, last)]
    assert sums == [pytest.approx(50.0), pytest.approx(50.0)]
    assert first[0].size("volume_mm3") == pytest.approx(3 * first[1].size("volume_mm3"))
    # Masses were not measured together.
    assert [one.size("mass_mg") for one in (*first, *last)] == [20.0, 20.0, 20.0]


def test_without_ratios_or_sizes_all_stays_as_it_was():
    one, other = lesion(1, 30.0), lesion(2, 60.0, mass_mg=None)
    assert [r.factors for side in put_together([one], [other], {}) for r in side] == [{}, {}]
    first, _ = put_together([one], [other], {"mass_mg": 2.0})
    assert first[0].factors == {}
    first, _ = put_together([one], [], {})
    assert [r.factors for r in first] == [{}]


@pytest.mark.parametrize("drawn_first", [True, False])
def test_what_one_visit_alone_drew_has_the_size_of_its_place_at_the_other(drawn_first):
    one = lesion(1, 50.0)
    ratio = 0.8 if drawn_first else 1.25
    sides = ([one], []) if drawn_first else ([], [one])
    first, last = put_together(*sides, {"volume_mm3": ratio})
    drawn, place = (first, last) if drawn_first else (last, first)
    assert [r.size("volume_mm3") for r in drawn] == [50.0]
    assert [r.size("volume_mm3") for r in place] == [pytest.approx(40.0)]
    # What cannot be told of the place counts at neither visit.
    for quantity in ("mass_mg", "area_mm2"):
        assert [r.size(quantity) for r in (*first, *last)] == [0.0, 0.0]
