"""What is to be sent where: each destination has each result once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from calcimetry.store import audit, results, tables
from calcimetry.store.audit import NODE, Entry, Event
from calcimetry.store.content import study_row
from calcimetry.store.database import Database
from calcimetry.store.results import DeliveryStatus, ResultObject


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery that was claimed; `attempts` counts this one too."""

    id: int
    study_uid: str
    key: str
    destination: str
    attempts: int
    objects: tuple[ResultObject, ...]


def claim(database: Database, destination: str) -> Delivery | None:
    """Take the delivery to a destination that has waited longest, if one is due."""
    table, result, study = tables.deliveries, tables.results, tables.studies
    now = database.now()
    with database.writing() as connection:
        found = connection.execute(
            select(table, study.c.study_uid, study.c.key)
            .join(result, result.c.id == table.c.result_id)
            .join(study, study.c.id == result.c.study_id)
            .where(
                table.c.destination == destination,
                table.c.status == DeliveryStatus.QUEUED,
                table.c.due_at <= now,
            )
            .order_by(table.c.due_at, table.c.id)
            .limit(1)
            .with_for_update(of=table, skip_locked=True)
        ).first()
        if found is None:
            return None
        attempts = found.attempts + 1
        connection.execute(
            update(table)
            .where(table.c.id == found.id)
            .values(status=DeliveryStatus.SENDING, attempts=attempts)
        )
        objects = results.objects_of(connection, found.result_id)
        return Delivery(found.id, found.study_uid, found.key, destination, attempts, objects)


def sent(database: Database, delivery: Delivery) -> None:
    """The destination has acknowledged every object; each is told in the audit.

    Raises
    ------
    OutputError
        If the database cannot be written.
    """
    now = database.now()
    with database.writing() as connection:
        _end(connection, delivery, {"status": DeliveryStatus.SENT, "reason": "", "sent_at": now})
        entries = (
            Entry(Event.SENT, NODE, delivery.study_uid, one.sop_instance_uid, delivery.destination)
            for one in delivery.objects
        )
        audit.write(connection, now, *entries)


def failed(
    database: Database, delivery: Delivery, reason: str, again_at: dt.datetime | None
) -> None:
    """An attempt failed: queue the delivery for a later time, or give it up where that is None.

    Raises
    ------
    OutputError
        If the database cannot be written.
    """
    now = database.now()
    status = DeliveryStatus.FAILED if again_at is None else DeliveryStatus.QUEUED
    values: dict[str, Any] = {"status": status, "reason": reason}
    if again_at is not None:
        values["due_at"] = again_at
    told = {
        "reason": reason,
        "attempt": delivery.attempts,
        "again_at": again_at.isoformat(timespec="seconds") if again_at else None,
    }
    entry = Entry(
        Event.SENDING_FAILED,
        NODE,
        delivery.study_uid,
        destination=delivery.destination,
        detail=told,
    )
    with database.writing() as connection:
        _end(connection, delivery, values)
        audit.write(connection, now, entry)


def release(database: Database, delivery: Delivery) -> None:
    """Put a claimed delivery back as if it had not been claimed: the node is stopping."""
    table = tables.deliveries
    with database.writing() as connection:
        _end(
            connection,
            delivery,
            {"status": DeliveryStatus.QUEUED, "attempts": table.c.attempts - 1},
        )


def resend(database: Database, study_uid: str, actor: str) -> int:
    """Send a study's visible result again to every destination, without measuring.

    Returns
    -------
    int
        Deliveries queued; 0 where there is no result, or it is being sent.

    Raises
    ------
    InputError
        If no instance of the study has arrived.
    """
    now = database.now()
    with database.writing() as connection:
        study = study_row(connection, study_uid, "Sending a result again")
        queued = results.resend_deliveries(connection, study.id, now)
        if queued:
            told = {"deliveries": queued}
            audit.write(connection, now, Entry(Event.RETRIED, actor, study_uid, detail=told))
        return queued


def recover(database: Database, destinations: Collection[str]) -> int:
    """At a start: what a killed node was sending is queued again, and no attempt is counted.

    Deliveries to destinations that there are no more fail visibly.

    Returns
    -------
    int
        Deliveries that were being sent.
    """
    table = tables.deliveries
    with database.writing() as connection:
        found = connection.execute(
            update(table)
            .where(table.c.status == DeliveryStatus.SENDING)
            .values(status=DeliveryStatus.QUEUED, attempts=table.c.attempts - 1)
        ).rowcount
        connection.execute(
            update(table)
            .where(
                table.c.status == DeliveryStatus.QUEUED,
                table.c.destination.not_in(destinations),
            )
            .values(
                status=DeliveryStatus.FAILED,
                reason="The configuration has no such destination any more.",
            )
        )
        return int(found)


def _end(connection: Connection, delivery: Delivery, values: dict[str, Any]) -> None:
    """Change a delivery that is being sent; one that was replaced meanwhile stays so."""
    table = tables.deliveries
    connection.execute(
        update(table)
        .where(table.c.id == delivery.id, table.c.status == DeliveryStatus.SENDING)
        .values(values)
    )
