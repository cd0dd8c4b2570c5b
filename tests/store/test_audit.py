import csv
import json

import pytest
from sqlalchemy import text

from calcimetry.errors import InputError, OutputError
from calcimetry.store import arrivals, audit
from calcimetry.store.audit import Entry, Event
from tests.databases import arrival


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit", "DELETE FROM audit WHERE id = 1"],
)
def test_nothing_can_be_changed_or_removed(database, statement):
    audit.append(database, Entry(Event.STARTED, "node"))
    with (
        pytest.raises(OutputError, match="the audit is append-only"),
        database.writing() as connection,
    ):
        connection.execute(text(statement))
    assert audit.count(database) == 1


def test_postgresql_does_not_empty_it_either(database):
    statement = "TRUNCATE audit" if database.kind == "postgresql" else "DELETE FROM audit"
    audit.append(database, Entry(Event.STARTED, "node"))
    with (
        pytest.raises(OutputError, match="the audit is append-only"),
        database.writing() as connection,
    ):
        connection.execute(text(statement))


def test_who_sent_what_is_written_with_the_instance(database, tmp_path):
    arrivals.record(database, arrival(1))
    arrivals.record(database, arrival(1))
    audit.append(database, Entry(Event.REFUSED, "ELSE@10.0.0.8", detail={"kind": "ae_title"}))
    assert audit.export(database, tmp_path / "audit.jsonl") == 3
    lines = (tmp_path / "audit.jsonl").read_text().splitlines()
    first, again, refused = (json.loads(line) for line in lines)
    assert list(first) == list(audit.COLUMNS)
    assert first["event"] == "received"
    assert first["actor"] == "SCANNER@10.0.0.7"
    assert (first["study_uid"], first["sop_instance_uid"]) == ("1.2.3", "1.2.3.1.1")
    assert first["at"] == "2026-05-01T12:00:00.000+00:00"
    assert first["detail"] == {"sha256": "a" * 64, "size_bytes": 1000}
    assert again["event"] == "received again"
    assert refused["detail"] == {"kind": "ae_title"}


def test_csv_holds_the_same(database, tmp_path):
    arrivals.record(database, arrival(1, sender='A,"B"@::1'))
    assert audit.export(database, tmp_path / "audit.csv") == 1
    with (tmp_path / "audit.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["actor"] == 'A,"B"@::1'
    assert json.loads(row["detail"])["size_bytes"] == 1000


def test_other_endings_are_refused(database, tmp_path):
    with pytest.raises(InputError, match=r"ends in \.csv or \.jsonl, found audit\.txt"):
        audit.export(database, tmp_path / "audit.txt")


def test_a_file_that_cannot_be_written_is_told(database, tmp_path):
    with pytest.raises(OutputError, match=r"Exporting the audit to a\.csv"):
        audit.export(database, tmp_path / "missing" / "a.csv")
