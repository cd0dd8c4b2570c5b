from __future__ import annotations

import pytest

from calcimetry.reproduction.summary import QUANTITIES, compared
from calcimetry.reproduction.summary_table import SUMMARY_COLUMNS, summary_cells
from tests.reproduction.rows import row


def two_methods(patients, em=(0.8, 0.7, 0.9), unet=(0.9, 0.9, 0.9)):
    rows = []
    for method, dices in (("unet", unet), ("em", em)):
        rows += [
            row(f"{n}.png", method, dice, patient)
            for n, (dice, patient) in enumerate(zip(dices, patients, strict=True))
        ]
    return compared(rows, ["unet", "em"]).methods


def test_means_and_the_worst():
    unet, em = two_methods("ABC")
    assert (em.pictures, em.answered) == (3, 3)
    assert em.bone_dice == pytest.approx(0.8)
    assert em.bone_dice_worst == 0.7
    assert em.middle_dice is None
    assert em.surface_mean_mm == pytest.approx(0.2)
    assert em.area_bias_mm2 == em.area_absolute_error_mm2 == 0.5
    assert em.area_concordance == 0.0
    assert (em.seconds, em.memory_mib) == (0.5, 100.0)
    assert unet.differences["bone_dice"].reason == "it is what the others are compared with"


def test_a_picture_without_an_answer_is_counted_and_left_out_of_means_and_pairs():
    _, em = two_methods("ABC", em=(0.8, None, 0.9))
    assert (em.pictures, em.answered) == (3, 2)
    assert em.bone_dice == pytest.approx(0.85)
    assert em.bone_dice_of_all == pytest.approx(1.7 / 3)
    difference = em.differences["bone_dice"]
    assert (difference.pictures, difference.patients) == (2, 2)
    assert difference.mean == pytest.approx(-0.05)


def test_differences_are_method_minus_reference_with_an_interval_over_patients():
    _, em = two_methods("ABC")
    difference = em.differences["bone_dice"]
    assert difference.mean == pytest.approx(-0.1)
    assert difference.interval.low == pytest.approx(-0.2)
    assert difference.interval.high == pytest.approx(0.0)
    assert em.differences["surface_mean_mm"].mean == pytest.approx(0.1)
    assert em.differences["area_absolute_error_mm2"].mean == 0.0


@pytest.mark.parametrize(
    ("patients", "reason"),
    [
        (("A", "A", "A"), "all pictures are of one patient"),
        (("", "", ""), "do not say which patient"),
        (("A", "B", ""), "do not say which patient"),
    ],
)
def test_no_interval_without_patients_that_could_differ(patients, reason):
    difference = two_methods(patients)[1].differences["bone_dice"]
    assert difference.mean == pytest.approx(-0.1)
    assert difference.interval is None
    assert reason in difference.reason


def test_no_pair_at_all():
    difference = two_methods("ABC", em=(None, None, None))[1].differences["bone_dice"]
    assert difference.mean is None
    assert "no picture for which both have a number" in difference.reason


def test_without_the_reference():
    (em,) = compared([row("0.png", "em")], ["em"]).methods
    assert em.differences["bone_dice"].reason == "unet is not among the methods compared"


def test_a_method_without_any_answer():
    em = two_methods("ABC", em=(None, None, None))[1]
    assert em.bone_dice is em.bone_dice_worst is em.area_concordance is em.seconds is None
    assert em.bone_dice_of_all == 0.0


def test_unknown_areas_have_no_error():
    rows = [row("0.png", method, true_area=None) for method in ("unet", "em")]
    em = compared(rows, ["unet", "em"]).methods[1]
    assert em.area_bias_mm2 is em.area_concordance is None
    assert em.differences["area_absolute_error_mm2"].pictures == 0
    assert em.differences["bone_dice"].pictures == 1


def test_cells_are_those_of_the_columns():
    cells = summary_cells(two_methods("ABC")[1])
    assert set(cells) == set(SUMMARY_COLUMNS)
    assert cells["bone_dice_difference"] == pytest.approx(-0.1)
    assert cells["bone_dice_difference_patients"] == 3
    assert all(f"{name}_difference_no_interval_because" in cells for name in QUANTITIES)
