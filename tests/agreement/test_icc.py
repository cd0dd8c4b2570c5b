from __future__ import annotations

import numpy as np
import pytest

from calcimetry.agreement.icc import intraclass_correlations, mean_squares
from calcimetry.errors import InputError, NotMeasurable


def test_a_constant_shift_lowers_agreement_and_not_consistency():
    rng = np.random.default_rng(1)
    truth = rng.normal(size=(30, 1))
    table = truth + rng.normal(0, 0.2, (30, 2))
    shifted = table + np.array([0.0, 1.0])
    before, after = intraclass_correlations(table), intraclass_correlations(shifted)
    assert after["ICC(C,1)"].coefficient == pytest.approx(before["ICC(C,1)"].coefficient)
    assert after["ICC(A,1)"].coefficient < before["ICC(A,1)"].coefficient - 0.1


def test_mean_squares_are_those_of_the_analysis_of_variance():
    table = np.array([[1.0, 2.0], [4.0, 3.0], [6.0, 9.0]])
    found = mean_squares(table)
    assert found.rows == pytest.approx(2 * np.var(table.mean(axis=1), ddof=1))
    assert found.columns == pytest.approx(3 * np.var(table.mean(axis=0), ddof=1))
    assert found.within == pytest.approx(np.mean(np.var(table, axis=1, ddof=1)))
    total = np.sum((table - table.mean()) ** 2)
    assert 2 * found.rows + found.columns + 2 * found.error == pytest.approx(total)


def test_intervals_hold_their_coefficient():
    table = np.random.default_rng(2).normal(size=(12, 3)) + np.arange(12)[:, None] / 3
    for icc in intraclass_correlations(table).values():
        assert icc.interval.low < icc.coefficient < icc.interval.high
        assert icc.name.startswith("ICC(")
        assert icc.shrout_fleiss.startswith("ICC(")
        assert 0.0 <= icc.p <= 1.0


def test_refused():
    with pytest.raises(InputError, match="at least 2 columns"):
        intraclass_correlations([[1], [2]])
    with pytest.raises(NotMeasurable, match="at least 2 things that were measured are needed"):
        intraclass_correlations([[1, 2]])
    with pytest.raises(NotMeasurable, match="things must differ and raters must scatter"):
        intraclass_correlations([[1, 2], [1, 2]])
    with pytest.raises(NotMeasurable, match="and 0 of error"):
        intraclass_correlations([[1, 1], [2, 2], [4, 4]])
