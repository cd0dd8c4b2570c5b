"""The tables of the results database, as the migrations leave them.

::

    studies ──< instances
       │
       ├──< jobs ──< results ──< result_objects
       │                 └─────< deliveries
    audit                (append-only; refers to UIDs, not to rows)
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

metadata = MetaData()


class Moment(TypeDecorator[dt.datetime]):
    """A point in time, always UTC: SQLite would lose its time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """To UTC."""
        return None if value is None else value.astimezone(dt.UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002
        """From what the database gives, which is UTC."""
        if value is None:
            return None
        moment: dt.datetime = value
        return moment.astimezone(dt.UTC) if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


#: SQLite counts only columns of exactly this type by itself.
_NUMBER = BigInteger().with_variant(Integer, "sqlite")

studies = Table(
    "studies",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("study_uid", String(64), nullable=False, unique=True),
    # What the study is called in logs, folders and addresses, which hold no UID.
    Column("key", String(32), nullable=False, unique=True),
    Column("first_received_at", Moment, nullable=False),
    Column("last_received_at", Moment, nullable=False, index=True),
    # Something came, or was asked for, that no job has taken up yet.
    Column("changed", Boolean, nullable=False, index=True),
    Column("expected_instances", Integer),
    Column("completed_at", Moment),
    # The job of the newest content.
    Column("job_id", _NUMBER),
)

instances = Table(
    "instances",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("study_id", _NUMBER, ForeignKey("studies.id"), nullable=False),
    Column("series_uid", String(64), nullable=False),
    Column("sop_instance_uid", String(64), nullable=False),
    Column("sop_class_uid", String(64), nullable=False),
    Column("transfer_syntax_uid", String(64), nullable=False),
    Column("path", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sender", String(255), nullable=False),
    Column("received_at", Moment, nullable=False),
    # Of one instance sent with other content, the newest counts.
    Column("superseded", Boolean, nullable=False),
    # A result of this node that came back: it is kept, and is no reason to measure.
    Column("own_result", Boolean, nullable=False),
    UniqueConstraint("study_id", "sop_instance_uid", "sha256", name="one_content_once"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("study_id", _NUMBER, ForeignKey("studies.id"), nullable=False),
    # Hash of what is measured, and of how: program, weights, settings.
    Column("content_key", String(64), nullable=False),
    Column("made_with", String(64), nullable=False),
    Column("status", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    UniqueConstraint("study_id", "content_key", "made_with", name="one_job_per_content"),
    Index("jobs_waiting", "status", "due_at"),
)

results = Table(
    "results",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("study_id", _NUMBER, ForeignKey("studies.id"), nullable=False),
    Column("job_id", _NUMBER, ForeignKey("jobs.id"), nullable=False),
    Column("folder", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("version", String(64), nullable=False),
    Column("method", String(255), nullable=False),
    Column("settings", Text, nullable=False),
    Column("measured_at", Moment, nullable=False),
    Column("superseded_at", Moment),
    # When its files were removed, having been sent everywhere long enough ago.
    Column("removed_at", Moment),
)
Index(
    "one_visible_result",
    results.c.study_id,
    unique=True,
    sqlite_where=text("superseded_at IS NULL"),
    postgresql_where=text("superseded_at IS NULL"),
)

result_objects = Table(
    "result_objects",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("result_id", _NUMBER, ForeignKey("results.id"), nullable=False, index=True),
    Column("series_uid", String(64), nullable=False),
    Column("sop_instance_uid", String(64), nullable=False, index=True),
    Column("sop_class_uid", String(64), nullable=False),
    Column("transfer_syntax_uid", String(64), nullable=False),
    Column("path", Text, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("result_id", _NUMBER, ForeignKey("results.id"), nullable=False),
    Column("destination", String(64), nullable=False),
    Column("status", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("sent_at", Moment),
    UniqueConstraint("result_id", "destination", name="one_delivery_per_destination"),
    Index("deliveries_waiting", "destination", "status", "due_at"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("event", String(32), nullable=False),
    # Who did it: an AE title and address, a web client, or the node itself.
    Column("actor", String(255), nullable=False),
    Column("study_uid", String(64), nullable=False, index=True),
    Column("sop_instance_uid", String(64), nullable=False),
    Column("destination", String(64), nullable=False),
    Column("detail", Text, nullable=False),
)
