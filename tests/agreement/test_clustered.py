from __future__ import annotations

import numpy as np
import pytest

from calcimetry.agreement.clustered import clustered_difference
from calcimetry.errors import InputError, NotMeasurable


def rng():
    return np.random.default_rng(8)


def test_difference_is_a_minus_b_over_images():
    found = clustered_difference([1, 2, 6], [0, 0, 0], ["P", "P", "Q"], rng())
    assert found.mean == 3.0
    assert (found.pairs, found.patients) == (3, 2)


def test_whole_patients_are_drawn():
    # Only P, P and Q, or only Q can be drawn: means 0, 1 / 4 and 1.
    found = clustered_difference([0, 0, 0, 1], [0] * 4, ["P", "P", "P", "Q"], rng())
    assert found.mean == 0.25
    assert (found.interval.low, found.interval.high) == (0.0, 1.0)


def test_many_patients_of_one_image_agree_with_the_normal_interval():
    a = np.random.default_rng(1).normal(0.3, 1.0, 400)
    found = clustered_difference(a, np.zeros(400), [f"P{n}" for n in range(400)], rng())
    half = 1.96 * a.std() / 20
    assert found.interval.low == pytest.approx(a.mean() - half, abs=0.01)
    assert found.interval.high == pytest.approx(a.mean() + half, abs=0.01)


def test_copies_of_an_image_are_no_further_evidence():
    a = np.random.default_rng(1).normal(0.0, 1.0, 12)
    names = [f"P{n}" for n in range(12)]
    once = clustered_difference(a, np.zeros(12), names, rng())
    often = clustered_difference(np.repeat(a, 9), np.zeros(108), np.repeat(names, 9), rng())
    assert often.interval.low == pytest.approx(once.interval.low, abs=1e-12)
    assert often.interval.high == pytest.approx(once.interval.high, abs=1e-12)


def test_the_same_generator_gives_the_same_interval():
    args = ([1, 2, 3, 7], [0, 1, 1, 1], ["P", "Q", "R", "S"])
    assert clustered_difference(*args, rng()) == clustered_difference(*args, rng())


def test_refused():
    with pytest.raises(InputError, match="found 1 patients for 2 pairs"):
        clustered_difference([1, 2], [1, 2], ["P"], rng())
    with pytest.raises(
        NotMeasurable,
        match="at least 2 patients to tell how much patients differ are needed, found 1",
    ):
        clustered_difference([1, 2], [1, 2], ["P", "P"], rng())
    with pytest.raises(NotMeasurable, match="found 0"):
        clustered_difference([], [], [], rng())
