"""Studies whose files are no longer needed: measured, and sent everywhere long enough ago."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from sqlalchemy import Connection, delete, exists, func, select, update

from calcimetry.store import audit, tables
from calcimetry.store.audit import NODE, Entry, Event
from calcimetry.store.content import study_row
from calcimetry.store.database import Database
from calcimetry.store.results import DeliveryStatus


def expired(database: Database, before: dt.datetime) -> tuple[str, ...]:
    """UIDs of studies of which nothing has come or gone since a time, and nothing is left to do.

    A result that goes nowhere is kept for ever, for it is nowhere else.
    """
    with database.reading() as connection:
        return _expired(connection, before)


def forget(
    database: Database,
    study_uid: str,
    before: dt.datetime,
    remove: Callable[[tuple[str, ...], tuple[str, ...]], None],
) -> bool:
    """Remove a study's files, and what the database holds of its instances.

    The results stay in the database, without their files; the audit stays whole. The same
    instances, sent again, are measured again.

    Parameters
    ----------
    database : Database
    study_uid : str
    before : datetime
        As for `expired`, which is asked again.
    remove : callable
        Removes the files of instances and the folders of results, both relative to the spool
        folder, while no instance can be recorded.

    Returns
    -------
    bool
        False where something has come of the study since.
    """
    now = database.now()
    instance, result = tables.instances, tables.results
    with database.writing() as connection:
        study = study_row(connection, study_uid, "Removing files")
        if study_uid not in _expired(connection, before):
            return False
        of_instances = instance.c.study_id == study.id
        there = (result.c.study_id == study.id) & result.c.removed_at.is_(None)
        paths = connection.execute(select(instance.c.path).where(of_instances)).scalars().all()
        folders = connection.execute(select(result.c.folder).where(there)).scalars().all()
        remove(tuple(paths), tuple(folders))
        connection.execute(delete(instance).where(of_instances))
        connection.execute(update(result).where(there).values(removed_at=now))
        told = {"instances": len(paths)}
        audit.write(connection, now, Entry(Event.REMOVED, NODE, study_uid, detail=told))
        return True


def _expired(connection: Connection, before: dt.datetime) -> tuple[str, ...]:
    study, result, delivery = tables.studies, tables.results, tables.deliveries
    of_result = delivery.c.result_id == result.c.id
    unsent = exists().where(of_result, delivery.c.status != DeliveryStatus.SENT)
    last_sent = select(func.max(delivery.c.sent_at)).where(of_result).scalar_subquery()
    query = (
        select(study.c.study_uid)
        .join(result, (result.c.study_id == study.c.id) & result.c.superseded_at.is_(None))
        .where(
            ~study.c.changed,
            # The result is of the newest content, not of one before it.
            result.c.job_id == study.c.job_id,
            result.c.removed_at.is_(None),
            study.c.last_received_at < before,
            ~unsent,
            last_sent < before,
        )
        .order_by(study.c.id)
    )
    return tuple(connection.execute(query).scalars())
