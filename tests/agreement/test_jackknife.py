from __future__ import annotations

import math

import numpy as np
import pytest

from calcimetry.agreement.concordance import concordance
from calcimetry.agreement.jackknife import clustered_jackknife
from calcimetry.agreement.weighted import STATISTICS
from calcimetry.errors import InputError, NotMeasurable


def only(name):
    return {name: STATISTICS[name]}


@pytest.fixture
def values():
    rng = np.random.default_rng(1)
    truth = rng.normal(size=(12, 1))
    return truth + rng.normal(0, 0.3, (12, 2))


def test_independent_differences_have_the_t_interval(values):
    found = clustered_jackknife(values, range(12), only("bias"))["bias"]
    d = values[:, 0] - values[:, 1]
    half = 2.200985160082949 * d.std(ddof=1) / math.sqrt(12)  # t, 11 degrees of freedom
    assert found.value == pytest.approx(d.mean())
    assert found.interval.high == pytest.approx(d.mean() + half)
    assert (found.rows, found.clusters) == (12, 12)


def test_patients_are_left_out_whole_and_correlations_on_z(values):
    patients = np.repeat(["P", "Q", "R", "S"], 3)
    found = clustered_jackknife(values, list(patients), only("concordance"))["concordance"]
    others = [math.atanh(concordance(*values[patients != one].T)) for one in "PQRS"]
    error = math.sqrt(3 / 4 * np.sum((np.array(others) - np.mean(others)) ** 2))
    middle = math.atanh(concordance(*values.T))
    assert found.standard_error == pytest.approx(error)
    high = math.tanh(middle + 3.182446305284263 * error)  # t, 3 degrees of freedom
    assert found.interval.high == pytest.approx(high)
    assert found.value == pytest.approx(concordance(*values.T))


def test_copies_of_an_image_are_no_further_evidence(values):
    once = clustered_jackknife(values, range(12), only("concordance"))["concordance"]
    often = clustered_jackknife(
        np.repeat(values, 5, axis=0), list(np.repeat(np.arange(12), 5)), only("concordance")
    )["concordance"]
    assert often.interval.low == pytest.approx(once.interval.low)


def test_refused(values):
    with pytest.raises(InputError, match="found 1 patients for 12 pairs"):
        clustered_jackknife(values, "P", only("bias"))
    with pytest.raises(NotMeasurable, match="at least 3 patients are needed, found 2"):
        clustered_jackknife(values, "PPPPPPQQQQQQ", only("bias"))
    same = [[1, 1], [1, 1], [2, 3]]
    with pytest.raises(NotMeasurable, match="pearson is undefined without 3 of 3 patients"):
        clustered_jackknife(same, "PQR", only("pearson"))
