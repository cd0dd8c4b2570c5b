"""Studies, instances, jobs, results with their objects, deliveries, and the audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make all tables, and the triggers that keep the audit append-only."""
    op.create_table(
        "studies",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("study_uid", sa.String(64), nullable=False, unique=True),
        sa.Column("key", sa.String(32), nullable=False, unique=True),
        sa.Column("first_received_at", _MOMENT, nullable=False),
        sa.Column("last_received_at", _MOMENT, nullable=False, index=True),
        sa.Column("changed", sa.Boolean, nullable=False, index=True),
        sa.Column("expected_instances", sa.Integer),
        sa.Column("completed_at", _MOMENT),
        sa.Column("job_id", _NUMBER),
    )
    op.create_table(
        "instances",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("study_id", _NUMBER, sa.ForeignKey("studies.id"), nullable=False),
        sa.Column("series_uid", sa.String(64), nullable=False),
        sa.Column("sop_instance_uid", sa.String(64), nullable=False),
        sa.Column("sop_class_uid", sa.String(64), nullable=False),
        sa.Column("transfer_syntax_uid", sa.String(64), nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("sender", sa.String(255), nullable=False),
        sa.Column("received_at", _MOMENT, nullable=False),
        sa.Column("superseded", sa.Boolean, nullable=False),
        sa.Column("own_result", sa.Boolean, nullable=False),
        sa.UniqueConstraint("study_id", "sop_instance_uid", "sha256", name="one_content_once"),
    )
    op.create_table(
        "jobs",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("study_id", _NUMBER, sa.ForeignKey("studies.id"), nullable=False),
        sa.Column("content_key", sa.String(64), nullable=False),
        sa.Column("made_with", sa.String(64), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("started_at", _MOMENT),
        sa.Column("finished_at", _MOMENT),
        sa.UniqueConstraint("study_id", "content_key", "made_with", name="one_job_per_content"),
    )
    op.create_index("jobs_waiting", "jobs", ["status", "due_at"])
    op.create_table(
        "results",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("study_id", _NUMBER, sa.ForeignKey("studies.id"), nullable=False),
        sa.Column("job_id", _NUMBER, sa.ForeignKey("jobs.id"), nullable=False),
        sa.Column("folder", sa.Text, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("method", sa.String(255), nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("measured_at", _MOMENT, nullable=False),
        sa.Column("superseded_at", _MOMENT),
        sa.Column("removed_at", _MOMENT),
    )
    visible = sa.text("superseded_at IS NULL")
    op.create_index(
        "one_visible_result",
        "results",
        ["study_id"],
        unique=True,
        sqlite_where=visible,
        postgresql_where=visible,
    )
    op.create_table(
        "result_objects",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("result_id", _NUMBER, sa.ForeignKey("results.id"), nullable=False, index=True),
        sa.Column("series_uid", sa.String(64), nullable=False),
        sa.Column("sop_instance_uid", sa.String(64), nullable=False, index=True),
        sa.Column("sop_class_uid", sa.String(64), nullable=False),
        sa.Column("transfer_syntax_uid", sa.String(64), nullable=False),
        sa.Column("path", sa.Text, nullable=False),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("result_id", _NUMBER, sa.ForeignKey("results.id"), nullable=False),
        sa.Column("destination", sa.String(64), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("sent_at", _MOMENT),
        sa.UniqueConstraint("result_id", "destination", name="one_delivery_per_destination"),
    )
    op.create_index("deliveries_waiting", "deliveries", ["destination", "status", "due_at"])
    op.create_table(
        "audit",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(255), nullable=False),
        sa.Column("study_uid", sa.String(64), nullable=False, index=True),
        sa.Column("sop_instance_uid", sa.String(64), nullable=False),
        sa.Column("destination", sa.String(64), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    _guard_the_audit(op.get_bind().dialect.name)


def _guard_the_audit(dialect: str) -> None:
    """Let nothing that was written to the audit be changed or removed."""
    if dialect == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit "
                "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
    )
