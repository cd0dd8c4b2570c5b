from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from calcimetry.agreement import planning
from calcimetry.agreement.concordance import concord
from calcimetry.agreement.icc import intraclass_correlations
from calcimetry.agreement.limits import limits_of_agreement
from calcimetry.errors import NotMeasurable, SettingsError


def test_pairs_for_limits_are_enough_and_no_more():
    count = planning.pairs_for_limits(0.5)
    for pairs, holds in ((count, True), (count - 1, False)):
        a = stats.norm.ppf((np.arange(pairs) + 0.5) / pairs)
        a = a / a.std(ddof=1)
        found = limits_of_agreement(a, np.zeros(pairs), interval="approximate")
        assert (found.upper_interval.high - found.upper <= 0.5) is holds


def test_power_of_limits_is_that_of_simulated_studies():
    bias, sd, acceptable, pairs = 0.2, 1.0, 2.8, 60
    samples = np.random.default_rng(1).normal(bias, sd, (20_000, pairs))
    reach = stats.nct.ppf(0.975, pairs - 1, 1.96 * np.sqrt(pairs)) / np.sqrt(pairs)
    mean, spread = samples.mean(axis=1), samples.std(axis=1, ddof=1)
    held = (mean + reach * spread < acceptable) & (mean - reach * spread > -acceptable)
    expected = planning.power_of_limits(pairs, bias, sd, acceptable)
    assert np.mean(held) == pytest.approx(expected, abs=0.012)
    assert planning.pairs_for_agreement(bias, sd, acceptable, power=expected) == pairs


def test_pairs_for_concordance_reach_the_lower_end_on_average():
    count = planning.pairs_for_concordance(0.9, 0.8)
    rng = np.random.default_rng(2)
    ends = []
    for _ in range(800):
        a, noise = rng.normal(size=(2, count))
        ends.append(concord(a, 0.9 * a + np.sqrt(1 - 0.81) * noise).interval_z.low)
    assert np.median(ends) == pytest.approx(0.8, abs=0.012)


def test_things_for_icc_give_the_width_on_average():
    count = planning.things_for_icc(0.7, 0.25, raters=3)
    rng = np.random.default_rng(3)
    widths = []
    for _ in range(400):
        table = np.sqrt(0.7) * rng.normal(size=(count, 1)) + np.sqrt(0.3) * rng.normal(
            size=(count, 3)
        )
        interval = intraclass_correlations(table)["ICC(1)"].interval
        widths.append(interval.high - interval.low)
    assert np.mean(widths) == pytest.approx(0.25, rel=0.05)


def test_two_raters_that_agree_need_more_by_bonetts_correction():
    # 8 z^2 0.2^2 1.8^2 / (2 0.2^2) + 1 = 50.8, and 5 x 0.8 more.
    assert planning.things_for_icc(0.8, 0.2) == 55
    assert planning.things_for_icc(0.69, 0.2) == 107


def test_patients_for_a_trial_have_the_power_in_simulated_trials():
    patients = planning.patients_for_trial(0.7, 0.5, power=0.9, measurement_cv=0.15)
    spread = planning.trial_sd(0.5, 0.15)
    rng = np.random.default_rng(4)
    arms = rng.normal(0, spread, (3000, 2, patients))
    arms[:, 1] += np.log(0.7)
    found = np.mean(stats.ttest_ind(arms[:, 0], arms[:, 1], axis=1).pvalue < 0.05)
    assert found == pytest.approx(0.9, abs=0.02)
    assert planning.trial_power(patients, -np.log(0.7) / spread) >= 0.9


def test_a_better_measurement_needs_fewer_patients():
    needed = [planning.patients_for_trial(0.8, 0.3, measurement_cv=cv) for cv in (0.0, 0.1, 0.3)]
    assert needed == sorted(needed)
    assert needed[0] < needed[-1]


@pytest.mark.parametrize(
    ("call", "error", "told"),
    [
        (lambda: planning.pairs_for_limits(0.0), SettingsError, "half width must be positive"),
        (lambda: planning.pairs_for_limits(1e-4), NotMeasurable, "more than 1,000,000"),
        (lambda: planning.power_of_limits(2, 0, 1, 3), SettingsError, "pairs above two"),
        (lambda: planning.pairs_for_agreement(0, 1, 3, 1.0), SettingsError, "power must lie"),
        (lambda: planning.pairs_for_agreement(0, 1, 1.9), NotMeasurable, "already reach beyond"),
        (lambda: planning.pairs_for_concordance(0.9, 0.95), SettingsError, "least < coefficient"),
        (lambda: planning.pairs_for_concordance(0.9, 0.8, 1), SettingsError, "correlation below 1"),
        (
            lambda: planning.things_for_icc(0.8, 1.2),
            SettingsError,
            "width must lie between 0 and 1",
        ),
        (lambda: planning.things_for_icc(0.8, 0.2, 1), SettingsError, "raters above one"),
        (lambda: planning.patients_for_trial(1.0, 0.3), SettingsError, "a ratio other than 1"),
        (
            lambda: planning.patients_for_trial(0.8, 0.0),
            SettingsError,
            "sd change must be positive",
        ),
    ],
)
def test_refused(call, error, told):
    with pytest.raises(error, match=told):
        call()
