"""From visit to visit the same finger: its deposits change as asked, its bones do not."""

import numpy as np
import pytest

from calcimetry.phantom.cohort import Cohort, Group, Growth, plan_cohort
from calcimetry.phantom.deposits import draw_deposit
from calcimetry.phantom.visits import grown, scan_finger, volume_factors


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
