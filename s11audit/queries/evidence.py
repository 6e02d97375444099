"""Reads of single pieces of evidence."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import CompoundSelect, or_, select, union_all
from sqlalchemy.orm import Session, joinedload, selectinload, undefer

from s11audit.domain.enums import ScanState
from s11audit.domain.errors import NotFound, Refused
from s11audit.domain.scans import why_not_opened
from s11audit.models import Blob, Evidence, PaperEntry, ReplyEvidence, Response, Submission
from s11audit.queries.redactions import FILE_REDACTED, check_not_redacted, is_redacted_in
from s11audit.scoring.evidence_marks import Mark, Shown, weaknesses


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
    NotFound, also for a link, and CannotBeOpened for a file that nobody may open (domain rule 74).
    """
    found = session.scalar(
        select(Evidence)
        .where(Evidence.id == evidence_id, Evidence.return_id == return_id)
        .options(joinedload(Evidence.blob))
    )
    if found is None or found.blob is None:
        raise NotFound("There is no such file.")
    if not drafts and not (
        _is_submitted(session, return_id, evidence_id) or _is_in_reply(session, evidence_id)
    ):
        raise NotFound("There is no such file.")
    check_not_redacted(session, return_id, found.blob.sha256)
    check_may_be_opened(found.blob)
    return found


class CannotBeOpened(Refused):
    """Nobody may open this file now; its text says why."""


def check_may_be_opened(blob: Blob) -> None:
    """Raise CannotBeOpened, saying why, for a file that nobody may open."""
    if reason := note_on(blob):
        raise CannotBeOpened(reason)


def note_on(blob: Blob | None) -> str:
    """Return why nobody may open this file, in words; "" where it may be opened, and for none."""
    if blob is None:
        return ""
    return why_not_opened(blob.scan_state, blob.found, blob.scan_problem)


def notes_on_files(session: Session, return_id: int) -> dict[str, str]:
    """Return why nobody may open them, in words, of those files (by SHA-256) of a return that
    cannot be opened: its evidence, removed or not, and the originals it was entered from."""
    of_return: CompoundSelect[Any] = union_all(
        select(Evidence.blob_sha256).where(Evidence.return_id == return_id),
        select(PaperEntry.blob_sha256).where(PaperEntry.return_id == return_id),
    )
    redacted = is_redacted_in(return_id, Blob.sha256)
    held = select(Blob, redacted).where(
        or_(Blob.scan_state.in_((ScanState.WAITING, ScanState.INFECTED)), redacted),
        Blob.sha256.in_(of_return),
    )
    return {
        blob.sha256: FILE_REDACTED if is_redacted else note_on(blob)
        for blob, is_redacted in session.execute(held)
    }


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


def weaknesses_of(evidence: Sequence[Evidence], on: date) -> list[Mark]:
    """Return what is weak in these pieces of evidence on a day (domain rule 76)."""
    return weaknesses(
        [
            Shown(each.kind, each.filename or each.url or each.description, each.review_on)
            for each in evidence
        ],
        on,
    )
