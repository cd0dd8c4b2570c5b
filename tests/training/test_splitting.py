"""Patients that are never on both sides, and numbers that are kept."""

import numpy as np
import pytest

from calcimetry.errors import SettingsError
from calcimetry.training.splitting import split
from tests.training.pictures import training_pictures

FORTY = training_pictures(*("a" * 14 + "b" * 13 + "c" * 13))


@pytest.mark.parametrize("seed", range(10))
def test_no_patient_is_on_both_sides(seed):
    training, held_out = split(FORTY, by="patient", count=10, rng=np.random.default_rng(seed))
    assert not {one.patient for one in training} & {one.patient for one in held_out}
    assert len(held_out) in (13, 14)
    assert sorted(int(one.name[:-4]) for one in [*training, *held_out]) == list(range(40))


def test_whole_patients_come_as_near_as_they_can():
    many = training_pictures(*(name for name in "abcdefghij" for _ in range(4)))
    for seed in range(5):
        _, held_out = split(many, by="patient", share=0.2, rng=np.random.default_rng(seed))
        assert len(held_out) == 8


def test_a_patient_is_always_left_to_train_on():
    two = training_pictures("a", "b", "b")
    for seed in range(10):
        training, held_out = split(two, by="patient", share=0.9, rng=np.random.default_rng(seed))
        assert training
        assert held_out


def test_the_smallest_patient_where_all_are_too_large():
    two = training_pictures(*("a" * 9 + "b" * 5))
    _, held_out = split(two, by="patient", count=1, rng=np.random.default_rng(0))
    assert {one.patient for one in held_out} == {"b"}


def test_images_are_drawn_one_by_one_and_the_same_by_the_same_seed():
    first, again = (
        split(FORTY, by="image", count=10, rng=np.random.default_rng(3)) for _ in range(2)
    )
    training, held_out = first
    assert (len(training), len(held_out)) == (30, 10)
    assert [one.name for one in held_out] == [one.name for one in again[1]]
    assert len({one.patient for one in held_out}) > 1


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"share": 0.2, "count": 3}, "either which share or how many"),
        ({}, "either which share or how many"),
        ({"share": 1.0}, "above 0 and below 1, found 1"),
        ({"count": 40}, "1 to 39 of them can be held out.*found 40"),
        ({"count": 0}, "found 0"),
    ],
)
def test_impossible_numbers_are_refused(how, told):
    with pytest.raises(SettingsError, match=told):
        split(FORTY, by="image", rng=np.random.default_rng(0), **how)


def test_one_picture_cannot_be_split():
    with pytest.raises(SettingsError, match="Splitting 1 pictures"):
        split(training_pictures("a"), by="image", share=0.5, rng=np.random.default_rng(0))


def test_one_patient_cannot_be_split():
    with pytest.raises(SettingsError, match="at least two patients are needed, found 1"):
        split(training_pictures("a", "a"), by="patient", count=1, rng=np.random.default_rng(0))
