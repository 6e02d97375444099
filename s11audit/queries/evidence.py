"""Reads of single pieces of evidence."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload, undefer

from s11audit.domain.enums import ScanState
from s11audit.domain.errors import NotFound
from s11audit.models import Evidence, ReplyEvidence, Response, Submission


def evidence_by_id(session: Session, return_id: int, evidence_id: int) -> Evidence:
    """Return a piece of evidence that the return has now; NotFound otherwise."""
    found = session.scalar(
        select(Evidence)
        .where(
            Evidence.id == evidence_id,
            Evidence.return_id == return_id,
            Evidence.removed_at.is_(None),
        )
        .options(joinedload(Evidence.blob), selectinload(Evidence.uses))
    )
    if found is None:
        raise NotFound("There is no such evidence.")
    return found


def standards_served(session: Session, evidence: Evidence) -> list[int]:
    """Return the numbers of the standards that the evidence serves."""
    served = [use.response_id for use in evidence.uses]
    return list(
        session.scalars(
            select(Response.standard).where(Response.id.in_(served)).order_by(Response.standard)
        )
    )


def file_to_serve(session: Session, return_id: int, evidence_id: int, *, drafts: bool) -> Evidence:
    """Return evidence whose file may be downloaded, removed or not.

    Without `drafts`, only what a submission of the return names or a reply to its ratings. Raises
    NotFound, also for a link and for an infected file.
    """
    found = session.scalar(
        select(Evidence)
        .where(Evidence.id == evidence_id, Evidence.return_id == return_id)
        .options(joinedload(Evidence.blob))
    )
    if found is None or found.blob is None or found.blob.scan_state is ScanState.INFECTED:
        raise NotFound("There is no such file.")
    if not drafts and not (
        _is_submitted(session, return_id, evidence_id) or _is_in_reply(session, evidence_id)
    ):
        raise NotFound("There is no such file.")
    return found


def _is_in_reply(session: Session, evidence_id: int) -> bool:
    """Return whether a dispute of an agreed rating rests on this evidence."""
    found = select(ReplyEvidence.reply_id).where(ReplyEvidence.evidence_id == evidence_id).limit(1)
    return session.scalar(found) is not None


def _is_submitted(session: Session, return_id: int, evidence_id: int) -> bool:
    submissions = session.scalars(
        select(Submission)
        .where(Submission.return_id == return_id)
        .order_by(Submission.number.desc())
        .options(undefer(Submission.snapshot))
    )
    return any(
        item["id"] == evidence_id
        for submission in submissions
        for standard in submission.snapshot["standards"]
        for item in standard["evidence"]
    )
