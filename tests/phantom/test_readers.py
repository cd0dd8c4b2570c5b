"""Simulated radiologists: their habits do what they say, and two of them agree as published."""

import importlib.util
from types import SimpleNamespace

import numpy as np
import pytest

from calcimetry.errors import SettingsError
from calcimetry.phantom.readers import Reader, read_lesions

EXACT = {"border_sd_mm": 0.0, "extent_sd": 0.0, "calliper_sd_mm": 0.0, "missed_mm2": 0.0}


def lesions(count=1, long_axis=4.0, short_axis=2.0):
    area = np.pi / 4 * long_axis * short_axis
    return [
        SimpleNamespace(number=n, area_mm2=area, long_axis_mm=long_axis, short_axis_mm=short_axis)
        for n in range(1, count + 1)
    ]


def test_a_border_drawn_outside_makes_both_axes_longer():
    (one,) = read_lesions(np.random.default_rng(0), Reader("a", 0.25, **EXACT), lesions())
    assert (one.long_axis_mm, one.short_axis_mm) == (4.5, 2.5)
    assert one.ellipse_area_mm2 == pytest.approx(np.pi / 4 * 4.5 * 2.5)


@pytest.mark.parametrize(
    ("habit", "value", "spread_mm"),
    [("border_sd_mm", 0.1, 0.2), ("extent_sd", 0.05, 0.2), ("calliper_sd_mm", 0.3, 0.3)],
)
def test_spreads_are_those_asked_for(habit, value, spread_mm):
    reader = Reader("a", **(EXACT | {habit: value}))
    found = read_lesions(np.random.default_rng(1), reader, lesions(4000))
    assert np.std([one.long_axis_mm for one in found]) == pytest.approx(spread_mm, rel=0.05)
    assert np.mean([one.long_axis_mm for one in found]) == pytest.approx(4.0, abs=0.02)


def test_small_lesions_are_missed_half_the_time_at_the_area_that_says_so():
    reader = Reader("a", **(EXACT | {"missed_mm2": 2 * np.pi}))
    found = read_lesions(np.random.default_rng(2), reader, lesions(2000))
    assert len(found) == pytest.approx(1000, rel=0.1)
    assert reader.misses(4 * np.pi) == pytest.approx(1 / 9)


def test_missing_one_lesion_changes_no_other():
    all_seen = Reader("a", missed_mm2=0.0)
    some_seen = Reader("a", missed_mm2=3.0)
    every = read_lesions(np.random.default_rng(3), all_seen, lesions(50))
    some = read_lesions(np.random.default_rng(3), some_seen, lesions(50))
    assert 0 < len(some) < 50
    assert set(some) < set(every)


def test_axes_stay_positive_and_in_order():
    wild = Reader("a", extent_sd=0.5, calliper_sd_mm=3.0, missed_mm2=0.0)
    for one in read_lesions(np.random.default_rng(4), wild, lesions(200)):
        assert one.long_axis_mm >= one.short_axis_mm > 0


@pytest.mark.parametrize(
    "bad", [{"extent_sd": -0.1}, {"missed_mm2": -1.0}, {"border_mm": float("nan")}]
)
def test_impossible_habits_are_refused(bad):
    with pytest.raises(SettingsError, match="Making reader 'a': spreads"):
        Reader("a", **bad)


def test_two_readers_agree_as_the_papers_two_did(root):
    spec = importlib.util.spec_from_file_location("bench_readers", root / "benchmarks/readers.py")
    bench = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = bench  # dataclasses look their module up
    spec.loader.exec_module(bench)
    found = {name: np.median(values) for name, values in bench.simulate(150).items()}
    for name, within in (
        ("rho", 0.02),
        ("concordance", 0.025),
        ("mean difference mm2", 0.3),
        ("lower limit mm2", 1.0),
        ("upper limit mm2", 1.0),
        ("smallest area mm2", 0.3),
        ("largest area mm2", 6.0),
    ):
        assert found[name] == pytest.approx(bench.PUBLISHED[name], abs=within), name
