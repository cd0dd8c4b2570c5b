from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calcimetry.measurement.error_model import ErrorModel
from calcimetry.model import Interval

MODEL = ErrorModel(0.1, 0.2, 0.05, 0.15, 0.3, 0.6, false_size=0.5, missed_size=2.0)


def test_the_formula_in_numbers():
    interval = MODEL.interval(4.0, 8.0, contact=1.0)
    assert interval.high == pytest.approx(4.0 * 2.718281828**0.8 * (1 + 0.15 * 2))
    assert interval.low == pytest.approx(4.0 / 2.718281828**0.4 / (1 + 0.05 * 2))


def test_without_error_both_ends_are_the_size():
    assert ErrorModel.exact().interval(4.0, 8.0, contact=1.0) == Interval(4.0, 4.0)


@given(size=st.floats(0.0, 1e3), border=st.floats(0.0, 1e3), touches=st.booleans())
def test_every_interval_holds_its_size_and_is_not_negative(*, size, border, touches):
    interval = MODEL.interval(size, border, float(touches))
    assert 0.0 <= interval.low <= size <= interval.high


def test_contact_and_a_long_border_make_it_wider():
    plain = MODEL.interval(4.0, 8.0)
    for wider in (MODEL.interval(4.0, 8.0, contact=1.0), MODEL.interval(4.0, 20.0)):
        assert wider.low < plain.low
        assert wider.high > plain.high


def test_a_total_adds_each_half_in_quadrature_and_what_may_be_false_or_missed():
    sizes, intervals = (10.0, 20.0), (Interval(9.0, 13.0), Interval(18.0, 24.0))
    interval = MODEL.total(sizes, intervals)
    assert interval.low == pytest.approx(30.0 - (1 + 4 + 0.25) ** 0.5)
    assert interval.high == pytest.approx(30.0 + (9 + 16 + 4) ** 0.5)
    assert replace(MODEL, false_size=99.0).total(sizes, intervals).low == 0.0
