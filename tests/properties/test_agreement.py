"""What must hold of statistics of agreement, whatever the readings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from calcimetry.agreement.concordance import concord, concordance
from calcimetry.agreement.concordance_many import overall_concordance
from calcimetry.agreement.icc import intraclass_correlations
from calcimetry.agreement.limits import limits_of_agreement
from calcimetry.agreement.passing_bablok import passing_bablok
from calcimetry.agreement.rank import kendall, spearman
from calcimetry.agreement.regression import deming
from calcimetry.errors import NotMeasurable

#: Tenths, so that ties happen and nothing is a matter of rounding.
READINGS = hnp.arrays(
    np.int64, st.tuples(st.integers(6, 25), st.just(2)), elements=st.integers(1, 500)
).map(lambda table: table / 10.0)
SCALES = st.sampled_from([0.5, 2.0, 16.0])


def varied(table):
    assume(all(np.unique(column).size > 2 for column in table.T))
    assume(np.unique(table[:, 0] - table[:, 1]).size > 2)
    return table.T


@given(READINGS)
def test_concordance_is_no_further_from_0_than_correlation(table):
    found = concord(*varied(table))
    assert abs(found.coefficient) <= abs(found.pearson) + 1e-12
    assert 0.0 < found.bias_correction <= 1.0 + 1e-12
    assert found.coefficient == pytest.approx(concordance(*table.T), abs=1e-12)
    if found.interval_z is not None:
        assert -1.0 <= found.interval_z.low <= found.coefficient <= found.interval_z.high <= 1.0


@given(READINGS, SCALES, st.integers(-50, 50))
def test_concordance_does_not_depend_on_units_or_on_who_comes_first(table, scale, shift):
    a, b = varied(table)
    expected = concordance(a, b)
    assert concordance(b, a) == pytest.approx(expected, abs=1e-12)
    assert concordance(a * scale + shift, b * scale + shift) == pytest.approx(expected, abs=1e-9)


@given(READINGS, SCALES)
def test_limits_follow_units_and_turn_with_the_difference(table, scale):
    a, b = varied(table)
    one, larger, turned = (
        limits_of_agreement(*pair) for pair in ((a, b), (a * scale, b * scale), (b, a))
    )
    assert larger.upper_interval.high == pytest.approx(scale * one.upper_interval.high)
    assert larger.within == pytest.approx(scale * one.within)
    assert turned.lower_interval.low == pytest.approx(-one.upper_interval.high)
    assert one.lower_interval.low < one.lower < one.bias < one.upper < one.upper_interval.high


@given(READINGS, SCALES)
def test_ratios_do_not_depend_on_units(table, scale):
    a, b = varied(table)
    assume(np.unique(np.round(a / b, 9)).size > 2)
    one, other = (limits_of_agreement(*pair, "log") for pair in ((a, b), (a * scale, b * scale)))
    assert other.bias == pytest.approx(one.bias)
    assert other.upper_interval.high == pytest.approx(one.upper_interval.high)


@given(READINGS)
def test_overall_concordance_of_two_is_lins(table):
    a, b = varied(table)
    assert overall_concordance(table).coefficient == pytest.approx(concordance(a, b), abs=1e-12)


@given(READINGS)
def test_intraclass_correlations_are_at_most_1(table):
    varied(table)
    assume(np.unique(table.sum(axis=1)).size > 1)
    for icc in intraclass_correlations(table).values():
        assert icc.coefficient <= 1.0
        assert icc.interval.low <= icc.interval.high


@given(READINGS)
def test_ranks_do_not_depend_on_a_rising_scale(table):
    a, b = varied(table)
    for ours in (spearman, kendall):
        one, other = ours(a, b), ours(np.exp(a / 10), b**3)
        assert other.coefficient == pytest.approx(one.coefficient, abs=1e-12)
        assert -1.0 <= one.coefficient <= 1.0
        assert 0.0 <= one.p <= 1.0


@given(READINGS, SCALES)
def test_lines_change_places_with_x_and_y_and_follow_units(table, scale):
    x, y = varied(table)
    for fit in (deming, passing_bablok):
        try:
            one, turned = fit(x, y), fit(y, x)
            assume(abs(one.slope) > 1e-3 and abs(turned.slope) > 1e-3)
            larger = fit(x * scale, y * scale)
        except NotMeasurable:
            continue
        assert larger.slope == pytest.approx(one.slope, rel=1e-6)
        assert larger.intercept == pytest.approx(scale * one.intercept, rel=1e-6, abs=1e-6)
        if fit is deming:
            assert turned.slope == pytest.approx(1.0 / one.slope, rel=1e-6)
