from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from calcimetry.agreement.repeatability import repeatability
from calcimetry.errors import InputError, NotMeasurable


def test_two_readings_by_hand():
    # Half the mean squared difference: differences 2, -1, 3.
    found = repeatability([[10, 8], [20, 21], [33, 30]])
    within = (4 + 1 + 9) / 6
    assert found.within_sd == pytest.approx(math.sqrt(within))
    assert found.coefficient == pytest.approx(1.96 * math.sqrt(2 * within))
    high = found.within_sd * math.sqrt(3 / stats.chi2.ppf(0.025, 3))
    assert found.within_sd_interval.high == pytest.approx(high)
    # Without the mean difference, 4 / 3: the SD of differences over sqrt 2.
    assert found.consistent_sd == pytest.approx(np.std([2, -1, 3], ddof=1) / math.sqrt(2))
    assert found.detectable_change == pytest.approx(1.96 * np.std([2, -1, 3], ddof=1))
    assert (found.things, found.raters) == (3, 2)


def test_the_coefficient_of_variation_is_that_of_proportional_error():
    rng = np.random.default_rng(1)
    truth = np.exp(rng.uniform(0, 5, (4000, 1)))
    found = repeatability(truth * np.exp(0.1 * rng.normal(size=(4000, 2))))
    assert found.cv == pytest.approx(100 * math.expm1(0.1), rel=0.03)


def test_values_that_are_not_positive_have_no_coefficient_of_variation():
    found = repeatability([[0, 1], [3, 3], [5, 4]])
    assert found.cv is None
    assert "needs positive values" in found.not_measured["cv"]
    assert repeatability([[1, 2], [3, 3]]).not_measured == {}


def test_refused():
    with pytest.raises(InputError, match="at least 2 columns"):
        repeatability([[1], [2]])
    with pytest.raises(NotMeasurable, match="at least 2 things that were measured are needed"):
        repeatability([[1, 2]])
