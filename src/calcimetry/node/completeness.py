"""When a study is complete, and may be measured."""

from __future__ import annotations

import datetime as dt

from calcimetry.node.configuration import CompletenessSettings
from calcimetry.store import Database, jobs
from calcimetry.store.jobs import Arriving


def is_complete(
    study: Arriving, settings: CompletenessSettings, now: dt.datetime, listening_since: dt.datetime
) -> bool:
    """Whether a study is complete.

    It is when somebody said so after its last instance, when it has just as many instances as
    were announced for it or, if none were, as the settings expect, or when nothing has come for
    `stable_s`. One with more instances than that was announced wrongly, and silence decides.
    Time in which the node could not receive is no silence: senders that it left waiting get
    as long again.

    Parameters
    ----------
    study : Arriving
    settings : CompletenessSettings
    now : datetime
    listening_since : datetime
        Since when the node has been receiving.

    Examples
    --------
    >>> noon = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)
    >>> study = Arriving("1.2", "77ac", 30, None, noon, None)
    >>> later = noon + dt.timedelta(minutes=2)
    >>> is_complete(study, CompletenessSettings(stable_s=60.0), later, noon)
    True
    >>> is_complete(study, CompletenessSettings(stable_s=60.0), later, listening_since=later)
    False
    """
    if study.completed_at is not None and study.completed_at >= study.last_received_at:
        return True
    expected = study.expected_instances or settings.instances
    if expected and study.instance_count == expected:
        return True
    silent_since = max(study.last_received_at, listening_since)
    return now - silent_since >= dt.timedelta(seconds=settings.stable_s)


def queue_complete(
    database: Database,
    settings: CompletenessSettings,
    made_with: str,
    listening_since: dt.datetime,
) -> int:
    """Queue every study that is complete.

    Parameters
    ----------
    database : Database
    settings : CompletenessSettings
    made_with : str
        Hash of how studies are measured.
    listening_since : datetime
        Since when the node has been receiving.

    Returns
    -------
    int
        Jobs queued.

    Raises
    ------
    OutputError
        If the database cannot be read or written.
    """
    now = database.now()
    complete = [
        study
        for study in jobs.arriving(database)
        if is_complete(study, settings, now, listening_since)
    ]
    return sum(jobs.enqueue(database, study.study_uid, made_with) for study in complete)
