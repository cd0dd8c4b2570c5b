"""Dates moved by whole days: what lies between two of them stays, when it was does not."""

from __future__ import annotations

import datetime as dt
import re

_DATE = re.compile(r"(\d{4})\.?(\d{2})\.?(\d{2})")
_DATE_TIME = re.compile(r"(\d{4})(\d{2})?(\d{2})?(\d{2,6}(?:\.\d{1,6})?)?([+-]\d{4})?")
_TIME = re.compile(r"\d{2}(?::?\d{2}(?::?\d{2}(?:\.\d{1,6})?)?)?")
_FIRST_YEAR = 1000


def shifted_date(text: str, days: int) -> str:
    """A DICOM date (DA) moved by whole days; empty where it is no date.

    Examples
    --------
    >>> shifted_date("20240301", -1), shifted_date("about 1950", -1)
    ('20240229', '')
    """
    found = _DATE.fullmatch(text)
    return _moved(found[1], found[2], found[3], days) if found else ""


def shifted_date_time(text: str, days: int) -> str:
    """A DICOM date and time (DT) moved by whole days; empty where it is none.

    What it leaves out stays left out. The time of day and the offset from UTC stay.

    Examples
    --------
    >>> shifted_date_time("20240301101500.5+0100", -1), shifted_date_time("2024", -1)
    ('20240229101500.5+0100', '2023')
    """
    found = _DATE_TIME.fullmatch(text)
    if found is None or (found[4] and not found[3]):
        return ""
    moved = _moved(found[1], found[2] or "01", found[3] or "01", days)
    stated = 4 if not found[2] else 6 if not found[3] else 8
    return moved and moved[:stated] + (found[4] or "") + (found[5] or "")


def is_time(text: str) -> bool:
    """Whether a text is a DICOM time of day (TM).

    Examples
    --------
    >>> is_time("101500.25"), is_time("noon")
    (True, False)
    """
    return _TIME.fullmatch(text) is not None


def _moved(year: str, month: str, day: str, days: int) -> str:
    try:
        moved = dt.date(int(year), int(month), int(day)) + dt.timedelta(days=days)
    except (ValueError, OverflowError):
        return ""
    # Four digits at any rate: strftime leaves leading zeros out on some systems.
    return f"{moved:%Y%m%d}" if moved.year >= _FIRST_YEAR else ""
