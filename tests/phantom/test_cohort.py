"""Cohorts: dealt out as asked, the same each time, and changing from visit to visit."""

from collections import Counter

import numpy as np
import pytest

from calcimetry.errors import SettingsError
from calcimetry.model import Digit
from calcimetry.phantom.cohort import (
    Cohort,
    Group,
    Growth,
    grown,
    plan_cohort,
    scan_finger,
    volume_factors,
)
from calcimetry.phantom.deposits import draw_deposit


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


@pytest.fixture(scope="module")
def planned():
    return plan_cohort(Cohort(5, (Group("trial", 1, 1),), visits=2))[0]


@pytest.fixture(scope="module")
def visits(planned):
    for attempt in range(20):
        first = scan_finger(planned, 0, attempt, spacing_mm=1.0)
        if len(first.lesions) > 3:
            return first, scan_finger(planned, 1, attempt, spacing_mm=1.0)
    raise AssertionError


def test_bones_stay_and_noise_does_not(visits):
    first, second = visits
    np.testing.assert_array_equal(first.bone_map, second.bone_map)
    assert first.laterality is second.laterality
    assert not np.array_equal(first.image.low.array, second.image.low.array)


def test_deposits_change_by_their_factors(planned, visits):
    first, second = ({one.deposit: one.volume_mm3 for one in scan.lesions} for scan in visits)
    factors = volume_factors(planned, 1)
    both = [place for place in first if place in second and first[place] > 5]
    assert both
    for place in both:
        # Neighbours and bone take room, so not each deposit can become what it would.
        assert second[place] / first[place] == pytest.approx(factors[place - 1], rel=0.35)


def test_the_first_visit_changes_nothing(planned):
    np.testing.assert_array_equal(volume_factors(planned, 0), 1.0)


def test_growth_has_the_mean_and_the_spread_asked_for():
    cohort = Cohort(9, (Group("trial", 60, 60),), visits=2, growth=Growth(0.12, 0.2, 0.2))
    logs = np.array([np.log(volume_factors(one, 1)) for one in plan_cohort(cohort)])
    assert logs.mean() == pytest.approx(0.12, abs=0.08)
    assert logs.mean(axis=1).std() == pytest.approx(0.2, abs=0.05)
    assert (logs - logs.mean(axis=1, keepdims=True)).std() == pytest.approx(0.2, abs=0.02)
    assert (logs < 0).mean() == pytest.approx(0.33, abs=0.12)


def test_a_grown_deposit_has_the_volume_asked_for():
    deposit = draw_deposit(np.random.default_rng(2), np.zeros(3), 3.0, np.array([0.0, 0.0, 1.0]))
    axis = np.linspace(-12, 12, 97)
    points = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1)
    before, after = (
        int((one.distance(points) < 0).sum()) for one in (deposit, grown(deposit, 2.0))
    )
    assert after / before == pytest.approx(2.0, rel=0.15)


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
