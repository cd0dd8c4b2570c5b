from __future__ import annotations

import numpy as np
import pytest

from calcimetry.agreement.trend import trend
from calcimetry.errors import NotMeasurable


def test_a_proportional_difference_is_found():
    rng = np.random.default_rng(2)
    size = rng.uniform(1, 50, 200)
    found = trend(1.1 * size + rng.normal(0, 0.1, 200), size)
    assert found.bias.slope == pytest.approx(0.1 / 1.05, abs=0.01)
    assert found.bias.slope_p < 1e-6
    assert found.bias.slope_interval.low < 0.1 / 1.05 < found.bias.slope_interval.high


def test_limits_follow_growing_scatter():
    rng = np.random.default_rng(3)
    size = rng.uniform(1, 50, 5000)
    spread = 0.1 * size
    a = size + rng.normal(0, 1, 5000) * spread
    found = trend(a, 2 * size - a)  # the mean of both is the size
    assert found.scatter.slope_p < 1e-6
    low, middle, high = found.limits_at(40.0)
    assert middle == pytest.approx(0.0, abs=0.5)
    assert (high - low) / 2 == pytest.approx(1.96 * 8.0, rel=0.05)


def test_scatter_is_never_less_than_nothing():
    found = trend([1, 2, 3, 4, 6], [1.5, 1.6, 3.3, 3.9, 6.05])
    low, middle, high = found.limits_at(1000.0)
    assert low <= middle <= high


def test_differences_on_a_line_have_no_scatter():
    found = trend([2.0, 4.0, 6.0, 8.0], [1.0, 2.0, 3.0, 4.0])
    assert found.bias.slope == pytest.approx(2 / 3)
    assert found.scatter.slope == 0.0
    assert found.scatter.slope_p == 1.0


def test_refused():
    with pytest.raises(NotMeasurable, match="at least 4 pairs are needed, found 3"):
        trend([1, 2, 3], [1, 2, 4])
    with pytest.raises(NotMeasurable, match="values of the mean are the same"):
        trend([1, 2, 3, 4], [4, 3, 2, 1])
    with pytest.raises(NotMeasurable, match="values of the difference are the same"):
        trend([1, 2, 3, 4], [2, 3, 4, 5])
