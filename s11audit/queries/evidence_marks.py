"""Which ratings rest on evidence that is marked for QA (domain rule 76)."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Subquery, and_, func, select
from sqlalchemy.orm import Session

from s11audit.domain.dates import london_today
from s11audit.domain.enums import EvidenceKind, Rag, RatingRole
from s11audit.models import (
    Cycle,
    Evidence,
    EvidenceUse,
    Rating,
    Response,
    Return,
    Stage,
    Submission,
)
from s11audit.scoring.evidence_marks import Mark, Shown, marks, together


def marks_sent_in(submission: Submission | None, part: Mapping[str, Any] | None) -> list[Mark]:
    """Return what is marked in a submission's part for one standard: of a green self rating, on
    the day it was sent in."""
    if submission is None or part is None:
        return []
    own = part["self_rating"]["rag"]
    on = london_today(submission.effective_at)
    return marks(Rag(own) if own else None, _evidence(part), on)


def marks_now(part: Mapping[str, Any] | None, rating: Rag | None, now: datetime) -> list[Mark]:
    """Return what is marked where QA rates a standard so, on the evidence sent in, today."""
    return marks(rating, _evidence(part), london_today(now)) if part is not None else []


def marks_of(
    submission: Submission | None,
    part: Mapping[str, Any] | None,
    rating: Rag | None,
    now: datetime,
) -> list[Mark]:
    """Return what is marked for QA in a standard: of the self rating, and of QA's `rating`."""
    return together(marks_sent_in(submission, part), marks_now(part, rating, now))


def _evidence(part: Mapping[str, Any]) -> list[Shown]:
    return [
        Shown(
            EvidenceKind(item["kind"]),
            item["description"] or item["file"] or item["link"] or "Evidence",
            date.fromisoformat(item["review_on"]) if item["review_on"] else None,
        )
        for item in part["evidence"]
    ]


def marked_standards(session: Session, board_id: int, sent: Subquery) -> dict[int, int]:
    """Return, by return, how many standards are rated green by the agency on evidence that is
    marked, of a board's current submissions (`sent`: id, return_id, effective_at, recorded_at).
    One query; returns without any are left out."""
    rows = session.execute(
        select(
            Response.return_id,
            Response.standard,
            Evidence.kind,
            func.min(Evidence.review_on).label("review_on"),
            sent.c.effective_at,
        )
        .select_from(sent)
        .join(Return, Return.id == sent.c.return_id)
        .join(Stage, Stage.id == Return.stage_id)
        .join(Cycle, Cycle.id == Stage.cycle_id)
        .join(Response, Response.return_id == sent.c.return_id)
        .join(
            Rating,
            and_(
                Rating.return_id == Response.return_id,
                Rating.standard == Response.standard,
                Rating.role == RatingRole.SELF,
                Rating.submission_id == sent.c.id,
            ),
        )
        .join(EvidenceUse, EvidenceUse.response_id == Response.id)
        .join(Evidence, Evidence.id == EvidenceUse.evidence_id)
        .where(
            Cycle.board_id == board_id,
            Rating.rag == Rag.GREEN,
            Evidence.removed_at.is_(None),
            Evidence.added_at <= sent.c.recorded_at,  # what came with a reply was not sent in
        )
        .group_by(Response.return_id, Response.standard, Evidence.kind, sent.c.effective_at)
    )
    pieces: dict[tuple[int, int, date], list[Shown]] = {}
    for row in rows:
        key = (row.return_id, row.standard, london_today(row.effective_at))
        pieces.setdefault(key, []).append(Shown(row.kind, "", row.review_on))
    return dict(
        Counter(
            return_id
            for (return_id, _standard, on), evidence in pieces.items()
            if marks(Rag.GREEN, evidence, on)
        )
    )
