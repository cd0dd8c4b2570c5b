from __future__ import annotations

import math

import numpy as np
import pytest

from calcimetry.agreement.compare import RESAMPLED, compare, compare_pair
from calcimetry.agreement.compared import Choices
from calcimetry.agreement.readings import Readings
from calcimetry.errors import NotMeasurable
from tests.agreement.raters import readings

FEW = Choices(resamples=200)


def compared(given, choices=FEW, **options):
    return compare(given, np.random.default_rng(1), choices, **options)


def test_a_pair_has_every_statistic():
    (one,) = compared(readings()).pairs
    assert one.not_measured == {}
    assert set(one.resampled) == set(RESAMPLED)
    assert set(one.jackknifed) == set(RESAMPLED)
    assert one.limits.bias < 0.0  # ben reads more
    assert one.linked.subjects == 13
    assert one.icc["ICC(A,1)"].coefficient == pytest.approx(one.resampled["icc_agreement"].value)
    assert one.concordance.coefficient == pytest.approx(one.resampled["concordance"].value)


def test_without_patients_nothing_is_drawn():
    (one,) = compared(readings(subjects=False)).pairs
    assert one.resampled == {}
    assert one.jackknifed["concordance"].clusters == 31
    assert one.linked is None
    assert one.not_measured == {}


def test_logarithms_give_ratios():
    (one,) = compared(readings(), Choices(log=True, resamples=200)).pairs
    assert one.limits.bias == pytest.approx(math.exp(-0.2), rel=0.1)
    assert one.linked.bias == pytest.approx(one.limits.bias, rel=0.05)
    assert one.resampled["bias"].value == pytest.approx(one.limits.bias)
    assert one.resampled["bias"].interval.low < one.limits.bias < 1.0
    assert one.jackknifed["bias"].value == pytest.approx(one.limits.bias)
    assert one.percent is None
    (plain,) = compared(readings()).pairs
    assert one.passing_bablok == plain.passing_bablok
    assert (one.deming.method, plain.deming.method) == ("weighted Deming", "Deming")


def test_each_image_of_its_own_patient():
    (one,) = compared(readings(images=20, patients=20)).pairs
    assert one.linked is None
    assert "one pair each" in one.not_measured["linked"]
    assert one.resampled["bias"].clusters == 20


def test_more_raters_are_compared_in_pairs_and_together():
    found = compared(readings(raters=3, missing=(0, 4)))
    assert [(one.pair.a, one.pair.b) for one in found.pairs] == [
        ("anna", "ben"),
        ("anna", "cora"),
        ("ben", "cora"),
    ]
    assert found.overall.images == 29
    assert found.overall.icc["ICC(A,1)"].coefficient > 0.8
    assert found.overall.resampled["icc_agreement"].rows == 29
    assert found.overall.not_measured == {}
    assert compared(readings(raters=3), Choices(log=True)).overall.icc is not None
    assert compared(readings(raters=3, subjects=False)).overall.resampled == {}


def test_adding_a_rater_leaves_the_others_intervals():
    two, three = compared(readings()).pairs[0], compared(readings(raters=3)).pairs[0]
    assert two.resampled["concordance"].interval == three.resampled["concordance"].interval


def test_a_rater_that_cannot_be_compared_does_not_stop_the_others():
    given = readings(raters=2, subjects=False)
    values = {**given.values, "flat": (2.0,) * 31}
    found = compared(Readings(given.images, values))
    assert len(found.pairs) == 1
    assert set(found.failed) == {("anna", "flat"), ("ben", "flat")}
    assert (
        "Comparing anna with flat: all 31 values of flat are the same (2)"
        in found.failed["anna", "flat"]
    )


def test_raters_who_never_read_the_same_images_have_no_overall_result():
    given = readings(raters=3, subjects=False, missing=tuple(range(28)))
    found = compared(given)
    assert found.overall.concordance is None
    assert (
        "at least 5 images that all raters read are needed, found 3"
        in (found.overall.not_measured["all"])
    )


def test_what_resampling_cannot_give_is_named_alone():
    # Two patients: half of all resamples hold one of them twice, whose readings are all the same.
    values = {"a": (1.0, 1.0, 1.0, 4.0, 5.0, 7.0), "b": (2.0, 2.0, 2.0, 4.5, 6.0, 6.0)}
    given = Readings(tuple("uvwxyz"), values, tuple("PPPQQQ"))
    (one,) = compared(given).pairs
    assert "bias" in one.resampled
    assert "spearman" not in one.resampled
    assert one.jackknifed == {}
    assert "at least 3 patients are needed, found 2" in one.not_measured["jackknifed bias"]
    assert "undefined" in one.not_measured["resampled spearman"]


def test_identical_raters():
    same = (1.0, 2.0, 3.0, 5.0, 8.0, 9.0)
    (one,) = compared(Readings(tuple("uvwxyz"), {"a": same, "b": same})).pairs
    assert one.concordance.coefficient == pytest.approx(1.0)
    assert one.limits is None
    assert "the difference are the same" in one.not_measured["limits"]
    assert one.icc is None
    assert one.linearity is None
    assert one.deming.slope == pytest.approx(1.0)


def test_falling_readings_have_no_line():
    values = {"a": (1.0, 2.0, 3.0, 5.0, 8.0), "b": (9.0, 7.0, 6.0, 4.0, 1.0)}
    (one,) = compared(Readings(tuple("vwxyz"), values)).pairs
    assert one.passing_bablok is None
    assert "must rise together" in one.not_measured["passing_bablok"]
    assert one.linearity is None


def test_progress_covers_all_pairs():
    told = []
    compared(
        readings(raters=3), on_progress=lambda done, total, name: told.append((done, total, name))
    )
    assert told == [(200, 600, "anna, ben"), (400, 600, "anna, cora"), (600, 600, "ben, cora")]


def test_defaults():
    assert compare(readings(subjects=False), np.random.default_rng(1)).pairs


@pytest.mark.parametrize(
    ("values", "choices", "told"),
    [
        (
            {"a": (1.0, 2.0), "b": (1.0, 3.0)},
            FEW,
            "at least 5 images that both read are needed, found 2",
        ),
        ({"a": (1.0,) * 5, "b": (1.0, 2.0, 3.0, 4.0, 5.0)}, FEW, "all 5 values of a are the same"),
        (
            {"a": (0.0, 2.0, 3.0, 4.0, 5.0), "b": (1.0, 2.0, 3.0, 4.0, 5.0)},
            Choices(log=True),
            r"positive readings are needed, found 1 of 10 that are 0 or less \(the smallest is 0\)",
        ),
    ],
)
def test_refused(values, choices, told):
    given = Readings(tuple("vwxyz"[: len(values["a"])]), values)
    with pytest.raises(NotMeasurable, match=told):
        compare_pair(given.pair("a", "b"), np.random.default_rng(1), choices)
