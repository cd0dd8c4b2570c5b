"""Results with their versions: of each study exactly one is visible, older ones are kept."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, insert, select, update

from calcimetry.store import tables
from calcimetry.store.database import Database


class ResultStatus(StrEnum):
    """How much of a study was measured; `FAILED` where its objects say why it could not be."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"


class DeliveryStatus(StrEnum):
    """Where the sending of a result to one destination stands."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class ResultObject:
    """One DICOM object of a result; `path` is relative to the spool folder, with ``/``."""

    series_uid: str
    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    path: str


@dataclass(frozen=True, slots=True)
class NewResult:
    """What a job gave.

    Parameters
    ----------
    folder : str
        The results folder, relative to the spool folder, with ``/``.
    status : ResultStatus
    reason : str
        Why not all was measured; empty where it was.
    version, method, settings : str
        calcimetry's version, the bone method with its weights' fingerprint, all settings
        as JSON.
    objects : tuple of ResultObject
    """

    folder: str
    status: ResultStatus
    reason: str
    version: str
    method: str
    settings: str
    objects: tuple[ResultObject, ...]


def visible(database: Database, study_uid: str) -> NewResult | None:
    """The study's visible result, with its objects in the order they were written; or None."""
    table, study = tables.results, tables.studies
    with database.reading() as connection:
        found = connection.execute(
            select(table)
            .join(study, study.c.id == table.c.study_id)
            .where(study.c.study_uid == study_uid, table.c.superseded_at.is_(None))
        ).first()
        if found is None:
            return None
        return NewResult(
            found.folder,
            ResultStatus(found.status),
            found.reason,
            found.version,
            found.method,
            found.settings,
            objects_of(connection, found.id),
        )


def objects_of(connection: Connection, result_id: int) -> tuple[ResultObject, ...]:
    """The DICOM objects of a result, in the order they were written."""
    table = tables.result_objects
    rows = connection.execute(
        select(
            table.c.series_uid,
            table.c.sop_instance_uid,
            table.c.sop_class_uid,
            table.c.transfer_syntax_uid,
            table.c.path,
        )
        .where(table.c.result_id == result_id)
        .order_by(table.c.id)
    )
    return tuple(ResultObject(*row) for row in rows)


def visible_job(connection: Connection, study_id: int) -> int | None:
    """The job that gave the study's visible result, unless its files were removed."""
    table = tables.results
    found: int | None = connection.execute(
        select(table.c.job_id).where(
            table.c.study_id == study_id,
            table.c.superseded_at.is_(None),
            table.c.removed_at.is_(None),
        )
    ).scalar()
    return found


def keep(
    connection: Connection,
    study_id: int,
    job_id: int,
    result: NewResult,
    destinations: tuple[str, ...],
    now: dt.datetime,
) -> None:
    """Make a result the study's visible one, with one delivery to each destination."""
    table, delivery = tables.results, tables.deliveries
    of_study = select(table.c.id).where(table.c.study_id == study_id)
    connection.execute(
        update(delivery)
        .where(
            delivery.c.result_id.in_(of_study),
            delivery.c.status.in_((DeliveryStatus.QUEUED, DeliveryStatus.SENDING)),
        )
        .values(status=DeliveryStatus.REPLACED)
    )
    connection.execute(
        update(table)
        .where(table.c.study_id == study_id, table.c.superseded_at.is_(None))
        .values(superseded_at=now)
    )
    made = connection.execute(
        insert(table)
        .values(
            study_id=study_id,
            job_id=job_id,
            folder=result.folder,
            status=result.status,
            reason=result.reason,
            version=result.version,
            method=result.method,
            settings=result.settings,
            measured_at=now,
        )
        .returning(table.c.id)
    ).scalar_one()
    for one in result.objects:
        connection.execute(
            insert(tables.result_objects).values(
                result_id=made,
                series_uid=one.series_uid,
                sop_instance_uid=one.sop_instance_uid,
                sop_class_uid=one.sop_class_uid,
                transfer_syntax_uid=one.transfer_syntax_uid,
                path=one.path,
            )
        )
    for destination in destinations:
        connection.execute(
            insert(delivery).values(
                result_id=made,
                destination=destination,
                status=DeliveryStatus.QUEUED,
                attempts=0,
                reason="",
                due_at=now,
            )
        )


def retry_deliveries(connection: Connection, study_id: int, now: dt.datetime) -> int:
    """Queue the failed deliveries of the study's visible result; gives how many."""
    return _queue_deliveries(connection, study_id, now, (DeliveryStatus.FAILED,))


def resend_deliveries(connection: Connection, study_id: int, now: dt.datetime) -> int:
    """Queue all ended deliveries of the study's visible result; gives how many."""
    ended = (DeliveryStatus.FAILED, DeliveryStatus.SENT)
    return _queue_deliveries(connection, study_id, now, ended)


def _queue_deliveries(
    connection: Connection, study_id: int, now: dt.datetime, of: tuple[DeliveryStatus, ...]
) -> int:
    table, delivery = tables.results, tables.deliveries
    shown = select(table.c.id).where(
        table.c.study_id == study_id,
        table.c.superseded_at.is_(None),
        table.c.removed_at.is_(None),
    )
    done = connection.execute(
        update(delivery)
        .where(delivery.c.result_id.in_(shown), delivery.c.status.in_(of))
        .values(status=DeliveryStatus.QUEUED, attempts=0, reason="", due_at=now)
    )
    return int(done.rowcount)
