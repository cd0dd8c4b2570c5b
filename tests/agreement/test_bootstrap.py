from __future__ import annotations

import numpy as np
import pytest

from calcimetry.agreement.bootstrap import FEW_CLUSTERS, clustered_bootstrap
from calcimetry.agreement.weighted import STATISTICS
from calcimetry.errors import InputError, NotMeasurable, SettingsError

ONE = {"concordance": STATISTICS["concordance"]}


def data(images=31, patients=13, seed=1):
    rng = np.random.default_rng(seed)
    owner = np.arange(images) % patients
    a = rng.normal(size=patients)[owner] + 0.5 * rng.normal(size=images)
    return np.column_stack([a, a + 0.4 * rng.normal(size=images)]), [f"P{n}" for n in owner]


def drawn(values, owner, statistics=ONE, resamples=1000, **options):
    return clustered_bootstrap(
        values, owner, statistics, np.random.default_rng(8), resamples, **options
    )


@pytest.mark.parametrize("kind", ["bca", "percentile", "studentised"])
def test_one_seed_gives_one_result_on_any_number_of_threads(kind):
    values, owner = data()
    one, four = (drawn(values, owner, kind=kind, workers=n) for n in (1, 4))
    assert one == four
    assert one["concordance"].interval.low < one["concordance"].value


@pytest.mark.parametrize("kind", ["bca", "percentile", "studentised"])
def test_independent_differences_agree_with_the_t_interval(kind):
    rng = np.random.default_rng(4)
    values = np.column_stack([rng.normal(0.5, 1, 60), np.zeros(60)])
    found = drawn(values, None, {"bias": STATISTICS["bias"]}, 4000, kind=kind)["bias"]
    half = 2.001 * values[:, 0].std(ddof=1) / np.sqrt(60)
    assert found.interval.low == pytest.approx(found.value - half, abs=0.03)
    assert found.interval.high == pytest.approx(found.value + half, abs=0.03)
    assert found.standard_error == pytest.approx(half / 2.001, rel=0.06)


def test_copies_of_an_image_are_no_further_evidence():
    values, _ = data(15, 15)
    owner = list(range(15))
    once = drawn(values, owner)
    often = drawn(np.repeat(values, 7, axis=0), np.repeat(owner, 7))
    assert often["concordance"].interval.low == pytest.approx(once["concordance"].interval.low)


def test_images_of_a_patient_widen_the_interval():
    rng = np.random.default_rng(2)
    owner = np.repeat(np.arange(12), 5)
    values = np.column_stack([rng.normal(size=12)[owner] + 0.2 * rng.normal(size=60), np.zeros(60)])
    statistics = {"bias": STATISTICS["bias"]}
    widths = [
        found["bias"].interval.high - found["bias"].interval.low
        for found in (drawn(values, list(owner), statistics), drawn(values, None, statistics))
    ]
    assert widths[0] > 1.5 * widths[1]


def test_few_patients_are_warned_of():
    values, owner = data(20, 6)
    found = drawn(values, owner)["concordance"]
    assert found.clusters < FEW_CLUSTERS
    assert "rest on 6 patients" in found.warning
    many = drawn(*data())["concordance"]
    assert many.warning == ""
    assert (many.rows, many.clusters, many.resamples, many.undefined) == (31, 13, 1000, 0)


def test_progress_is_told():
    told = []
    drawn(*data(), resamples=1200, on_progress=lambda done, total: told.append((done, total)))
    assert told == [(500, 1200), (1000, 1200), (1200, 1200)]


def test_a_constant_statistic_has_an_interval_without_width():
    values = np.column_stack([np.arange(12.0) + 1, np.arange(12.0)])
    found = drawn(values, None, {"bias": STATISTICS["bias"]})["bias"]
    assert (found.interval.low, found.interval.high) == (1.0, 1.0)


def test_refused():
    values, owner = data()
    with pytest.raises(SettingsError, match="at least 100 resamples are needed, found 99"):
        drawn(values, owner, resamples=99)
    with pytest.raises(InputError, match="found 1 patients for 31 pairs"):
        drawn(values, ["P"])
    with pytest.raises(NotMeasurable, match="at least 2 patients to tell how much patients differ"):
        drawn(values, ["P"] * 31)
    with pytest.raises(NotMeasurable, match="concordance is undefined for all 5 rows"):
        drawn([[1, 1]] * 5, None)
    with pytest.raises(NotMeasurable, match=r"pearson is undefined in \d+ of 1000 resamples"):
        drawn([[1, 2], [1, 2], [3, 5]], list("PPQ"), {"pearson": STATISTICS["pearson"]})
