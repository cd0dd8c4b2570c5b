"""By how much, how surely, and what it means."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calcimetry.errors import SettingsError
from calcimetry.followup.change import change_of
from calcimetry.followup.likeness import Likeness
from calcimetry.followup.reading import Reading, alone
from calcimetry.followup.repeat_error import ChangeSettings, RepeatError
from calcimetry.followup.result import Change
from calcimetry.model import Interval
from tests.followup.lesions import lesion

#: An error that does not depend on size: half width 0.1 of each visit's logarithm.
PLAIN = ChangeSettings(*(RepeatError(0.1, 0.0, 0.0, 1.0) for _ in range(3)), unshared=0.5)
#: Of the logarithm of a ratio of two.
PAIR = 0.1 * math.sqrt(2.0)


def volumes(first: float, last: float, settings=PLAIN, likeness=None, **more) -> Change:
    found = change_of(
        alone([lesion(1, first, **more)]),
        alone([lesion(2, last, **more)]),
        "volume_mm3",
        likeness,
        settings,
    )
    assert isinstance(found, Change)
    return found


def test_a_doubling():
    found = volumes(50.0, 100.0)
    assert (found.first, found.last, found.absolute) == (50.0, 100.0, 50.0)
    assert found.relative_percent == pytest.approx(100.0)
    assert found.relative_interval.low == pytest.approx(100 * (2 * math.exp(-PAIR) - 1))
    assert found.relative_interval.high == pytest.approx(100 * (2 * math.exp(PAIR) - 1))
    assert found.detectable_increase_percent == pytest.approx(100 * math.expm1(PAIR))
    assert found.detectable_decrease_percent == pytest.approx(-100 * math.expm1(-PAIR))
    assert found.category == found.rule_25 == "progression"


@pytest.mark.parametrize(
    ("last", "category", "rule"),
    [
        (50.0, "stable", "stable"),
        (56.0, "stable", "stable"),
        (60.0, "progression", "stable"),
        (70.0, "progression", "progression"),
        (40.0, "improvement", "stable"),
        (35.0, "improvement", "improvement"),
    ],
)
def test_categories(last, category, rule):
    found = volumes(50.0, last)
    assert (found.category, found.rule_25) == (category, rule)


def test_small_ones_are_below_detection_at_both_visits_only():
    assert volumes(0.5, 0.9).category == "below detection"
    assert volumes(0.5, 1.5).category == "progression"
    assert volumes(0.5, 0.9).rule_25 == "progression"


def test_errors_that_both_visits_share_cancel_in_the_ratio_alone():
    sure, unsure = volumes(50.0, 100.0, error=0.1), volumes(50.0, 100.0, error=0.7)
    assert sure.relative_interval == unsure.relative_interval
    assert sure.category == unsure.category
    # With no error but what is random the absolute change has that of the ratio.
    assert sure.absolute_interval.low == pytest.approx(50 * (2 * math.exp(-PAIR) - 1), rel=0.01)
    shared = math.sqrt(0.7**2 - 0.1**2)
    nearest = 50 * (2 * math.exp(-PAIR) - 1)
    expected = 50 * math.exp(-math.hypot(math.log(50 / nearest), shared))
    assert unsure.absolute_interval.low == pytest.approx(expected)


def test_other_scans_share_less():
    alike = volumes(50.0, 60.0)
    other = volumes(50.0, 60.0, likeness=Likeness(other_scan=True))
    random = math.hypot(PAIR, *(0.5 * math.sqrt(0.5**2 - 0.1**2),) * 2)
    assert other.detectable_increase_percent == pytest.approx(100 * math.expm1(random))
    assert (alike.category, other.category) == ("progression", "stable")


def mass(first, last, likeness=None):
    return change_of(
        alone([lesion(1, mass_mg=first)]),
        alone([lesion(2, mass_mg=last)]),
        "mass_mg",
        likeness,
        PLAIN,
    )


def test_masses_where_energies_or_calibrations_differ():
    assert mass(20.0, 30.0).category == "progression"
    other = mass(20.0, 30.0, Likeness(other_scan=True, other_gain=True))
    assert other.category == "stable"  # all of the intervals' own error counts
    assert mass(20.0, 30.0, Likeness(mass_refused="one energy")) == "one energy"
    assert volumes(50.0, 60.0, likeness=Likeness(mass_refused="one energy")).absolute == 10.0


def test_what_was_not_measured_has_its_reason():
    no_mass = lesion(1, mass_mg=None, not_measured={"mass_mg": "urate"})
    assert change_of(alone([no_mass]), alone([lesion(2)]), "mass_mg") == "urate"
    assert (
        change_of(alone([lesion(1)]), alone([lesion(4, mass_mg=None)]), "mass_mg")
        == "lesion 4 has none"
    )
    assert change_of([], [], "mass_mg") == "there was nothing at either visit"


def test_without_intervals_the_absolute_change_has_none():
    found = volumes(50.0, 100.0, volume_interval=None)
    assert found.absolute_interval is None
    assert found.relative_interval is not None


def test_what_appeared_and_what_went():
    one = lesion(1, 50.0)
    came = change_of([], alone([one]), "volume_mm3", settings=PLAIN)
    assert (came.first, came.last, came.absolute) == (0.0, 50.0, 50.0)
    assert came.absolute_interval == pytest.approx(one.volume_interval) or (
        came.absolute_interval.low == pytest.approx(one.volume_interval.low)
    )
    assert came.relative_percent is None
    assert came.category == came.rule_25 == "progression"
    went = change_of(alone([one]), [], "volume_mm3", settings=PLAIN)
    assert went.relative_percent == -100.0
    assert went.category == went.rule_25 == "improvement"
    assert went.absolute_interval.high == pytest.approx(-one.volume_interval.low)
    small = change_of([], alone([lesion(1, 0.8)]), "volume_mm3", settings=PLAIN)
    assert small.category == "below detection"
    assert small.rule_25 == "progression"
    bare = change_of(
        [], alone([lesion(1, 50.0, volume_interval=None)]), "volume_mm3", settings=PLAIN
    )
    assert bare.absolute_interval is None


def test_lesions_together_are_surer_than_alone():
    one = volumes(50.0, 60.0)
    four = change_of(
        alone([lesion(n, 50.0) for n in range(4)]),
        alone([lesion(n, 60.0) for n in range(4)]),
        "volume_mm3",
        settings=PLAIN,
    )
    assert four.absolute == pytest.approx(40.0)
    ratio = math.log1p(one.detectable_increase_percent / 100) / math.log1p(
        four.detectable_increase_percent / 100
    )
    assert ratio == pytest.approx(2.0)


def test_thin_lesions_are_less_sure():
    settings = ChangeSettings(volume=RepeatError(0.1, 0.1, 0.0, 1.0))
    round_one = volumes(50.0, 60.0, settings)
    thin = volumes(50.0, 60.0, settings, surface_mm2=300.0)
    assert thin.detectable_increase_percent > 2 * round_one.detectable_increase_percent


def test_areas_use_their_own_border():
    found = change_of(alone([lesion(1)]), alone([lesion(2)]), "area_mm2", settings=PLAIN)
    assert found.quantity == "area_mm2"
    assert found.relative_percent == pytest.approx(0.0)


sizes = st.floats(0.01, 1e4)
errors = st.builds(
    RepeatError, st.floats(0.0, 1.0), st.floats(0.0, 0.3), st.floats(0.0, 0.9), st.just(0.0)
)


@given(sizes, sizes, errors, st.floats(0.0, 1.5))
def test_a_change_is_called_where_its_intervals_leave_out_none(first, last, error, own):
    settings = ChangeSettings(volume=error)
    found = volumes(first, last, settings, error=own)
    for interval, value in (
        (found.relative_interval, found.relative_percent),
        (found.absolute_interval, found.absolute),
    ):
        slack = 1e-9 * (abs(value) + found.first)
        assert interval.low - slack <= value <= interval.high + slack
        if found.category == "stable":
            assert interval.low <= slack
            assert interval.high >= -slack
        elif found.category == "progression":
            assert interval.low >= -slack
        else:
            assert interval.high <= slack


@given(sizes, sizes, errors)
def test_there_and_back_are_opposite(first, last, error):
    settings = ChangeSettings(volume=error)
    there, back = volumes(first, last, settings), volumes(last, first, settings)
    opposite = {"progression": "improvement", "improvement": "progression", "stable": "stable"}
    assert back.category == opposite[there.category]
    assert back.absolute == -there.absolute


@pytest.mark.parametrize("wrong", [(-0.1, 0, 0, 0), (0, 0, 1.0, 0), (0, 0, 0, math.inf)])
def test_errors_that_cannot_be_used(wrong):
    with pytest.raises(SettingsError, match="proportional part below 1"):
        RepeatError(*wrong)


def test_a_share_that_is_none():
    with pytest.raises(SettingsError, match=r"between 0 and 1, found 1\.5"):
        replace(PLAIN, unshared=1.5)


def test_nothing_has_no_half_width():
    assert PLAIN.volume.half_width(1.0, 0.0) == math.inf


def test_a_low_end_of_nothing_falls_back_on_the_high_one():
    cut = Interval(0.0, 40.0)
    found = change_of(
        alone([lesion(1, mass_interval=cut)]),
        alone([lesion(2, mass_mg=40.0, mass_interval=Interval(0.0, 80.0))]),
        "mass_mg",
        settings=PLAIN,
    )
    assert found.absolute_interval.low > 0
    assert found.absolute_interval.high < math.inf


def test_what_was_measured_together_has_an_error_of_its_own():
    surer = replace(PLAIN, volume_together=RepeatError(0.02, 0.0, 0.0, 1.0))
    together = [Reading(lesion(1, 50.0), {"volume_mm3": 1.1})]
    found = change_of(together, alone([lesion(2, 60.0)]), "volume_mm3", settings=surer)
    assert (found.first, found.last) == (pytest.approx(55.0), 60.0)
    # One visit's error is that of sizes measured together, the other's that of each alone.
    assert found.detectable_increase_percent == pytest.approx(
        100 * math.expm1(math.hypot(0.02, 0.1))
    )
    alone_there = change_of(together, together, "mass_mg", settings=surer)
    assert alone_there.detectable_increase_percent == pytest.approx(100 * math.expm1(PAIR))


def test_a_sums_limits_are_weighted_by_size():
    settings = replace(PLAIN, volume_together=RepeatError(0.0, 0.0, 0.8, 20.0))
    both = [Reading(lesion(1, 9.0), {"volume_mm3": 1.0}), Reading(lesion(2, 3.0))]
    found = change_of(both, both, "volume_mm3", settings=settings)
    # (9 * 20 + 3 * 1) / 12 is more than 12.
    assert found.category == "below detection"
    random = 0.1 * 3.0 / 12.0 * math.sqrt(2.0)
    least = random / math.sqrt(1.0 - (0.8 * 9.0 / 12.0) ** 2)
    assert found.detectable_increase_percent == pytest.approx(100 * math.expm1(least))


def test_what_has_no_size_at_the_other_visits_place():
    none = [Reading(lesion(1), {"area_mm2": 0.0})]
    assert change_of(none, none, "area_mm2") == (
        "one visit alone drew it, and its place at the other has no such size"
    )
