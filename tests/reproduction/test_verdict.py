from __future__ import annotations

import pytest

from calcimetry.reproduction.summary import compared
from calcimetry.reproduction.verdict import verdict
from tests.reproduction.rows import row


def told(patients, **dices):
    rows = [
        row(f"{n}.png", name.replace("_", "-"), dice, patient)
        for name, values in dices.items()
        for n, (dice, patient) in enumerate(zip(values, patients, strict=True))
    ]
    return verdict(compared(rows, [name.replace("_", "-") for name in dices]))


def test_better_worse_and_not_told_apart():
    assert told("ABC", unet=(0.9, 0.9, 0.8), em=(0.8, 0.8, 0.8), vnet=(0.9, 0.8, 0.85)) == (
        "On 3 pictures, unet found bone best (mean Dice 0.867; vnet 0.850, em 0.800); by 95% "
        "intervals over 3 patients, too few to be sure of, unet is not told apart from em and vnet."
    )
    assert told("ABC", unet=(0.8, 0.8, 0.7), em=(0.6, 0.7, 0.6), vnet=(0.9, 0.9, 0.9)).endswith(
        "too few to be sure of, unet is better than em; worse than vnet."
    )


def test_names_are_listed():
    text = told("AB", unet=(0.9, 0.9), a=(0.8, 0.8), b=(0.7, 0.7), c=(0.6, 0.6))
    assert text.endswith("unet is better than a, b and c.")


def test_enough_patients():
    patients = [f"P{n}" for n in range(10)]
    text = told(patients, unet=[0.9] * 10, em=[0.8] * 10)
    assert text.endswith("; by 95% intervals over 10 patients, unet is better than em.")


@pytest.mark.parametrize(
    ("patients", "words"),
    [
        ("AAA", "because all pictures are of one patient"),
        (("",) * 3, "because the data do not say"),
    ],
)
def test_how_sure_cannot_be_said(patients, words):
    assert f"; how sure that is cannot be said, {words}" in told(
        patients, unet=(0.9, 0.9, 0.9), em=(0.8, 0.8, 0.8)
    )


def test_one_method_on_one_picture():
    assert told("A", unet=(0.9,)) == "On 1 picture, unet found bone best (mean Dice 0.900)."


def test_a_refused_picture_counts_as_0():
    text = told("ABC", unet=(0.9, 0.9, 0.9), em=(0.95, None, 0.95))
    assert text.startswith("On 3 pictures, unet found bone best (mean Dice 0.900; em 0.633)")


def test_a_method_without_any_answer():
    text = told("AB", unet=(0.9, 0.9), em=(None, None))
    assert "unet found bone best (mean Dice 0.900; em without any answer)" in text


def test_nothing_found():
    assert told("AB", unet=(None, None)) == "No method found bone in any of 2 pictures."
