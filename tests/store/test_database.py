import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from calcimetry.errors import OutputError, SettingsError
from calcimetry.store import Database, tables


def test_migrations_leave_the_tables_that_the_code_expects(database):
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []


def test_it_can_be_opened_again(url, database):
    with Database.open(url) as again:
        assert again.kind == database.kind


def test_many_may_open_a_new_one_at_once(url):
    opened = []
    threads = [threading.Thread(target=lambda: opened.append(Database.open(url))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(opened) == 4
    for one in opened:
        one.close()


def test_sqlite_is_durable_at_each_commit(tmp_path):
    url = f"sqlite:///{tmp_path / 'x.sqlite'}"
    with Database.open(url) as database, database.reading() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_a_failed_transaction_leaves_nothing(database):
    def empty_and_fail():
        with database.writing() as connection:
            connection.execute(text("DELETE FROM alembic_version"))
            raise KeyError

    with pytest.raises(KeyError):
        empty_and_fail()
    with database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1


@pytest.mark.parametrize(
    "url", ["nothing", "sqlite://", "sqlite:///:memory:", "oracle://host/x", "excel://x"]
)
def test_other_urls_are_refused(url):
    with pytest.raises(SettingsError, match="expected sqlite:///FILE or postgresql://"):
        Database.open(url)


def test_a_missing_driver_is_named(monkeypatch):
    def create_engine(*_arguments, **_options):
        raise ModuleNotFoundError("pg8000")

    monkeypatch.setattr("calcimetry.store.database.create_engine", create_engine)
    with pytest.raises(SettingsError, match=r"pip install 'calcimetry\[postgresql\]'"):
        Database.open("postgresql://host/name")


def test_a_database_that_cannot_be_opened_says_why_and_not_its_password(tmp_path):
    with pytest.raises(OutputError, match="unable to open database file"):
        Database.open(f"sqlite:///{tmp_path / 'none' / 'x.sqlite'}")
    with pytest.raises(OutputError) as error:
        Database.open(f"postgresql://me:secret@/x?unix_sock={tmp_path}/none")
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "tls"),
    [
        ("postgresql://me@db.hospital/x", True),
        ("postgresql://me@db.hospital/x?sslmode=disable", False),
        ("postgresql://me@localhost/x", False),
        ("postgresql://me@/x?unix_sock=/run/none", False),
    ],
)
def test_a_server_of_another_machine_is_spoken_to_over_tls(monkeypatch, url, tls):
    asked = {}

    def create_engine(given, **options):
        asked.update(options["connect_args"], query=dict(given.query))
        raise ModuleNotFoundError("stop here")

    monkeypatch.setattr("calcimetry.store.database.create_engine", create_engine)
    with pytest.raises(SettingsError):
        Database.open(url)
    assert ("ssl_context" in asked) is tls
    assert "sslmode" not in asked["query"]


def test_a_database_of_a_newer_version_is_refused(url, database):
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(OutputError, match="left by a newer version"):
        Database.open(url)
