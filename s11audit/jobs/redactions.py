"""What follows a redaction: its file leaves the store, and the ledger of redactions and the
database are kept in step."""

import logging
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from s11audit.adapters.storage import StorageFailed, storage_at
from s11audit.domain.errors import Invalid
from s11audit.extensions import db
from s11audit.models import Blob, Redaction
from s11audit.queries.redactions import files_to_remove, may_leave_store
from s11audit.services.redactions import apply_ledger, read_ledger, unknown, write_ledger
from s11audit.transactions import BUSY_SECONDS, writing

AFTERWARDS = timedelta(minutes=15)

logger = logging.getLogger(__name__)


def follow_redactions(now: datetime) -> int:
    """Do again what the ledger knows and the database does not, as after a backup was put back by
    hand; write to the ledger what only the database knows; take redacted files out of the store.
    Returns how many files left it."""
    db.session.rollback()
    keep_ledger(now)
    _clear_write_ahead_log(now)
    removed = 0
    for sha256 in files_to_remove(db.session):
        removed += _remove(sha256, now)
    return removed


def keep_ledger(now: datetime) -> None:
    """Keep the ledger's file and the database in step. What is wrong with the file is told in the
    process's log, and it is left as it is."""
    path = current_app.config["REDACTIONS"]
    try:
        new = unknown(db.session, read_ledger(path))
        if new:
            with writing() as session:
                apply_ledger(session, new, now=now)
        write_ledger(db.session, path)
    except (Invalid, OSError) as error:
        reason = str(error) if isinstance(error, Invalid) else error.strerror
        logger.error("The ledger of redactions cannot be kept: %s", reason)


def _clear_write_ahead_log(now: datetime) -> None:
    """On SQLite, have what a redaction overwrote leave the write-ahead log too."""
    if db.engine.dialect.name != "sqlite":
        return
    last = db.session.scalar(select(func.max(Redaction.made_at)))
    db.session.rollback()
    if last is not None and now - last < AFTERWARDS:
        with db.engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            # Nobody waits for it: while somebody reads, it is tried again in a minute.
            driver.execute("PRAGMA busy_timeout = 50")
            try:
                driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            finally:
                driver.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")


def _remove(sha256: str, now: datetime) -> bool:
    """Take a file out of the store where no board uses it that has not redacted it. It is let go
    of in the database first, so that nobody can offer it in between."""
    with writing() as session:
        if not _let_go(session, sha256, now):
            return False
    try:
        storage_at(current_app.config["EVIDENCE_URL"]).remove(sha256)
    except StorageFailed as error:
        logger.error("A redacted file could not be removed from the store: %s", error.reason)
        return False
    with writing() as session:
        session.execute(
            update(Redaction)
            .where(Redaction.blob_sha256 == sha256, Redaction.gone_at.is_(None))
            .values(gone_at=now)
        )
    return True


def _let_go(session: Session, sha256: str, now: datetime) -> bool:
    blob = session.scalar(select(Blob).where(Blob.sha256 == sha256).with_for_update())
    if not may_leave_store(session, sha256):
        return False
    if blob is not None and blob.bytes_removed_at is None:
        blob.bytes_removed_at = now
    return True
