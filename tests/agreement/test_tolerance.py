from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from calcimetry.agreement.tolerance import tolerance_factor, tolerance_limits
from calcimetry.errors import NotMeasurable, SettingsError


def test_limits_hold_their_share_with_their_confidence():
    k = tolerance_factor(15, 0.9, 0.95)
    samples = np.random.default_rng(1).normal(size=(40_000, 15))
    mean, sd = samples.mean(axis=1), samples.std(axis=1, ddof=1)
    held = stats.norm.cdf(mean + k * sd) - stats.norm.cdf(mean - k * sd) >= 0.9
    assert np.mean(held) == pytest.approx(0.95, abs=0.004)


def test_they_are_wider_than_limits_of_agreement_and_come_closer():
    factors = [tolerance_factor(n) for n in (5, 50, 5000)]
    assert factors == sorted(factors, reverse=True)
    assert 1.96 < factors[-1] < 2.0


def test_of_logarithms_they_are_ratios():
    a, b = [10.0, 12.0, 15.0, 20.0], [9.0, 13.0, 13.0, 19.0]
    found, logs = tolerance_limits(a, b, "log"), tolerance_limits(np.log(a), np.log(b))
    assert found.upper == pytest.approx(np.exp(logs.upper))
    assert found.lower == pytest.approx(np.exp(logs.lower))


def test_refused():
    with pytest.raises(NotMeasurable, match="at least 3 pairs are needed"):
        tolerance_limits([1, 2], [1, 3])
    with pytest.raises(NotMeasurable, match="the difference are the same"):
        tolerance_limits([1, 2, 3], [1, 2, 3])
    with pytest.raises(SettingsError, match="share and confidence must lie between 0 and 1"):
        tolerance_factor(10, share=1.0)
