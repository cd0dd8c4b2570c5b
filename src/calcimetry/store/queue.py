"""The worker's side of the jobs: taking one, and what became of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from calcimetry.store import audit, results, tables
from calcimetry.store.audit import NODE, Entry, Event
from calcimetry.store.content import counted, study_row
from calcimetry.store.database import Database
from calcimetry.store.jobs import JobStatus
from calcimetry.store.results import NewResult


@dataclass(frozen=True, slots=True)
class Job:
    """A job that was claimed.

    Parameters
    ----------
    id : int
    study_uid, key : str
        The study, and what it is called in logs and folders.
    content_key, made_with : str
        Hash of what is measured, and of how.
    attempts : int
        This one included.
    paths : tuple of str
        The study's instances, relative to the spool folder.
    """

    id: int
    study_uid: str
    key: str
    content_key: str
    made_with: str
    attempts: int
    paths: tuple[str, ...]


def claim(database: Database) -> Job | None:
    """Take the job that has waited longest, if one is due; it counts as an attempt.

    A job waits where newer content of its study is coming in: that will replace it.
    """
    job, study, instance = tables.jobs, tables.studies, tables.instances
    now = database.now()
    with database.writing() as connection:
        found = connection.execute(
            select(job, study.c.study_uid, study.c.key)
            .join(study, study.c.id == job.c.study_id)
            .where(job.c.status == JobStatus.QUEUED, job.c.due_at <= now, ~study.c.changed)
            .order_by(job.c.due_at, job.c.id)
            .limit(1)
            .with_for_update(of=job, skip_locked=True)
        ).first()
        if found is None:
            return None
        connection.execute(
            update(job)
            .where(job.c.id == found.id)
            .values(status=JobStatus.MEASURING, attempts=found.attempts + 1, started_at=now)
        )
        paths = connection.execute(
            select(instance.c.path)
            .where(instance.c.study_id == found.study_id, *counted())
            .order_by(instance.c.sop_instance_uid)
        ).scalars()
        return Job(
            found.id,
            found.study_uid,
            found.key,
            found.content_key,
            found.made_with,
            found.attempts + 1,
            tuple(paths),
        )


def measured(
    database: Database, job: Job, result: NewResult, destinations: tuple[str, ...]
) -> bool:
    """Keep a job's result, make it the one visible result of its study, and queue its sending.

    Returns
    -------
    bool
        False where the job is not being measured any more, because newer content came; then
        nothing is kept.

    Raises
    ------
    OutputError
        If the database cannot be written.
    """
    now = database.now()
    with database.writing() as connection:
        # The study first, as `jobs.enqueue` does: in another order they could block each other.
        study = study_row(connection, job.study_uid, "Keeping a result")
        if not _end(connection, job.id, JobStatus.MEASURED, result.reason, now):
            return False
        results.keep(connection, study.id, job.id, result, destinations, now)
        told = {
            "status": str(result.status),
            "reason": result.reason,
            "version": result.version,
            "method": result.method,
            "settings": result.settings,
            "made_with": job.made_with,
            "content": job.content_key,
            "instances": len(job.paths),
            "objects": len(result.objects),
        }
        audit.write(connection, now, Entry(Event.MEASURED, NODE, job.study_uid, detail=told))
        return True


def failed(database: Database, job: Job, reason: str, again_at: dt.datetime | None) -> None:
    """An attempt failed: queue the job for a later time, or give it up where that is None.

    Raises
    ------
    OutputError
        If the database cannot be written.
    """
    now = database.now()
    with database.writing() as connection:
        status = JobStatus.FAILED if again_at is None else JobStatus.QUEUED
        if not _end(connection, job.id, status, reason, now, again_at):
            return
        told = {
            "reason": reason,
            "attempt": job.attempts,
            "again_at": again_at.isoformat(timespec="seconds") if again_at else None,
        }
        audit.write(
            connection, now, Entry(Event.MEASURING_FAILED, NODE, job.study_uid, detail=told)
        )


def release(database: Database, job: Job) -> None:
    """Put a claimed job back as if it had not been claimed: the node is stopping."""
    table = tables.jobs
    with database.writing() as connection:
        connection.execute(
            update(table)
            .where(table.c.id == job.id, table.c.status == JobStatus.MEASURING)
            .values(status=JobStatus.QUEUED, attempts=table.c.attempts - 1)
        )


def recover(database: Database, made_with: str) -> int:
    """At a start: what a killed node was measuring is queued again, and no attempt is counted.

    Jobs that wait to be measured in another way than `made_with` (the program was upgraded,
    its settings changed) are queued anew.

    Returns
    -------
    int
        Jobs that were being measured.
    """
    table, study = tables.jobs, tables.studies
    now = database.now()
    with database.writing() as connection:
        found = connection.execute(
            update(table)
            .where(table.c.status == JobStatus.MEASURING)
            .values(status=JobStatus.QUEUED, attempts=table.c.attempts - 1)
        ).rowcount
        outdated = select(table.c.study_id).where(
            table.c.status == JobStatus.QUEUED, table.c.made_with != made_with
        )
        connection.execute(
            update(study)
            .where(study.c.id.in_(outdated), ~study.c.changed)
            .values(changed=True, completed_at=now)
        )
        return int(found)


def _end(
    connection: Connection,
    job_id: int,
    status: JobStatus,
    reason: str,
    now: dt.datetime,
    due_at: dt.datetime | None = None,
) -> bool:
    """Take a job out of measuring; False where it was not in it."""
    values: dict[str, Any] = {"status": status, "reason": reason, "finished_at": now}
    if due_at is not None:
        values["due_at"] = due_at
    table = tables.jobs
    done = connection.execute(
        update(table)
        .where(table.c.id == job_id, table.c.status == JobStatus.MEASURING)
        .values(values)
    )
    return bool(done.rowcount)
