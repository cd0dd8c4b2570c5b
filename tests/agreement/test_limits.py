from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from calcimetry.agreement.limits import (
    differences,
    limit_interval,
    limits_of_agreement,
    total_deviation,
)
from calcimetry.errors import InputError, NotMeasurable

A, B = [10.0, 12.0, 15.0, 20.0, 31.0], [9.0, 13.0, 13.0, 19.0, 28.0]


def test_closed_form():
    found = limits_of_agreement(A, B)
    assert found.bias == pytest.approx(1.2)
    assert found.sd == pytest.approx(np.std([1, -1, 2, 1, 3], ddof=1))
    assert found.upper - found.lower == pytest.approx(2 * 1.96 * found.sd)
    half = stats.t.ppf(0.975, 4) * found.sd / math.sqrt(5)
    assert found.bias_interval.high == pytest.approx(1.2 + half)
    assert 0.0 < found.normality_p <= 1.0


def test_changing_places_turns_everything():
    one, other = limits_of_agreement(A, B), limits_of_agreement(B, A)
    assert other.bias == pytest.approx(-one.bias)
    assert other.lower == pytest.approx(-one.upper)
    assert other.lower_interval.low == pytest.approx(-one.upper_interval.high)
    assert other.within == pytest.approx(one.within)


def test_logarithms_are_ratios():
    found = limits_of_agreement(A, B, "log")
    logs = limits_of_agreement(np.log(A), np.log(B))
    assert found.bias == pytest.approx(math.exp(logs.bias))
    assert found.lower_interval.low == pytest.approx(math.exp(logs.lower_interval.low))
    assert found.within == pytest.approx(math.exp(logs.within))
    assert found.sd == pytest.approx(logs.sd)


def test_percent_of_the_mean():
    assert differences([12], [8], "percent").tolist() == [40.0]


def test_exact_interval_covers_the_quantile():
    samples = np.random.default_rng(6).normal(size=(40_000, 12))
    mean, sd = samples.mean(axis=1), samples.std(axis=1, ddof=1)
    one = limit_interval(0.0, 1.0, 12, "exact")
    held = (mean + one.low * sd <= 1.96) & (mean + one.high * sd >= 1.96)
    assert np.mean(held) == pytest.approx(0.95, abs=0.004)


def test_kinds_of_interval_agree_for_many_pairs():
    kinds = [
        limit_interval(0.0, 1.0, 20_000, kind)
        for kind in ("exact", "mover", "approximate", "simple")
    ]
    for one in kinds:
        assert one.low == pytest.approx(kinds[0].low, abs=1e-3)
        assert one.high == pytest.approx(kinds[0].high, abs=1e-3)


@pytest.mark.parametrize(("bias", "sd"), [(0.0, 1.0), (3.0, 1.0), (-0.5, 2.0)])
def test_total_deviation_holds_95_percent(bias, sd):
    k = total_deviation(bias, sd)
    share = stats.norm.cdf((k - bias) / sd) - stats.norm.cdf((-k - bias) / sd)
    assert share == pytest.approx(0.95, abs=1e-9)


def test_total_deviation_without_scatter():
    assert total_deviation(-2.0, 0.0) == 2.0


def test_no_normality_test_above_5000_pairs():
    a = np.random.default_rng(1).normal(size=5001)
    assert limits_of_agreement(a, np.zeros(5001)).normality_p is None


def test_refused():
    with pytest.raises(InputError, match="found 1 and 2 values"):
        limits_of_agreement([1], [1, 2])
    with pytest.raises(NotMeasurable, match="at least 3 pairs are needed, found 2"):
        limits_of_agreement([1, 2], [1, 3])
    with pytest.raises(NotMeasurable, match="values of the difference are the same"):
        limits_of_agreement([1, 2, 3], [2, 3, 4])
    with pytest.raises(
        NotMeasurable, match="positive values are needed, found 1 of 3 pairs with -1"
    ):
        limits_of_agreement([1, 2, -1], [1, 3, 4], "log")
    with pytest.raises(NotMeasurable, match="pairs with a positive mean are needed, found 1 of 3"):
        limits_of_agreement([1, 2, -9], [1, 3, 4], "percent")
