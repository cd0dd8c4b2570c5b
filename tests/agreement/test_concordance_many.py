from __future__ import annotations

import numpy as np
import pytest

from calcimetry.agreement.concordance import concordance
from calcimetry.agreement.concordance_many import overall_concordance, repeated_concordance
from calcimetry.errors import InputError, NotMeasurable


def table(raters, things=30, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(things, 1)) + rng.normal(0, 0.3, (things, raters))


def test_two_raters_are_lins():
    found = overall_concordance(table(2))
    assert found.coefficient == pytest.approx(concordance(*table(2).T), abs=1e-12)
    assert found.interval.low < found.coefficient < found.interval.high


def test_three_raters_are_the_weighted_mean_of_pairs():
    # Barnhart: weights are the pairs' own denominators.
    values = table(3)
    tops, bottoms = [], []
    for i, j in ((0, 1), (0, 2), (1, 2)):
        a, b = values[:, i], values[:, j]
        bottoms.append(a.var() + b.var() + (a.mean() - b.mean()) ** 2)
        tops.append(bottoms[-1] * concordance(a, b))
    found = overall_concordance(values)
    assert found.coefficient == pytest.approx(sum(tops) / sum(bottoms), abs=1e-12)
    assert (found.things, found.raters) == (30, 3)


def test_one_occasion_is_lins():
    a, b = table(2).T
    found = repeated_concordance(a, b, range(30), ["first"] * 30)
    assert found.coefficient == pytest.approx(concordance(a, b), abs=1e-12)


def test_what_occasions_differ_by_is_no_agreement():
    a, b = table(2, 60).T
    owner, visit = np.tile(np.arange(30), 2), np.repeat([0, 1], 30)
    found = repeated_concordance(a + 10 * visit, b + 10 * visit, owner, visit)
    both = [concordance(a[visit == one], b[visit == one]) for one in (0, 1)]
    assert min(both) <= found.coefficient <= max(both)
    assert concordance(a + 10 * visit, b + 10 * visit) > found.coefficient + 0.05


def test_perfect_agreement_has_no_interval():
    found = overall_concordance([[1, 1], [2, 2], [3, 3], [5, 5]])
    assert found.coefficient == 1.0
    assert "not perfect" in found.not_measured["interval"]
    # Leaving out the one thing that differs leaves perfect agreement.
    assert overall_concordance([[1, 1], [2, 2], [3, 3], [5, 6]]).interval is None
    # Or nothing that varies.
    assert overall_concordance([[1, 1], [1, 1], [1, 1], [5, 6]]).interval is None


def test_refused():
    with pytest.raises(InputError, match="at least 2 columns"):
        overall_concordance([[1], [2]])
    with pytest.raises(NotMeasurable, match="at least 4 things that were measured are needed"):
        overall_concordance([[1, 2], [2, 3], [3, 4]])
    with pytest.raises(NotMeasurable, match="all values are the same"):
        overall_concordance([[1, 1]] * 4)
    with pytest.raises(InputError, match="found 1 and 2 for 2 pairs"):
        repeated_concordance([1, 2], [1, 2], "P", "PQ")
    with pytest.raises(InputError, match="found 1 missing and 1 repeated among 2 subjects and 2"):
        repeated_concordance([1, 2, 3, 4], [1, 2, 3, 4], "PPQQ", [1, 1, 1, 2])
    with pytest.raises(NotMeasurable, match="at least 4 subjects are needed, found 2"):
        repeated_concordance([1, 2], [1, 2], "PQ", [1, 1])
