from __future__ import annotations

import pytest

from calcimetry.agreement.kappa import kappa
from calcimetry.errors import InputError, NotMeasurable


def test_perfect_agreement():
    found = kappa("ABC", "ABC")
    assert found.coefficient == 1.0
    assert found.interval.high == 1.0
    assert found.categories == ("A", "B", "C")


def test_chance_is_nothing():
    assert kappa("AABB", "ABAB").coefficient == pytest.approx(0.0)


def test_weights_need_the_order_that_is_given():
    order = ["none", "mild", "severe"]
    a, b = ["none", "mild", "severe", "none"], ["mild", "mild", "severe", "none"]
    near = kappa(a, b, order, "quadratic").coefficient
    far = kappa(a, ["severe", "mild", "severe", "none"], order, "quadratic").coefficient
    assert far < near
    assert kappa(a, b, order).coefficient < near


def test_categories_that_nobody_gave_keep_their_place():
    assert kappa("AC", "AC", "ABC").table == ((1, 0, 0), (0, 0, 0), (0, 0, 1))


def test_refused():
    with pytest.raises(InputError, match="found 1 and 2 values"):
        kappa("A", "AB")
    with pytest.raises(InputError, match="categories A were given, found also B"):
        kappa("AB", "AB", "A")
    with pytest.raises(NotMeasurable, match="at least 2 pairs are needed, found 1"):
        kappa("A", "A")
    with pytest.raises(
        NotMeasurable, match=r"both raters gave all 2 things the same category \(A\)"
    ):
        kappa("AA", "AA")
