"""Studies in the database, and what of them is measured."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, update

from calcimetry.errors import InputError
from calcimetry.store import tables


def counted() -> tuple[Any, ...]:
    """Which of a study's instances are measured."""
    instance = tables.instances
    return (~instance.c.superseded, ~instance.c.own_result)


def content_key(connection: Connection, study_id: int) -> str:
    """Hash of all that is measured: UIDs and contents, in an order of their own."""
    instance = tables.instances
    rows = connection.execute(
        select(instance.c.series_uid, instance.c.sop_instance_uid, instance.c.sha256)
        .where(instance.c.study_id == study_id, *counted())
        .order_by(instance.c.sop_instance_uid, instance.c.series_uid)
    )
    digest = hashlib.sha256()
    for row in rows:
        digest.update((" ".join(row) + "\n").encode())
    return digest.hexdigest()


class StudyRow(NamedTuple):
    """A study's row: its number, and that of the job of its newest content."""

    id: int
    job_id: int | None


def study_row(connection: Connection, study_uid: str, doing: str) -> StudyRow:
    """The row of a study, which nobody else changes until the transaction ends.

    Raises
    ------
    InputError
        If no instance of the study has arrived.
    """
    table = tables.studies
    found = connection.execute(
        select(table.c.id, table.c.job_id).where(table.c.study_uid == study_uid).with_for_update()
    ).first()
    if found is None:
        raise InputError(f"{doing}: no instance of this study has arrived. Send it first.")
    return StudyRow(found.id, found.job_id)


def change_study(connection: Connection, study_id: int, values: dict[str, Any]) -> None:
    """Change columns of a study."""
    table = tables.studies
    connection.execute(update(table).where(table.c.id == study_id).values(values))
