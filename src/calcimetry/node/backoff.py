"""How long to wait before trying again."""

from __future__ import annotations

import datetime as dt


def backoff(attempts: int, wait_s: float, longest_wait_s: float) -> dt.timedelta:
    """Wait after so many failed attempts: twice as long each time, up to the longest.

    Parameters
    ----------
    attempts : int
        From 1.
    wait_s, longest_wait_s : float
        After the first attempt, and at most, in seconds.

    Examples
    --------
    >>> [backoff(attempts, 10.0, 60.0).seconds for attempts in (1, 2, 3, 4)]
    [10, 20, 40, 60]
    """
    # 2.0**1024 is no number any more.
    return dt.timedelta(seconds=min(wait_s * 2.0 ** min(attempts - 1, 64), longest_wait_s))
