from __future__ import annotations

import pytest

from calcimetry.agreement.components import variance_components
from calcimetry.errors import InputError, NotMeasurable


def test_balanced_values_have_a_closed_form():
    # Subjects' means 2, 7, 11: MSB = 2 * 20.333, MSW = 2.
    found = variance_components([1, 3, 6, 8, 10, 12], list("PPQQRR"))
    assert found.within == pytest.approx(2.0, rel=1e-6)
    assert found.between == pytest.approx((2 * 61 / 3 - 2.0) / 2, rel=1e-6)
    assert found.total == found.between + found.within
    assert found.standard_error == pytest.approx((61 / 9) ** 0.5, rel=1e-6)


def test_subjects_that_do_not_differ_have_no_variance_between():
    assert variance_components([1, 5, 2, 4, 3, 3.1], list("PPQQRR")).between == 0.0


def test_refused():
    with pytest.raises(InputError, match="found 1 patients for 2 pairs"):
        variance_components([1, 2], ["P"])
    with pytest.raises(NotMeasurable, match="at least 2 subjects are needed, found 1"):
        variance_components([1, 2], ["P", "P"])
    with pytest.raises(NotMeasurable, match="values of the series are the same"):
        variance_components([1, 1, 1], ["P", "P", "Q"])
    with pytest.raises(NotMeasurable, match="at least 2 values that differ is needed"):
        variance_components([1, 2, 3], ["P", "Q", "R"])
    with pytest.raises(NotMeasurable, match="at least 2 values that differ is needed"):
        variance_components([1, 1, 3, 3], ["P", "P", "Q", "Q"])
