"""What is to be measured: one job for each content of a study and each way of measuring.

::

    queued ──> measuring ──> measured
      ^  └<──── again ──┘└─> failed ──> (retry) queued
      └ a job whose study has newer content: replaced

A job is the same job as long as the instances' contents, the program, its weights and its
settings are the same: asking for it twice measures once.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from calcimetry.errors import InputError
from calcimetry.store import audit, results, tables
from calcimetry.store.audit import NODE, Entry, Event
from calcimetry.store.content import change_study, content_key, counted, study_row
from calcimetry.store.database import Database


class JobStatus(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    MEASURING = "measuring"
    MEASURED = "measured"
    FAILED = "failed"
    REPLACED = "replaced"


#: A job that is none of the worker's business any more.
_ENDED = (JobStatus.MEASURED, JobStatus.FAILED, JobStatus.REPLACED)


@dataclass(frozen=True, slots=True)
class Arriving:
    """A study with content that no job has taken up.

    Parameters
    ----------
    study_uid, key : str
    instance_count : int
        Instances that count, of the node's own results none.
    expected_instances : int or None
        How many were announced.
    last_received_at : datetime
    completed_at : datetime or None
        When it was last said to be complete.
    """

    study_uid: str
    key: str
    instance_count: int
    expected_instances: int | None
    last_received_at: dt.datetime
    completed_at: dt.datetime | None


def complete(
    database: Database, study_uid: str, actor: str, expected_instances: int | None = None
) -> None:
    """Say that a study is complete, at once or as soon as it has so many instances.

    Instances that come later open it again.

    Parameters
    ----------
    database : Database
    study_uid, actor : str
        The study, and who says so.
    expected_instances : int, optional
        How many there must be; without it the study is complete as it is.

    Raises
    ------
    InputError
        If no instance of the study has arrived, or fewer than one is expected.
    """
    if expected_instances is not None and expected_instances < 1:
        raise InputError(
            "Completing a study: expected a number of instances of at least 1, found "
            f"{expected_instances}."
        )
    now = database.now()
    with database.writing() as connection:
        study = study_row(connection, study_uid, "Completing a study")
        values: dict[str, Any] = {"expected_instances": expected_instances}
        if expected_instances is None:
            values["completed_at"] = now
        change_study(connection, study.id, values)
        told = {"expected_instances": expected_instances} if expected_instances else {}
        audit.write(connection, now, Entry(Event.COMPLETED, actor, study_uid, detail=told))


def retry(database: Database, study_uid: str, actor: str) -> bool:
    """Try again what failed: a failed job from its first attempt, failed deliveries without it.

    Returns
    -------
    bool
        False where nothing had failed.

    Raises
    ------
    InputError
        If no instance of the study has arrived.
    """
    now = database.now()
    with database.writing() as connection:
        study = study_row(connection, study_uid, "Trying again")
        failed = _job_status(connection, study.job_id) == JobStatus.FAILED
        if failed:
            # By way of the queue's door: the program may be another than at the first try.
            change_study(connection, study.id, {"changed": True, "completed_at": now})
        again = results.retry_deliveries(connection, study.id, now)
        if failed or again:
            audit.write(connection, now, Entry(Event.RETRIED, actor, study_uid))
        return failed or again > 0


def arriving(database: Database) -> tuple[Arriving, ...]:
    """Studies with content that no job has taken up."""
    study, instance = tables.studies, tables.instances
    held = (
        select(func.count()).where(instance.c.study_id == study.c.id, *counted()).scalar_subquery()
    )
    query = select(
        study.c.study_uid,
        study.c.key,
        held.label("instance_count"),
        study.c.expected_instances,
        study.c.last_received_at,
        study.c.completed_at,
    ).where(study.c.changed)
    with database.reading() as connection:
        return tuple(Arriving(*row) for row in connection.execute(query))


def enqueue(database: Database, study_uid: str, made_with: str) -> bool:
    """Queue a study's content as it is now; jobs of its older content are given up.

    Parameters
    ----------
    database : Database
    study_uid : str
    made_with : str
        Hash of how it is to be measured.

    Returns
    -------
    bool
        False where that content has been, or is being, measured in that way.

    Raises
    ------
    InputError
        If no instance of the study has arrived.
    """
    now = database.now()
    with database.writing() as connection:
        study = study_row(connection, study_uid, "Queueing a study")
        content = content_key(connection, study.id)
        job = tables.jobs
        known = connection.execute(
            select(job).where(
                job.c.study_id == study.id,
                job.c.content_key == content,
                job.c.made_with == made_with,
            )
        ).first()
        job_id = known.id if known else _new_job(connection, study.id, content, made_with, now)
        connection.execute(
            update(job)
            .where(job.c.study_id == study.id, job.c.id != job_id, job.c.status.not_in(_ENDED))
            .values(status=JobStatus.REPLACED, finished_at=now)
        )
        change_study(connection, study.id, {"changed": False, "job_id": job_id})
        if known and not _to_be_done_again(connection, known.status, study.id, known.id):
            return False
        if known:
            connection.execute(
                update(job)
                .where(job.c.id == job_id)
                .values(status=JobStatus.QUEUED, attempts=0, reason="", due_at=now)
            )
        told = {"content": content, "made_with": made_with}
        audit.write(connection, now, Entry(Event.QUEUED, NODE, study_uid, detail=told))
        return True


def _new_job(
    connection: Connection, study_id: int, content: str, made_with: str, now: dt.datetime
) -> int:
    values = {
        "study_id": study_id,
        "content_key": content,
        "made_with": made_with,
        "status": JobStatus.QUEUED,
        "attempts": 0,
        "reason": "",
        "created_at": now,
        "due_at": now,
    }
    done = connection.execute(insert(tables.jobs).values(values).returning(tables.jobs.c.id))
    return int(done.scalar_one())


def _to_be_done_again(connection: Connection, status: str, study_id: int, job_id: int) -> bool:
    """A known job that failed, was given up, or whose result another one has replaced."""
    if status == JobStatus.MEASURED:
        return results.visible_job(connection, study_id) != job_id
    return status in _ENDED


def _job_status(connection: Connection, job_id: int | None) -> str | None:
    status: str | None = connection.execute(
        select(tables.jobs.c.status).where(tables.jobs.c.id == job_id)
    ).scalar()
    return status
