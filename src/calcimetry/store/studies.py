"""Studies as a status page shows them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from calcimetry.store import tables
from calcimetry.store.database import Database
from calcimetry.store.jobs import JobStatus
from calcimetry.store.results import DeliveryStatus


class StudyStatus(StrEnum):
    """Where a study stands, from its first instance to the last destination."""

    RECEIVING = "receiving"
    QUEUED = "queued"
    MEASURING = "measuring"
    MEASURING_FAILED = "measuring failed"
    SENDING = "sending"
    SENDING_FAILED = "sending failed"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class DeliverySummary:
    """Where the sending of a study's visible result to one destination stands."""

    destination: str
    status: DeliveryStatus
    attempts: int
    reason: str
    due_at: dt.datetime
    sent_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class StudySummary:
    """One study.

    Parameters
    ----------
    study_uid : str
        Leads to a patient: it belongs on no page and in no log.
    key : str
        What the study is called instead.
    instance_count : int
        Instances on disk; of one that was sent with several contents, the newest counts.
    size_bytes : int
    first_received_at, last_received_at : datetime
    status : StudyStatus
    reason : str
        Why the last attempt at measuring failed, or not all was measured.
    attempts : int
        At measuring.
    due_at : datetime or None
        When the next attempt is, of a queued job.
    result_status : str
        complete, partial or failed; empty without a visible result.
    result_folder : str
        Relative to the spool folder; empty without a visible result.
    made_with : str
        Version and method of the visible result; empty without one.
    deliveries : tuple of DeliverySummary
        Of the visible result.
    """

    study_uid: str
    key: str
    instance_count: int
    size_bytes: int
    first_received_at: dt.datetime
    last_received_at: dt.datetime
    status: StudyStatus
    reason: str
    attempts: int
    due_at: dt.datetime | None
    result_status: str
    result_folder: str
    made_with: str
    deliveries: tuple[DeliverySummary, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is of what: status to number; a status that nothing has is left out."""

    studies: int
    instances: int
    size_bytes: int
    arriving: int
    jobs: dict[str, int]
    deliveries: dict[str, int]


def recent(database: Database, limit: int = 50) -> tuple[StudySummary, ...]:
    """The studies that something came of last, newest first."""
    query = _query().order_by(tables.studies.c.last_received_at.desc()).limit(limit)
    return _summaries(database, query)


def failed(database: Database, limit: int = 50) -> tuple[StudySummary, ...]:
    """Studies that wait for somebody: measuring or a delivery has failed for good."""
    delivery, result = tables.deliveries, tables.results
    unsent = select(result.c.study_id).where(
        result.c.id.in_(
            select(delivery.c.result_id).where(delivery.c.status == DeliveryStatus.FAILED)
        ),
        result.c.superseded_at.is_(None),
    )
    query = (
        _query()
        .where(
            (tables.jobs.c.status == JobStatus.FAILED) | tables.studies.c.id.in_(unsent),
        )
        .order_by(tables.studies.c.last_received_at.desc())
        .limit(limit)
    )
    return _summaries(database, query)


def find(database: Database, key: str) -> StudySummary | None:
    """The study of a key (`calcimetry.store.arrivals.study_key`) or UID, or None."""
    table = tables.studies
    found = _summaries(database, _query().where((table.c.key == key) | (table.c.study_uid == key)))
    return found[0] if found else None


def counts(database: Database) -> Counts:
    """Numbers of everything, for metrics."""
    instance, study = tables.instances, tables.studies
    with database.reading() as connection:
        held, size = connection.execute(
            select(func.count(), func.coalesce(func.sum(instance.c.size_bytes), 0))
        ).one()
        return Counts(
            studies=_count(connection, select(func.count()).select_from(study)),
            instances=int(held),
            size_bytes=int(size),
            arriving=_count(
                connection, select(func.count()).select_from(study).where(study.c.changed)
            ),
            jobs=_by_status(connection, tables.jobs),
            deliveries=_by_status(connection, tables.deliveries),
        )


def _count(connection: Connection, query: Select[Any]) -> int:
    return int(connection.execute(query).scalar_one())


def _by_status(connection: Connection, table: Any) -> dict[str, int]:
    query = select(table.c.status, func.count()).group_by(table.c.status)
    return {str(status): int(number) for status, number in connection.execute(query)}


def _query() -> Select[Any]:
    study, job, result, instance = tables.studies, tables.jobs, tables.results, tables.instances
    held = (instance.c.study_id == study.c.id) & ~instance.c.superseded
    return (
        select(
            study,
            select(func.count()).where(held).scalar_subquery().label("instance_count"),
            select(func.coalesce(func.sum(instance.c.size_bytes), 0))
            .where(held)
            .scalar_subquery()
            .label("size_bytes"),
            job.c.status.label("job_status"),
            job.c.reason,
            job.c.attempts,
            job.c.due_at,
            result.c.id.label("result_id"),
            result.c.status.label("result_status"),
            result.c.folder,
            result.c.version,
            result.c.method,
        )
        .outerjoin(job, job.c.id == study.c.job_id)
        .outerjoin(result, (result.c.study_id == study.c.id) & result.c.superseded_at.is_(None))
    )


def _summaries(database: Database, query: Select[Any]) -> tuple[StudySummary, ...]:
    table = tables.deliveries
    with database.reading() as connection:
        rows = connection.execute(query).all()
        shown = [row.result_id for row in rows if row.result_id is not None]
        sendings: dict[int, list[DeliverySummary]] = {}
        for one in connection.execute(
            select(table).where(table.c.result_id.in_(shown)).order_by(table.c.destination)
        ):
            sendings.setdefault(one.result_id, []).append(
                DeliverySummary(
                    one.destination,
                    DeliveryStatus(one.status),
                    one.attempts,
                    one.reason,
                    one.due_at,
                    one.sent_at,
                )
            )
    return tuple(_summary(row, tuple(sendings.get(row.result_id, ()))) for row in rows)


def _summary(row: Row[Any], sendings: Sequence[DeliverySummary]) -> StudySummary:
    return StudySummary(
        study_uid=row.study_uid,
        key=row.key,
        instance_count=int(row.instance_count),
        size_bytes=int(row.size_bytes),
        first_received_at=row.first_received_at,
        last_received_at=row.last_received_at,
        status=_status(row, {one.status for one in sendings}),
        reason=row.reason or "",
        attempts=row.attempts or 0,
        due_at=row.due_at if row.job_status == JobStatus.QUEUED else None,
        result_status=row.result_status or "",
        result_folder=row.folder or "",
        made_with=f"{row.version}, {row.method}" if row.version else "",
        deliveries=tuple(sendings),
    )


def _status(row: Row[Any], sending: set[DeliveryStatus]) -> StudyStatus:
    if row.changed or row.job_status is None:
        return StudyStatus.RECEIVING
    measuring = {
        JobStatus.QUEUED: StudyStatus.QUEUED,
        JobStatus.MEASURING: StudyStatus.MEASURING,
        JobStatus.FAILED: StudyStatus.MEASURING_FAILED,
    }
    if row.job_status in measuring:
        return measuring[row.job_status]
    if DeliveryStatus.FAILED in sending:
        return StudyStatus.SENDING_FAILED
    if sending & {DeliveryStatus.QUEUED, DeliveryStatus.SENDING}:
        return StudyStatus.SENDING
    return StudyStatus.DONE
