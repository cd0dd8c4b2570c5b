from __future__ import annotations

import numpy as np
import pytest

from calcimetry.agreement.pairs import at_least, grouped, paired, rated, varying
from calcimetry.errors import InputError, NotMeasurable


def test_pairs_are_arrays_of_numbers():
    a, b = paired([[1], [2]], (3, 4), "Testing")
    assert a.tolist() == [1.0, 2.0]
    assert b.tolist() == [3.0, 4.0]


def test_subjects_are_numbered_in_order_of_their_names():
    owner, count = grouped(["b", "a", "b"], 3, "Testing")
    assert owner.tolist() == [1, 0, 1]
    assert count == 2


@pytest.mark.parametrize("values", [[1, 2, 3], [[1], [2]]])
def test_a_table_needs_two_columns(values):
    with pytest.raises(InputError, match="at least 2 columns, one for each rater"):
        rated(values, "Testing")


def test_a_table_must_be_whole():
    with pytest.raises(InputError, match="leave out rows that lack one"):
        rated([[1, np.nan]], "Testing")


def test_refused():
    with pytest.raises(NotMeasurable, match=r"Testing: at least 3 things are needed, found 2\."):
        at_least(3, 2, "Testing", "things")
    with pytest.raises(NotMeasurable, match=r"all 2 values of a are the same \(1\.5\)"):
        varying(np.array([1.5, 1.5]), "a", "Testing")
    with pytest.raises(InputError, match="found 1 patients for 2 pairs"):
        grouped(["a"], 2, "Testing")
