"""One database, two kinds of transaction: reading, and writing.

SQLite runs in WAL with ``synchronous=FULL`` - a commit that returned survives a power cut - and every writing
transaction is ``BEGIN IMMEDIATE``, so two writers queue up instead of failing half-way.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from intake.errors import DiskFull
from intake.labels import say
from intake.vault import make_dir

_BUSY_S = 30.0
_MIGRATIONS = Path(__file__).with_name("migrations")


class Database:
    """An engine whose schema is up to date."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view; nothing can be changed by mistake, for it is rolled back."""
        with self.engine.connect() as connection, connection.begin() as transaction:
            yield connection
            transaction.rollback()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """All or nothing. Raises DiskFull where the disk refused; then nothing was stored."""
        try:
            with self.engine.connect().execution_options(writes=True) as connection, connection.begin():
                yield connection
        except OperationalError as error:
            if _is_full(error):
                raise DiskFull(say("disk.full", folder=self.engine.url.database)) from error
            raise

    def close(self) -> None:
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Connect, create the folder and bring the schema to the newest migration."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        make_dir(Path(str(engine.url.database)).parent)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    database = Database(engine)
    with database.writing() as connection:
        _migrate(connection)
    return database


def _migrate(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def revision(connection: Connection) -> str | None:
    """The migration the database stands at."""
    return MigrationContext.configure(connection).get_current_revision()


def _prepare_sqlite(raw: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    if not isinstance(raw, sqlite3.Connection):
        raise TypeError(type(raw))
    raw.isolation_level = None  # we say BEGIN ourselves, see _begin_sqlite
    raw.execute(f"PRAGMA busy_timeout = {int(_BUSY_S * 1000)}")
    raw.execute("PRAGMA journal_mode = WAL")
    raw.execute("PRAGMA synchronous = FULL")
    raw.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _is_full(error: OperationalError) -> bool:
    """Whether the database said that the disk has no room (SQLite: FULL, or an I/O error at the journal)."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
