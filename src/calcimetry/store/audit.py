"""Who sent what, what was computed with which version and settings, what was sent where.

The table is append-only: triggers of the database refuse to change or remove a row. It holds
UIDs, which lead to patients, so it is kept like the images themselves.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, insert, select

from calcimetry.errors import InputError, OutputError
from calcimetry.store import tables
from calcimetry.store.database import Database

COLUMNS = ("id", "at", "event", "actor", "study_uid", "sop_instance_uid", "destination", "detail")
#: Written where the node itself acts.
NODE = "node"


class Event(StrEnum):
    """What may happen."""

    STARTED = "started"
    STOPPED = "stopped"
    RECEIVED = "received"
    RECEIVED_AGAIN = "received again"
    REFUSED = "refused"
    COMPLETED = "completed"
    QUEUED = "queued"
    MEASURED = "measured"
    MEASURING_FAILED = "measuring failed"
    SENT = "sent"
    SENDING_FAILED = "sending failed"
    RETRIED = "retried"
    REMOVED = "removed"
    EXPORTED = "exported"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the audit.

    Parameters
    ----------
    event : Event
    actor : str
        Who did it: AE title and address of a sender, a web client, or `NODE`.
    study_uid, sop_instance_uid : str
        What it was done to; empty where it was to no single one.
    destination : str
        Where something was sent.
    detail : mapping
        Anything else, as JSON can hold it.
    """

    event: Event
    actor: str
    study_uid: str = ""
    sop_instance_uid: str = ""
    destination: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


def append(database: Database, *entries: Entry) -> None:
    """Write entries, durably.

    Raises
    ------
    OutputError
        If the database cannot be written.
    """
    with database.writing() as connection:
        write(connection, database.now(), *entries)


def write(connection: Connection, at: dt.datetime, *entries: Entry) -> None:
    """Write entries within a transaction, together with what they tell of."""
    rows = [
        {
            "at": at,
            "event": str(entry.event),
            "actor": entry.actor[:255],
            "study_uid": entry.study_uid[:64],
            "sop_instance_uid": entry.sop_instance_uid[:64],
            "destination": entry.destination[:64],
            "detail": json.dumps(entry.detail, sort_keys=True, default=str),
        }
        for entry in entries
    ]
    if rows:
        connection.execute(insert(tables.audit), rows)


def count(database: Database) -> int:
    """How many rows the audit has."""
    with database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(tables.audit)).scalar_one())


def export(database: Database, path: Path) -> int:
    """Write the whole audit to a file, oldest entry first.

    Parameters
    ----------
    database : Database
    path : Path
        ``.csv`` for a table, ``.jsonl`` for one JSON object a line. An existing file is
        replaced when the new one is whole.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    InputError
        If the file's name has another ending.
    OutputError
        If the file cannot be written or the database cannot be read.
    """
    if path.suffix not in (".csv", ".jsonl"):
        raise InputError(
            f"Exporting the audit: expected a file that ends in .csv or .jsonl, found {path.name}."
        )
    temporary = path.with_name(f".{path.name}.part")
    try:
        with temporary.open("w", encoding="utf-8", newline="") as file:
            rows = 0
            table = csv.writer(file) if path.suffix == ".csv" else None
            if table:
                table.writerow(COLUMNS)
            for record in _records(database):
                rows += 1
                if table:
                    table.writerow(record.values())
                else:
                    file.write(
                        json.dumps({**record, "detail": json.loads(record["detail"])}) + "\n"
                    )
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OutputError(
            f"Exporting the audit to {path.name}: {error.strerror or error}. Choose another file."
        ) from error
    return rows


def _records(database: Database) -> Iterator[dict[str, Any]]:
    query = select(*(tables.audit.c[name] for name in COLUMNS)).order_by(tables.audit.c.id)
    with database.reading() as connection:
        for row in connection.execution_options(yield_per=1000).execute(query).mappings():
            yield {**row, "at": row["at"].isoformat(timespec="milliseconds")}
