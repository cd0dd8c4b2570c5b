"""Instances that have arrived and are durably on disk."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from calcimetry.store import audit, tables
from calcimetry.store.audit import Entry, Event
from calcimetry.store.database import Database

_KEY_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Arrival:
    """One received instance.

    Parameters
    ----------
    study_uid, series_uid, sop_instance_uid, sop_class_uid, transfer_syntax_uid : str
    path : str
        Where it lies, relative to the spool folder, with ``/``.
    sha256 : str
        Of the file's bytes, in hexadecimal digits.
    size_bytes : int
    sender : str
        Who sent it, such as ``SCANNER1@10.0.0.7``.
    """

    study_uid: str
    series_uid: str
    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    path: str
    sha256: str
    size_bytes: int
    sender: str


def study_key(study_uid: str) -> str:
    """What a study is called in logs, folders and addresses, which must not hold its UID.

    Examples
    --------
    >>> study_key("1.2.3")
    'c47f5b18b8a430e6'
    """
    return hashlib.sha256(study_uid.encode()).hexdigest()[:_KEY_LENGTH]


def record(database: Database, arrival: Arrival) -> bool:
    """Record an instance; when this returns, it is durable and may be acknowledged.

    Returns
    -------
    bool
        False where the same content of the same instance was there already.

    Raises
    ------
    OutputError
        If the database cannot be written: the instance must not be acknowledged.
    """
    return record_all(database, [arrival])[0]


def record_all(database: Database, arrivals: Sequence[Arrival]) -> tuple[bool, ...]:
    """Record instances together, all or none; for each, whether its content is new.

    Raises
    ------
    OutputError
        If the database cannot be written: none of them may be acknowledged.
    """
    with database.writing() as connection:
        return tuple(_record(connection, database.now(), arrival) for arrival in arrivals)


def _record(connection: Connection, now: dt.datetime, arrival: Arrival) -> bool:
    study_id = _study(connection, now, arrival.study_uid)
    table = tables.instances
    same = (table.c.study_id == study_id, table.c.sop_instance_uid == arrival.sop_instance_uid)
    known = connection.execute(
        select(table.c.id, table.c.sha256, table.c.superseded).where(*same)
    ).all()
    there = next((row for row in known if row.sha256 == arrival.sha256), None)
    new = there is None or there.superseded
    if new:
        own = _is_own_result(connection, arrival.sop_instance_uid)
        connection.execute(update(table).where(*same).values(superseded=True))
        _keep(connection, now, arrival, study_id, there.id if there else None, own)
        if not own:
            connection.execute(
                update(tables.studies).where(tables.studies.c.id == study_id).values(changed=True)
            )
    connection.execute(
        update(tables.studies).where(tables.studies.c.id == study_id).values(last_received_at=now)
    )
    event = Event.RECEIVED if new else Event.RECEIVED_AGAIN
    audit.write(
        connection,
        now,
        Entry(
            event,
            arrival.sender,
            arrival.study_uid,
            arrival.sop_instance_uid,
            detail={"sha256": arrival.sha256, "size_bytes": arrival.size_bytes},
        ),
    )
    return new


def _study(connection: Connection, now: dt.datetime, study_uid: str) -> int:
    """The study's row, made if needed."""
    table = tables.studies
    # Of two senders of one study, the second waits here (PostgreSQL; SQLite has one writer).
    found = connection.execute(
        select(table.c.id).where(table.c.study_uid == study_uid).with_for_update()
    ).scalar()
    if found is None:
        _insert_study(connection, now, study_uid)
        found = connection.execute(
            select(table.c.id).where(table.c.study_uid == study_uid).with_for_update()
        ).scalar_one()
    return int(found)


def _insert_study(connection: Connection, now: dt.datetime, study_uid: str) -> None:
    """A new row, unless another connection was faster."""
    values = {
        "study_uid": study_uid,
        "key": study_key(study_uid),
        "first_received_at": now,
        "last_received_at": now,
        "changed": False,
    }
    table = tables.studies
    if connection.dialect.name == "postgresql":
        connection.execute(postgresql.insert(table).values(values).on_conflict_do_nothing())
    else:
        connection.execute(sqlite.insert(table).values(values).on_conflict_do_nothing())


def _is_own_result(connection: Connection, sop_instance_uid: str) -> bool:
    table = tables.result_objects
    return (
        connection.execute(
            select(table.c.id).where(table.c.sop_instance_uid == sop_instance_uid).limit(1)
        ).first()
        is not None
    )


def _keep(
    connection: Connection,
    now: dt.datetime,
    arrival: Arrival,
    study_id: int,
    same_content: int | None,
    own: bool,
) -> None:
    """A row for the arrival; where its content was there, that row counts again."""
    values = {
        "series_uid": arrival.series_uid,
        "sop_class_uid": arrival.sop_class_uid,
        "transfer_syntax_uid": arrival.transfer_syntax_uid,
        "path": arrival.path,
        "size_bytes": arrival.size_bytes,
        "sender": arrival.sender[:255],
        "received_at": now,
        "superseded": False,
        "own_result": own,
    }
    table = tables.instances
    if same_content is not None:
        connection.execute(update(table).where(table.c.id == same_content).values(values))
        return
    key = {
        "study_id": study_id,
        "sop_instance_uid": arrival.sop_instance_uid,
        "sha256": arrival.sha256,
    }
    connection.execute(insert(table).values(**key, **values))
