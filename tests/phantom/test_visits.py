"""From visit to visit the same finger: its deposits change as asked, its bones do not."""

import functools

import numpy as np
import pytest

from calcimetry.phantom.cohort import Cohort, Group, Growth, plan_cohort
from calcimetry.phantom.deposits import draw_deposit
from calcimetry.phantom.visits import grown, scan_finger, volume_factors


@pytest.fixture(scope="module")
def planned():
    return plan_cohort(Cohort(5, (Group("trial", 1, 1),), visits=2))[0]


@functools.cache
def visits_attempt(planned):
    """The first drawing with several lesions."""
    for attempt in range(20):
        if len(scan_finger(planned, 0, attempt, spacing_mm=1.0).lesions) > 3:
            return attempt
    raise AssertionError


@pytest.fixture(scope="module")
def visits(planned):
    attempt = visits_attempt(planned)
    return tuple(scan_finger(planned, visit, attempt, spacing_mm=1.0) for visit in (0, 1))


def test_bones_stay_and_noise_and_pose_do_not(visits):
    first, second = visits
    assert first.laterality is second.laterality
    assert first.settings == second.settings
    assert first.image.low.array.shape != second.image.low.array.shape
    for label in set(np.unique(first.bone_map).tolist()) - {0}:
        before, after = (one.bone_fraction[one.bone_map == label].sum() for one in visits)
        assert after == pytest.approx(before, rel=0.06)


def test_the_same_visit_is_the_same_again(planned, visits):
    again = scan_finger(planned, 1, visits_attempt(planned), spacing_mm=1.0)
    np.testing.assert_array_equal(again.image.low.array, visits[1].image.low.array)


def test_deposits_keep_what_they_are(visits):
    first, second = ({one.deposit: one for one in scan.lesions} for scan in visits)
    assert set(first) & set(second)
    for place in set(first) & set(second):
        assert (first[place].shape, first[place].site) == (second[place].shape, second[place].site)


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
