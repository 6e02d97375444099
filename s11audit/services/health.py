"""The background worker's sign of life."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from s11audit.models import WorkerBeat

FORGOTTEN_AFTER = timedelta(days=1)


def beat(session: Session, machine: str, *, now: datetime) -> None:
    """Note that the worker of this machine is there, and forget machines long silent. Not logged:
    it is no change that anybody makes."""
    session.merge(WorkerBeat(machine=machine[:200], at=now))
    session.execute(delete(WorkerBeat).where(WorkerBeat.at < now - FORGOTTEN_AFTER))
