"""Dates move by whole days, and what lies between them stays."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calcimetry.dicom.deidentify_dates import is_time, shifted_date, shifted_date_time

DATES = st.dates(dt.date(1950, 1, 1), dt.date(2100, 1, 1))


@given(DATES, DATES, st.integers(-3660, -1))
def test_the_days_between_two_dates_stay(first, second, days):
    moved = [
        dt.datetime.strptime(shifted_date(f"{one:%Y%m%d}", days), "%Y%m%d").replace(tzinfo=dt.UTC)
        for one in (first, second)
    ]
    assert moved[1] - moved[0] == second - first
    assert f"{moved[0]:%Y%m%d}" != f"{first:%Y%m%d}"


@given(DATES, st.integers(-3660, -1))
def test_a_date_and_time_moves_as_its_date_does(day, days):
    moved = shifted_date_time(f"{day:%Y%m%d}101500.25+0100", days)
    assert moved == shifted_date(f"{day:%Y%m%d}", days) + "101500.25+0100"


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        ("2024.03.01", "20240229"),
        ("20240230", ""),
        ("00010101", ""),
        ("10000101", ""),
        ("2024", ""),
        ("Doe", ""),
        ("", ""),
    ],
)
def test_odd_dates(text, moved):
    assert shifted_date(text, -1) == moved


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        ("202403", "202402"),
        ("20240301", "20240229"),
        ("2024030110", "2024022910"),
        ("20241301101500", ""),
        ("20240301Doe", ""),
        ("", ""),
    ],
)
def test_odd_dates_and_times(text, moved):
    assert shifted_date_time(text, -1) == moved


@pytest.mark.parametrize("text", ["10", "1015", "101500", "101500.123456", "10:15:00"])
def test_times(text):
    assert is_time(text)


@pytest.mark.parametrize("text", ["", "1", "Doe", "101500.1234567", "10150"])
def test_no_times(text):
    assert not is_time(text)
