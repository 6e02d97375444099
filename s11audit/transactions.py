"""How the database is read and written.

Reads use the request's own session, `db.session`. A write has a session of its own, from
`writing()`: its transaction takes the write lock at once (SQLite's BEGIN IMMEDIATE), so that it
never fails half way for want of it, and it is committed when the block ends, before the answer
is sent. On SQLite in WAL mode a read never waits for a writer. See docs/decisions.
"""

import errno
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import current_app, has_request_context, request
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from s11audit.extensions import db

WRITE = {"s11audit_write": True}
_NO_WAIT = "s11audit_no_wait"
BUSY_SECONDS = 30
_DISK_FULL = "53100"  # as PostgreSQL says it
# What SQLite says where it cannot write on: it cannot tell why.
_NO_ROOM = (
    sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_SHMSIZE
)  # fmt: skip


@contextmanager
def writing() -> Iterator[Session]:
    """Yield a session that holds the write lock; commit at the end, roll back on an error.

    Its `info` holds `base_url` and `invitation_days`, for the letters that services write, and
    `address`, for the log: where in the network the request came from, None without a request.
    Afterwards the reading session starts afresh, so that it sees what was written.
    """
    reading = db.session
    reading.rollback()
    session = db.sessionmaker(
        info={
            "base_url": current_app.config["BASE_URL"],
            "invitation_days": current_app.config["INVITATION_DAYS"],
            "address": _address(),
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


class Busy(Exception):
    """Somebody else writes at this moment."""


@contextmanager
def writing_if_free() -> Iterator[Session]:
    """Yield a session that holds the write lock, as `writing` does, but wait for nobody: raises
    Busy where another holds the lock (SQLite; PostgreSQL has none over the whole database). For
    what may as well be written later; the reading session goes on as it is."""
    session = db.sessionmaker()
    try:
        try:
            session.connection(execution_options={**WRITE, _NO_WAIT: True})
        except (sqlite3.OperationalError, OperationalError) as error:
            raise Busy from error
        yield session
        session.commit()
    finally:
        session.close()


def begin_write(session: Session) -> None:
    """Start the transaction of `session` as a write, where a library commits it itself."""
    session.rollback()
    session.info["address"] = _address()
    session.connection(execution_options=WRITE)


def is_out_of_room(error: BaseException) -> bool:
    """Return whether an error says that a disk is full, or that a file may not grow further."""
    error = getattr(error, "orig", None) or error
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0)
        return code & 0xFF == sqlite3.SQLITE_FULL or code in _NO_ROOM
    return getattr(error, "sqlstate", None) == _DISK_FULL


def prepare(engine: Engine) -> None:
    """Set up each connection of `engine`. On SQLite: write-ahead log, foreign keys, durable
    commits, and transactions that begin as this module says."""
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "connect", _connect_sqlite)
    event.listen(engine, "begin", _begin_sqlite)


def _address() -> str | None:
    """Return the address that a request came from, as far as `S11AUDIT_PROXIES` is right."""
    address = request.remote_addr if has_request_context() else None
    return address[:45] if address else None


def _connect_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {BUSY_SECONDS * 1000}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",  # what is redacted or replaced is not left in the file's free places
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("s11audit_write"):
        connection.exec_driver_sql("BEGIN")
        return
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 0")
    try:
        _take_write_lock(cursor, 0 if options.get(_NO_WAIT) else BUSY_SECONDS)
    finally:
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        cursor.close()


def _take_write_lock(cursor: Any, seconds: int) -> None:
    """Begin a write, asking again every half millisecond while somebody else writes. SQLite's own
    waiting sleeps for up to a tenth of a second after a lock is free, and writes take three
    thousandths. Raises sqlite3.OperationalError after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            cursor.execute("BEGIN IMMEDIATE")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.0005)
