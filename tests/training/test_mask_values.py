"""What the numbers of bone masks mean, one by one and in the company of others."""

import numpy as np
import pytest

from calcimetry.errors import InputError
from calcimetry.training.mask_values import Reading, Rule, label_class, readings_of, told_rules


def rules(*masks):
    return [one.rule for one in readings_of(masks)]


def test_every_label_number_has_a_class():
    for left in (0, 100):
        for digit in range(6):
            assert [label_class(left + 10 * digit + n) for n in range(7)] == [
                None,
                1,
                2,
                3,
                4,
                5,
                None,
            ] or (left, digit) == (0, 0)
        assert [label_class(left + n) for n in (60, 61, 62, 63)] == [4, 4, 4, None]
    assert [label_class(n) for n in (-1, 0, 5, 6, 200, 211, 255)] == [
        *(None, None, 5, None, None, None, None)
    ]


def test_label_numbers_become_bones():
    (reading,) = readings_of([{21, 122, 33, 4}])
    mask = np.array([[0, 21, 122], [33, 4, 0]])
    assert reading.read(mask).tolist() == [[0, 1, 2], [3, 4, 0]]
    assert reading.rule is Rule.NUMBERS


@pytest.mark.parametrize("values", [{60, 120, 180}, {60}, {240, 120}])
def test_multiples_of_60_are_labels(values):
    (reading,) = readings_of([values])
    assert reading.rule is Rule.STEPS
    assert dict(reading.classes) == {value: value // 60 for value in values}


@pytest.mark.parametrize("value", [1, 2, 255, 128])
def test_one_value_alone_is_bone_without_names(value):
    assert rules({value}, {value}) == [Rule.ONE_VALUE, Rule.ONE_VALUE]
    assert dict(readings_of([{value}])[0].classes) == {value: 1}


def test_one_bone_among_named_ones_keeps_its_name():
    assert rules({1, 2, 3}, {2}) == [Rule.NUMBERS, Rule.NUMBERS]
    assert rules({1, 2, 3}, {255}) == [Rule.NUMBERS, Rule.ONE_VALUE]
    assert rules({60, 120}, {1}) == [Rule.STEPS, Rule.ONE_VALUE]


def test_strange_numbers_are_told():
    (error,) = readings_of([{1, 7, *range(70, 80)}])
    assert isinstance(error, InputError)
    assert "found 7, 70, 71, 72, 73, 74, ..." in str(error)


def test_rules_are_told_by_how_often_they_were_applied():
    used = [Reading({1: 1}, Rule.ONE_VALUE), *[Reading({60: 1}, Rule.STEPS)] * 2]
    assert told_rules(used) == [
        "2 of 3 bone masks hold 60 x label.",
        "1 of 3 bone masks hold one value, so bone without names.",
    ]
