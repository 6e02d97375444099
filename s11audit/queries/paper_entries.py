"""Reads of returns that the board office enters from paper."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from s11audit.models import PaperEntry, Submission

_WHOLE = (joinedload(PaperEntry.blob), joinedload(PaperEntry.started_by))


def open_entry(session: Session, return_id: int) -> PaperEntry | None:
    """Return the entry that is under way, None where there is none."""
    return session.scalar(
        select(PaperEntry)
        .where(PaperEntry.return_id == return_id, PaperEntry.ended_at.is_(None))
        .options(*_WHOLE)
    )


def entry_of(session: Session, submission: Submission) -> PaperEntry | None:
    """Return the entry that a submission came from, None where the agency sent it in itself."""
    return session.scalar(
        select(PaperEntry).where(PaperEntry.submission_id == submission.id).options(*_WHOLE)
    )
