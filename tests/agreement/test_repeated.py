from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from calcimetry.agreement.repeated import (
    difference_components,
    limits_of_linked_pairs,
    limits_of_replicates,
)
from calcimetry.errors import InputError, NotMeasurable


def simulated(subjects, times, between=1.0, within=0.5, seed=1):
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(subjects), times)
    difference = between * rng.normal(size=subjects)[owner] + within * rng.normal(size=owner.size)
    return 10.0 + difference, np.full(owner.size, 10.0), owner


def test_balanced_pairs_are_those_of_bland_and_altman():
    # One-way analysis of variance: between = (MSB - MSW) / m (Bland and Altman 2007).
    a, b, owner = simulated(8, 3)
    d = (a - b).reshape(8, 3)
    between_ms = 3 * d.mean(axis=1).var(ddof=1)
    within_ms = d.var(axis=1, ddof=1).mean()
    found = limits_of_linked_pairs(a, b, list(owner))
    assert found.sd == pytest.approx(math.sqrt((between_ms - within_ms) / 3 + within_ms))
    assert found.sd_within == pytest.approx(math.sqrt(within_ms))
    assert found.bias == pytest.approx(d.mean())
    assert (found.pairs, found.subjects) == (24, 8)


def test_zous_interval_by_hand():
    a, b, owner = simulated(8, 3)
    d = (a - b).reshape(8, 3)
    of_means, within = d.mean(axis=1).var(ddof=1), d.var(axis=1, ddof=1).mean()
    total = of_means + (1 - 1 / 3) * within
    high = total + math.hypot(
        of_means * (7 / stats.chi2.ppf(0.025, 7) - 1),
        (2 / 3) * within * (16 / stats.chi2.ppf(0.025, 16) - 1),
    )
    far = math.hypot(
        1.959963984540054 * math.sqrt(of_means / 8), 1.96 * (math.sqrt(high) - math.sqrt(total))
    )
    found = limits_of_linked_pairs(a, b, list(owner))
    assert found.upper_interval.high == pytest.approx(found.upper + far)
    assert found.lower_interval.low == pytest.approx(found.lower - far)


def test_many_subjects_give_the_true_spread():
    a, b, owner = simulated(3000, 3)
    found = limits_of_linked_pairs(a, b, list(owner))
    assert found.sd == pytest.approx(math.hypot(1.0, 0.5), rel=0.02)
    assert found.sd_between == pytest.approx(1.0, rel=0.03)


def test_the_mixed_model_agrees_where_pairs_are_balanced():
    a, b, owner = simulated(40, 2)
    found, model = (
        limits_of_linked_pairs(a, b, list(owner)),
        difference_components(a, b, list(owner)),
    )
    assert model.mean == pytest.approx(found.bias)
    assert math.sqrt(model.total) == pytest.approx(found.sd, rel=1e-6)


def test_replicates_need_not_be_paired():
    rng = np.random.default_rng(5)
    truth = rng.normal(50, 10, 2000)
    owner_a, owner_b = np.repeat(np.arange(2000), 2), np.repeat(np.arange(2000), 3)
    a = truth[owner_a] + 1.0 + rng.normal(0, 1.0, 4000)
    b = truth[owner_b] + rng.normal(0, 2.0, 6000)
    found = limits_of_replicates(a, list(owner_a), b, list(owner_b))
    assert found.bias == pytest.approx(1.0, abs=0.1)
    assert found.sd == pytest.approx(math.sqrt(1.0 + 4.0), rel=0.03)
    assert found.pairs == 4000


def test_refused():
    with pytest.raises(NotMeasurable, match="at least 3 subjects are needed, found 2"):
        limits_of_linked_pairs([1, 2, 3], [1, 1, 1], ["P", "P", "Q"])
    with pytest.raises(NotMeasurable, match="found 3 subjects with one pair each"):
        limits_of_linked_pairs([1, 2, 3], [1, 1, 1], ["P", "Q", "R"])
    with pytest.raises(NotMeasurable, match="all differences are the same"):
        limits_of_linked_pairs([1, 2, 3, 4], [1, 2, 3, 4], ["P", "P", "Q", "R"])
    with pytest.raises(
        NotMeasurable, match="at least twice, found 3 subjects with one measurement"
    ):
        limits_of_replicates([1, 2, 3], "PQR", [1, 2, 3, 4], "PPQR")
    with pytest.raises(InputError, match="found 3 and 3 subjects, 2 of them by one method only"):
        limits_of_replicates([1, 2, 3, 4], "PPQR", [1, 2, 3, 4], "PPQS")
    with pytest.raises(NotMeasurable, match="at least 3 subjects are needed, found 2"):
        limits_of_replicates([1, 2, 3], "PPQ", [1, 2, 3], "PPQ")
