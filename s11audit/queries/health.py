"""How the installation does, in figures of no person: for `/readyz`, `/metrics` and the check."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from s11audit.domain.enums import ScanState
from s11audit.models import Blob, WorkerBeat
from s11audit.queries.outbox import Unsent, unsent
from s11audit.queries.user_sessions import count_of_open

# The worker beats every minute; a long sweep may hold it up.
SILENT_AFTER = timedelta(minutes=5)


@dataclass(frozen=True)
class Health:
    """The figures: how the outbox does, files that wait for the scanner, sessions that go on, and
    when the worker was last there (None: never)."""

    mail: Unsent
    held_files: int
    open_sessions: int
    worker_at: datetime | None


def health(session: Session, *, idle: timedelta, longest: timedelta, now: datetime) -> Health:
    """Return the figures; a session is over after `idle` without a request, and `longest` after
    it began. Four queries, whatever the number of boards."""
    held = select(func.count()).select_from(Blob).where(Blob.scan_state == ScanState.WAITING)
    return Health(
        mail=unsent(session),
        held_files=session.scalar(held) or 0,
        open_sessions=count_of_open(session, idle=idle, longest=longest, now=now),
        worker_at=last_beat(session),
    )


def last_beat(session: Session) -> datetime | None:
    """Return when the background worker was last there, None where it never was."""
    return session.scalar(select(func.max(WorkerBeat.at)))


def is_silent(last: datetime | None, now: datetime) -> bool:
    """Return whether a worker that was last there then has not been heard of for too long."""
    return last is None or now - last > SILENT_AFTER


def stored_revision(session: Session) -> str:
    """Return the revision of the database's schema, without loading Alembic."""
    return session.scalar(text("SELECT version_num FROM alembic_version")) or ""
