"""Cohorts: dealt out as asked, the same each time."""

from collections import Counter

import pytest

from calcimetry.errors import SettingsError
from calcimetry.model import Digit
from calcimetry.phantom.cohort import Cohort, Group, Growth, plan_cohort


@pytest.mark.parametrize("seed", [0, 7])
def test_the_default_is_shaped_like_the_paper(seed):
    plan = plan_cohort(Cohort(seed))
    train, test = ([one for one in plan if one.group == name] for name in ("train", "test"))
    images = Counter(one.patient for one in train for _ in one.cut_off)
    assert sorted(images.values()) == [13, 13, 14]
    images = Counter(one.patient for one in test for _ in one.cut_off)
    assert sum(images.values()) == 31
    assert len(images) == 13
    digits = Counter(one.digit for one in test for _ in one.cut_off)
    assert digits[Digit.INDEX] == 8
    assert Digit.THUMB not in digits
    assert sum(sum(one.cut_off) for one in test) == 7
    assert not any(any(one.cut_off) for one in train)


def test_the_same_seed_gives_the_same_plan_and_another_one_another():
    assert plan_cohort(Cohort(3)) == plan_cohort(Cohort(3))
    names = [[(one.patient, one.name) for one in plan_cohort(Cohort(seed))] for seed in (3, 4)]
    assert names[0] != names[1]


@pytest.mark.parametrize(
    "bad",
    [
        {"patients": 0, "images": 1},
        {"patients": 3, "images": 2},
        {"patients": 1, "images": 41},
        {"patients": 1, "images": 3, "cut_off": 4},
        {"patients": 1, "images": 3, "index_images": 4},
    ],
)
def test_impossible_groups_are_refused(bad):
    with pytest.raises(SettingsError, match="Planning patients of group 'x'"):
        Group("x", **bad)


@pytest.mark.parametrize("bad", [{"patient_sd": -1.0}, {"mean": float("inf")}])
def test_impossible_growth_is_refused(bad):
    with pytest.raises(SettingsError, match="Planning growth"):
        Growth(**bad)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"seed": -1}, "the seed must be 0 or more"),
        ({"seed": 1, "visits": 0}, "found 0 visits"),
        ({"seed": 1, "months": 0.0}, "0 months apart"),
        ({"seed": 1, "months": float("nan")}, "nan months apart"),
    ],
)
def test_impossible_cohorts_are_refused(bad, words):
    with pytest.raises(SettingsError, match=words):
        Cohort(**bad)
