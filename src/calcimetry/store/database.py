"""The results database: SQLite in a file by default, PostgreSQL by URL."""

from __future__ import annotations

import datetime as dt
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from calcimetry.errors import CalcimetryError, OutputError, SettingsError
from calcimetry.store.migrate import upgrade

#: How long one writer of SQLite waits for another, of another process.
_BUSY_S = 30.0
_WRITING = "calcimetry_writing"
#: Part of a URL that says "disable" where a server of another machine knows no TLS.
_TLS = "sslmode"
_THIS_MACHINE = (None, "", "localhost", "127.0.0.1", "::1")


def now_utc() -> dt.datetime:
    """The time of day, in UTC."""
    return dt.datetime.now(dt.UTC)


class Database:
    """An open results database, for as many threads as like.

    What is written is on disk when `writing` ends: SQLite runs in WAL mode with
    ``synchronous=FULL``, PostgreSQL as its server is set up (its default is the same).

    Parameters
    ----------
    engine : sqlalchemy.Engine
        As `open` makes it.
    clock : callable
        Gives the time of day in UTC.
    """

    def __init__(self, engine: Engine, clock: Callable[[], dt.datetime] = now_utc) -> None:
        self._engine = engine
        self._clock = clock
        # SQLite has one writer at a time, and lets the others poll: in one process a lock is
        # fairer and faster.
        self._turn = threading.Lock() if engine.dialect.name == "sqlite" else None

    @classmethod
    def open(cls, url: str, clock: Callable[[], dt.datetime] = now_utc) -> Self:
        """Open a database, make it if it is a SQLite file, and bring its tables up to date.

        Parameters
        ----------
        url : str
            ``sqlite:///folder/file.sqlite`` (``sqlite:////`` for a path from the root) or
            ``postgresql://user:password@host/name``; a server on another machine is spoken to
            over TLS, unless the URL ends in ``?sslmode=disable``. A socket of this machine:
            ``postgresql://user@/name?unix_sock=/run/postgresql/.s.PGSQL.5432``.
        clock : callable
            Gives the time of day in UTC.

        Raises
        ------
        SettingsError
            If the URL is of another kind, is SQLite without a file, or its driver is not
            installed.
        OutputError
            If it cannot be opened or written, or was left by a newer version.
        """
        parsed = _checked(url)
        try:
            engine = create_engine(parsed.difference_update_query([_TLS]), **_options(parsed))
        except ImportError as error:
            raise SettingsError(
                f"Opening the results database: the driver of {parsed.drivername} is not "
                "installed. Type: pip install 'calcimetry[postgresql]'"
            ) from error
        if parsed.get_backend_name() == "sqlite":
            event.listen(engine, "connect", _set_up_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        database = cls(engine, clock)
        try:
            with database.writing() as connection:
                upgrade(connection)
        except CalcimetryError:
            engine.dispose()
            raise
        return database

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def kind(self) -> str:
        """``"sqlite"`` or ``"postgresql"``."""
        return self._engine.dialect.name

    def now(self) -> dt.datetime:
        """The time of day in UTC, by the database's clock."""
        return self._clock()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the database.

        Raises
        ------
        OutputError
            If the database cannot be read.
        """
        # SQLite does so by itself.
        options = {} if self._turn else {"isolation_level": "REPEATABLE READ"}
        with (
            _told(),
            self._engine.connect() as connection,
            connection.execution_options(**options).begin(),
        ):
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection whose changes are all kept, durably, or none of them.

        Raises
        ------
        OutputError
            If the database cannot be written.
        """
        if self._turn is None:
            with self._transaction() as connection:
                yield connection
            return
        with self._turn, self._transaction() as connection:
            yield connection

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with (
            _told(),
            self._engine.connect() as connection,
            connection.execution_options(**{_WRITING: True}).begin(),
        ):
            yield connection


def _checked(url: str) -> URL:
    expected = "expected sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError) as error:
        raise SettingsError(
            f"Opening the results database: its URL cannot be read, {expected}."
        ) from error
    if backend == "postgresql":
        # Without a driver SQLAlchemy would take psycopg2, which is LGPL, as its successor is.
        return parsed.set(drivername="postgresql+pg8000")
    if backend != "sqlite" or parsed.database in (None, "", ":memory:"):
        raise SettingsError(
            f"Opening the results database: {expected}, found {parsed.drivername} "
            f"{'without a file' if backend == 'sqlite' else ''}".rstrip()
            + "."
        )
    return parsed


def _options(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": _BUSY_S, "check_same_thread": False}}
    plain = url.host in _THIS_MACHINE or url.query.get(_TLS) == "disable"
    arguments = {} if plain else {"ssl_context": ssl.create_default_context()}
    # A server that was restarted must not cost a job: connections are tried before use.
    return {"pool_pre_ping": True, "connect_args": arguments}


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    """Durable, and never of two minds: each commit is on disk before it returns."""
    connection.isolation_level = None  # Python's driver begins nothing by itself
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """Writers queue at their start: one that began by reading could not become a writer."""
    writing = connection.get_execution_options().get(_WRITING)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        # The driver's words alone: SQLAlchemy's hold the statement and its values.
        said = " ".join(str(error.orig).split())
        raise OutputError(
            f"Using the results database: {said}. Look at its disk, its server and its URL."
        ) from error
