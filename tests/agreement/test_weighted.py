from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from calcimetry.agreement.concordance import concordance
from calcimetry.agreement.icc import intraclass_correlations
from calcimetry.agreement.limits import limits_of_agreement
from calcimetry.agreement.regression import deming
from calcimetry.agreement.trend import trend
from calcimetry.agreement.weighted import CORRELATIONS, STATISTICS, on_z, row_by_row

PLAIN = {
    "concordance": lambda t: concordance(*t.T),
    "pearson": lambda t: np.corrcoef(t.T)[0, 1],
    "spearman": lambda t: stats.spearmanr(*t.T).statistic,
    "kendall": lambda t: stats.kendalltau(*t.T).statistic,
    "bias": lambda t: limits_of_agreement(*t.T).bias,
    "lower_limit": lambda t: limits_of_agreement(*t.T).lower,
    "upper_limit": lambda t: limits_of_agreement(*t.T).upper,
    "within": lambda t: limits_of_agreement(*t.T).within,
    "bias_slope": lambda t: trend(*t.T).bias.slope,
    "scatter_slope": lambda t: trend(*t.T).scatter.slope,
    "icc_agreement": lambda t: intraclass_correlations(t)["ICC(A,1)"].coefficient,
    "deming_slope": lambda t: deming(*t.T).slope,
}


@pytest.fixture
def values():
    rng = np.random.default_rng(1)
    truth = np.round(rng.gamma(1.0, 10.0, (31, 1)), 1)
    return truth * np.round(np.exp(rng.normal(0, 0.2, (31, 2))), 1) + 0.5


def test_each_statistic_is_checked():
    assert set(PLAIN) == set(STATISTICS)
    assert set(STATISTICS) >= CORRELATIONS


@pytest.mark.parametrize("name", STATISTICS)
def test_weights_are_how_often_a_row_counts(values, name):
    weights = np.random.default_rng(2).integers(0, 4, (6, 31)).astype(float)
    weights[0] = 1.0
    expected = row_by_row(PLAIN[name])(values, weights)
    assert STATISTICS[name](values, weights) == pytest.approx(expected, rel=1e-8, abs=1e-9)


@pytest.mark.parametrize(
    "name", ["pearson", "spearman", "kendall", "bias_slope", "scatter_slope", "deming_slope"]
)
def test_rows_that_do_not_vary_leave_it_undefined(values, name):
    weights = np.zeros((1, 31))
    weights[0, 3] = 5.0
    assert not np.isfinite(STATISTICS[name](values, weights)).any()


def test_concordance_of_rows_that_do_not_vary():
    weights = np.array([[3.0, 0.0], [0.0, 3.0]])
    found = STATISTICS["concordance"](np.array([[4.2, 4.2], [1.0, 3.0]]), weights)
    # Undefined where all values are the same, else nothing: as Lin's coefficient itself.
    assert np.isnan(found[0])
    assert found[1] == 0.0


def test_large_values_keep_their_digits(values):
    ones = np.ones((1, 31))
    near, far = (STATISTICS["concordance"](values + shift, ones)[0] for shift in (0.0, 1e7))
    assert far == pytest.approx(near, abs=1e-7)


def test_on_z(values):
    weights = np.ones((1, 31))
    found = on_z(STATISTICS["concordance"])(values, weights)
    assert found == pytest.approx(np.arctanh(STATISTICS["concordance"](values, weights)))
    same = np.column_stack([values[:, 0]] * 2)
    assert not np.isfinite(on_z(STATISTICS["concordance"])(same, weights)).any()
