from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from calcimetry.agreement.passing_bablok import interval_ranks, linearity, passing_bablok
from calcimetry.agreement.regression import FittedLine
from calcimetry.errors import NotMeasurable


def by_hand(x, y):
    """The rules of 1983 word by word."""
    slopes = []
    for (x0, y0), (x1, y1) in itertools.combinations(zip(x, y, strict=True), 2):
        if x0 == x1 and y0 == y1:
            continue
        slope = math.copysign(math.inf, y1 - y0) if x0 == x1 else (y1 - y0) / (x1 - x0)
        if slope != -1:
            slopes.append(slope)
    slopes.sort()
    n, shift = len(slopes), sum(one < -1 for one in slopes)
    if n % 2:
        slope = slopes[(n + 1) // 2 + shift - 1]
    else:
        slope = (slopes[n // 2 + shift - 1] + slopes[n // 2 + shift]) / 2
    low, high = interval_ranks(len(x), n)
    return slope, slopes[low + shift - 1], slopes[high + shift - 1]


@pytest.mark.parametrize("seed", range(5))
def test_as_published_with_ties(seed):
    rng = np.random.default_rng(seed)
    truth = rng.integers(1, 12, 25)
    x, y = truth + rng.integers(-1, 2, 25), truth + rng.integers(-1, 2, 25)
    found = passing_bablok(x, y)
    slope, low, high = by_hand(x.tolist(), y.tolist())
    assert found.slope == slope
    assert (found.slope_interval.low, found.slope_interval.high) == (low, high)
    assert found.intercept == np.median(y - slope * x)
    assert found.intercept_interval.low == np.median(y - high * x)
    assert found.intercept_interval.high == np.median(y - low * x)


def test_the_order_of_pairs_does_not_matter():
    rng = np.random.default_rng(3)
    x, y = rng.integers(1, 9, 20), rng.integers(1, 9, 20) + np.arange(20)
    x = x + np.arange(20)
    order = rng.permutation(20)
    assert passing_bablok(x, y) == passing_bablok(x[order], y[order])


def test_x_and_y_may_change_places():
    rng = np.random.default_rng(3)
    x = rng.uniform(0, 10, 31)
    y = 3 + 1.4 * x + rng.normal(0, 0.5, 31)
    one, other = passing_bablok(x, y), passing_bablok(y, x)
    assert other.slope == pytest.approx(1 / one.slope)
    assert other.slope_interval.low == pytest.approx(1 / one.slope_interval.high)


def test_outliers_do_not_move_it():
    x = np.arange(30.0)
    y = 2 * x + 1
    y[[3, 17]] = 500.0
    found = passing_bablok(x, y)
    assert (found.slope, found.intercept) == pytest.approx((2.0, 1.0))


def test_few_scattered_points_leave_the_interval_open():
    found = passing_bablok([1, 2, 3, 4], [1, 3, 2, 5])
    assert found.slope_interval is None
    assert "unbounded" in found.not_measured["slope_interval"]


def test_a_straight_line_passes_and_a_curve_fails_the_test_of_linearity():
    x = np.linspace(1, 10, 60)
    noise = np.random.default_rng(2).normal(0, 0.2, 60)
    for y, straight in ((x + noise, True), (x + 0.35 * (x - 5.5) ** 2 + noise + 5, False)):
        line = passing_bablok(x, y)
        assert (linearity(line, x, y).p > 0.05) is straight


def test_the_cusum_by_hand():
    # Above, below, below, above along the line: scores 1, -1, -1, 1; largest sum 1; sqrt(2 + 1).
    line = FittedLine("Passing-Bablok", 1.0, 0.0, None, None, 4)
    found = linearity(line, [1, 2, 3, 4], [1.1, 1.9, 2.9, 4.1])
    assert found.largest == pytest.approx(1 / math.sqrt(3))


def test_refused():
    with pytest.raises(NotMeasurable, match="at least 4 pairs are needed, found 3"):
        passing_bablok([1, 2, 3], [1, 2, 3])
    with pytest.raises(NotMeasurable, match="values of x are the same"):
        passing_bablok([1, 1, 1, 1], [1, 2, 3, 4])
    with pytest.raises(NotMeasurable, match="values of y are the same"):
        passing_bablok([1, 2, 3, 4], [1, 1, 1, 1])
    with pytest.raises(NotMeasurable, match=r"must rise together, found Kendall's tau of -1\.00"):
        passing_bablok([1, 2, 3, 4, 5], [50, 40, 30, 20, 10])
    line = FittedLine("Passing-Bablok", 1.0, 0.0, None, None, 4)
    with pytest.raises(NotMeasurable, match="found 0 above and 0 below"):
        linearity(line, [1, 2, 3, 4], [1, 2, 3, 4])
