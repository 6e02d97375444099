"""How the database is read and written.

Reads use the request's own session, `db.session`. A write has a session of its own, from
`writing()`: its transaction takes the write lock at once (SQLite's BEGIN IMMEDIATE), so that it
never fails half way for want of it, and it is committed when the block ends, before the answer
is sent. On SQLite in WAL mode a read never waits for a writer. See docs/decisions.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import current_app
from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

from s11audit.extensions import db

WRITE = {"s11audit_write": True}
BUSY_SECONDS = 30


@contextmanager
def writing() -> Iterator[Session]:
    """Yield a session that holds the write lock; commit at the end, roll back on an error.

    Its `info` holds `base_url` and `invitation_days`, for the letters that services write.
    Afterwards the reading session starts afresh, so that it sees what was written.
    """
    reading = db.session
    reading.rollback()
    session = db.sessionmaker(
        info={
            "base_url": current_app.config["BASE_URL"],
            "invitation_days": current_app.config["INVITATION_DAYS"],
        }
    )
    try:
        session.connection(execution_options=WRITE)
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.close()
        reading.rollback()  # what was read meanwhile may be from before the change


def begin_write(session: Session) -> None:
    """Start the transaction of `session` as a write, where a library commits it itself."""
    session.rollback()
    session.connection(execution_options=WRITE)


def prepare(engine: Engine) -> None:
    """Set up each connection of `engine`. On SQLite: write-ahead log, foreign keys, durable
    commits, and transactions that begin as this module says."""
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "connect", _connect_sqlite)
    event.listen(engine, "begin", _begin_sqlite)


def _connect_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {BUSY_SECONDS * 1000}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    if not connection.get_execution_options().get("s11audit_write"):
        connection.exec_driver_sql("BEGIN")
        return
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 0")
    try:
        _take_write_lock(cursor)
    finally:
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        cursor.close()


def _take_write_lock(cursor: Any) -> None:
    """Begin a write, asking again every half millisecond while somebody else writes. SQLite's own
    waiting sleeps for up to a tenth of a second after a lock is free, and writes take three
    thousandths. Raises sqlite3.OperationalError after BUSY_SECONDS."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("BEGIN IMMEDIATE")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.0005)
