"""How the installation does, in figures of no person: for `/readyz`, `/metrics` and the check."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from s11audit.domain.enums import ScanState
from s11audit.models import Blob, OutboxMessage, UserSession, WorkerBeat

# The worker beats every minute; a long sweep may hold it up.
SILENT_AFTER = timedelta(minutes=5)


@dataclass(frozen=True)
class Health:
    """The figures: messages that wait and since when the oldest does, files that wait for the
    scanner, sessions that are open, and when the worker was last there (None: never)."""

    waiting_mail: int
    oldest_mail_at: datetime | None
    held_files: int
    open_sessions: int
    worker_at: datetime | None

    def is_worker_silent(self, now: datetime) -> bool:
        """Return whether the worker has not been heard of for too long."""
        return self.worker_at is None or now - self.worker_at > SILENT_AFTER


def health(session: Session) -> Health:
    """Return the figures. Four queries, whatever the number of boards."""
    waiting, oldest = session.execute(
        select(func.count(), func.min(OutboxMessage.created_at)).where(
            OutboxMessage.sent_at.is_(None)
        )
    ).one()
    return Health(
        waiting_mail=waiting,
        oldest_mail_at=oldest,
        held_files=session.scalar(
            select(func.count()).select_from(Blob).where(Blob.scan_state == ScanState.WAITING)
        )
        or 0,
        open_sessions=session.scalar(
            select(func.count()).select_from(UserSession).where(UserSession.ended_at.is_(None))
        )
        or 0,
        worker_at=session.scalar(select(func.max(WorkerBeat.at))),
    )


def stored_revision(session: Session) -> str:
    """Return the revision of the database's schema, without loading Alembic."""
    return session.scalar(text("SELECT version_num FROM alembic_version")) or ""
