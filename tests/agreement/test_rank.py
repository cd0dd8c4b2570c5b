from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from calcimetry.agreement.rank import kendall, spearman
from calcimetry.errors import NotMeasurable

TIED = ([1, 2, 2, 4, 5, 7], [1, 3, 2, 4, 4, 4])


@pytest.mark.parametrize(
    ("ours", "theirs"), [(spearman, stats.spearmanr), (kendall, stats.kendalltau)]
)
def test_few_pairs_try_all_orders(ours, theirs):
    a, b = TIED
    found = ours(a, b)
    seen = abs(theirs(a, b).statistic)
    orders = [abs(theirs(a, order).statistic) for order in itertools.permutations(b)]
    assert found.exact
    assert found.p == pytest.approx(np.mean(np.array(orders) >= seen - 1e-9))
    assert found.coefficient == pytest.approx(theirs(a, b).statistic)


@pytest.mark.parametrize("ours", [spearman, kendall])
def test_many_pairs(ours):
    rng = np.random.default_rng(1)
    a = rng.normal(size=50)
    found = ours(a, a + rng.normal(size=50))
    assert found.interval.low < found.coefficient < found.interval.high
    assert not found.exact
    assert found.not_measured == {}


def test_kendall_is_exact_for_middling_numbers_without_ties():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 20))
    expected = stats.kendalltau(a, b, method="exact").pvalue
    found = kendall(a, b)
    assert found.exact
    assert found.p == pytest.approx(expected)


def test_no_interval():
    assert "at least 5 pairs" in spearman([1, 2, 3, 4], [1, 2, 4, 3]).not_measured["interval"]
    found = kendall(range(9), range(9))
    assert found.interval is None
    assert "without exception" in found.not_measured["interval"]


@pytest.mark.parametrize("ours", [spearman, kendall])
def test_refused(ours):
    with pytest.raises(NotMeasurable, match="at least 3 pairs are needed, found 2"):
        ours([1, 2], [1, 2])
    with pytest.raises(NotMeasurable, match="values of a are the same"):
        ours([1, 1, 1], [1, 2, 3])
    with pytest.raises(NotMeasurable, match="values of b are the same"):
        ours([1, 2, 3], [1, 1, 1])
