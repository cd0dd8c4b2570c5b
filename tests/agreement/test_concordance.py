from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats

from calcimetry.agreement.concordance import concord, concordance
from calcimetry.errors import InputError, NotMeasurable


def test_peak_flow_meters_as_published(shared):
    # Bland and Altman's readings (Lancet 1986); the coefficient to full precision.
    peak_flow = json.loads((shared / "references/statistics.json").read_text())["pefr"]
    found = concordance(peak_flow["wright1"], peak_flow["mini1"])
    assert found == pytest.approx(peak_flow["ccc_computed"]["rho_c"], abs=1e-9)


def test_both_ways_round_are_the_same():
    a, b = [1.0, 2.0, 4.0], [1.5, 2.5, 3.0]
    assert concordance(a, b) == pytest.approx(concordance(b, a), abs=1e-15)


@pytest.mark.parametrize(
    ("b", "expected"),
    [
        ([1, 2, 3, 4], 1.0),
        ([4, 3, 2, 1], -1.0),
        ([2, 2, 2, 2], 0.0),
        # Variances 1.25, covariance 1.25, shift 1: 2.5 / 3.5.
        ([2, 3, 4, 5], 2.5 / 3.5),
        # Twice as large: variances 1.25 and 5, covariance 2.5, shift 2.5.
        ([2, 4, 6, 8], 5 / 12.5),
    ],
)
def test_closed_forms(b, expected):
    assert concordance([1, 2, 3, 4], b) == pytest.approx(expected, abs=1e-12)


def test_refused():
    with pytest.raises(InputError, match="found 2 and 3 values"):
        concordance([1, 2], [1, 2, 3])
    with pytest.raises(InputError, match="must be finite"):
        concordance([1, np.nan], [1, 2])
    with pytest.raises(NotMeasurable, match="at least 2 pairs are needed, found 1"):
        concordance([1], [2])
    with pytest.raises(NotMeasurable, match="all values are the same"):
        concordance([2, 2], [2, 2])


def test_what_stata_prints_of_closed_forms():
    # Variances 1.25 and 5 (population), covariance 2.5, shift -2.5.
    found = concord([1, 2, 3, 4], [2, 4, 6, 8])
    assert found.pearson == pytest.approx(1.0, abs=1e-12)
    assert found.scale_shift == pytest.approx(0.5, abs=1e-12)
    assert found.location_shift == pytest.approx(-2.5 / np.sqrt(np.sqrt(1.25 * 5)), abs=1e-12)
    assert found.coefficient == pytest.approx(5 / 12.5, abs=1e-12)
    assert (found.axis_slope, found.axis_intercept) == pytest.approx((2.0, 0.0), abs=1e-9)
    assert found.blackwood_f is None
    assert "without scatter" in found.not_measured["blackwood_f"]


def test_bradley_blackwood_is_the_regression_of_differences_on_sums():
    rng = np.random.default_rng(4)
    a = rng.normal(size=12)
    b = a + rng.normal(0.4, 0.3, 12)
    found = concord(a, b)
    design = np.column_stack([np.ones(12), a + b])
    rest = (a - b) - design @ np.linalg.lstsq(design, a - b, rcond=None)[0]
    f = (np.sum((a - b) ** 2) - np.sum(rest**2)) / 2 / (np.sum(rest**2) / 10)
    assert found.blackwood_f == pytest.approx(f, rel=1e-9)
    assert found.blackwood_p == pytest.approx(stats.f.sf(f, 2, 10), rel=1e-9)


def test_equal_series_have_no_interval():
    found = concord([1, 2, 4], [1, 2, 4])
    assert found.coefficient == pytest.approx(1.0)
    assert found.interval_z is None
    assert found.interval_asymptotic is None
    assert "without scatter" in found.not_measured["interval_z"]


def test_uncorrelated_series_have_no_interval():
    found = concord([1, 1, 2, 2], [1, 2, 1, 2])
    assert found.coefficient == 0.0
    assert found.not_measured["standard_error"] == "the pairs are not correlated at all"


def test_mirror_images_turn_the_axis():
    found = concord([1, 2, 3, 4], [4, 3, 2.5, 1])
    assert found.axis_slope < 0.0


@pytest.mark.parametrize(
    ("a", "b", "told"),
    [
        ([1, 2], [1, 2], "at least 3 pairs are needed, found 2"),
        ([1, 1, 1], [1, 2, 3], "all 3 values of a are the same"),
        ([1, 2, 3], [2, 2, 2], "all 3 values of b are the same"),
    ],
)
def test_too_little_for_intervals(a, b, told):
    with pytest.raises(NotMeasurable, match=told):
        concord(a, b)
