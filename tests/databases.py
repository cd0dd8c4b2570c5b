"""Results databases for tests: each test that asks for one runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from sqlalchemy import create_engine, text

from calcimetry.store import Arrival, Database
from tests.postgresql import running_server, url_of

_NUMBERS = itertools.count()


class Clock:
    """A clock that stands until it is told to go on."""

    def __init__(self) -> None:
        self.now = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)

    def __call__(self) -> dt.datetime:
        return self.now

    def go_on(self, seconds: float) -> None:
        self.now += dt.timedelta(seconds=seconds)


def arrival(number: int = 1, study: str = "1.2.3", content: str = "", **other: object) -> Arrival:
    """The instance of a number in a study."""
    values: dict[str, object] = {
        "study_uid": study,
        "series_uid": f"{study}.1",
        "sop_instance_uid": f"{study}.1.{number}",
        "sop_class_uid": "1.2.840.10008.5.1.4.1.1.2",
        "transfer_syntax_uid": "1.2.840.10008.1.2.1",
        "path": f"studies/{number}{content}.dcm",
        "sha256": (content or "a") * 64,
        "size_bytes": 1000,
        "sender": "SCANNER@10.0.0.7",
    }
    return Arrival(**{**values, **other})


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(scope="session")
def postgresql_folder():
    """Where the socket of a PostgreSQL server lies."""
    with running_server() as folder:
        yield folder


@pytest.fixture
def postgresql_url(postgresql_folder):
    """A new, empty database on that server."""
    name = f"test{next(_NUMBERS)}"
    server = url_of(postgresql_folder, "postgres").replace("postgresql", "postgresql+pg8000", 1)
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return url_of(postgresql_folder, name)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """Address of a new, empty database of either kind."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgresql_url")
    return f"sqlite:///{tmp_path / 'node.sqlite'}"


@pytest.fixture
def database(url, clock):
    with Database.open(url, clock) as opened:
        yield opened
