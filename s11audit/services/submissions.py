"""Freezing a return as it is sent in. Pages and imports both submit through `freeze`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from s11audit.domain.dates import end_of_day, london_today
from s11audit.domain.enums import RatingRole
from s11audit.domain.policy import Actor
from s11audit.models import Evidence, Rating, Response, Return, Submission
from s11audit.queries.evidence import note_on
from s11audit.queries.responses import evidence_of, responses_of
from s11audit.queries.take_overs import taken_from
from s11audit.queries.tools import standards_asked
from s11audit.scoring.answers import read_answer
from s11audit.tools.schema import Standard

FORMAT = "s11audit-return-1"

DECLARATION = (
    "I make this return on behalf of the organisation named above. To the best of my knowledge "
    "it is true and complete."
)


@dataclass(frozen=True)
class Signatory:
    """Who answers for the return: one senior person (domain rule 9)."""

    name: str
    designation: str
    email: str


def freeze(
    session: Session,
    actor: Actor,
    return_: Return,
    signatory: Signatory,
    *,
    effective_at: datetime,
    now: datetime,
    entered_for: str | None = None,
) -> Submission:
    """Store the numbered, frozen copy of a return and its self ratings, and return it.

    `return_` is locked, with membership, stage, cycle, board and tool version loaded. The caller
    has checked the actor and that nothing is missing, changes the state and logs.
    """
    standards = standards_asked(session, return_)
    responses = responses_of(session, return_.id)
    number = 1 + (
        session.scalar(
            select(func.max(Submission.number)).where(Submission.return_id == return_.id)
        )
        or 0
    )
    submission = Submission(
        return_id=return_.id,
        number=number,
        reference=f"S11-{return_.id:05d}-{number}",
        self_ratings=_self_ratings(standards, responses),
        signatory_name=signatory.name,
        signatory_designation=signatory.designation,
        signatory_email=signatory.email,
        late=effective_at > end_of_day(return_.due_on),
        effective_at=effective_at,
        recorded_at=now,
        submitted_by_id=actor.user_id,
        entered_for=entered_for,
    )
    submission.snapshot = _snapshot(session, return_, submission, standards, responses)
    session.add(submission)
    session.flush()
    _add_self_ratings(session, actor, return_, submission, standards, responses)
    return submission


def _self_ratings(
    standards: tuple[Standard, ...], responses: dict[int, Response]
) -> dict[str, str | None]:
    return {
        str(standard.number): (
            response.self_rag.value
            if (response := responses.get(standard.number)) and response.self_rag
            else None
        )
        for standard in standards
    }


def _add_self_ratings(
    session: Session,
    actor: Actor,
    return_: Return,
    submission: Submission,
    standards: tuple[Standard, ...],
    responses: dict[int, Response],
) -> None:
    latest = {
        rating.standard: rating.id
        for rating in session.scalars(
            select(Rating)
            .where(Rating.return_id == return_.id, Rating.role == RatingRole.SELF)
            .order_by(Rating.id)
        )
    }
    for standard in standards:
        response = responses.get(standard.number)
        if response is None or response.self_rag is None or response.self_label is None:
            continue
        session.add(
            Rating(
                return_id=return_.id,
                standard=standard.number,
                role=RatingRole.SELF,
                rater_id=actor.user_id,
                label=response.self_label,
                rag=response.self_rag,
                na_reason=response.na_reason,
                rated_at=submission.effective_at,
                supersedes_id=latest.get(standard.number),
                submission_id=submission.id,
            )
        )


def _snapshot(
    session: Session,
    return_: Return,
    submission: Submission,
    standards: tuple[Standard, ...],
    responses: dict[int, Response],
) -> dict[str, Any]:
    """Return the whole return as it stands, in the open format that is downloaded."""
    cycle = return_.stage.cycle
    evidence = evidence_of(session, return_.id)
    taken = taken_from(session, return_.id)
    return {
        "format": FORMAT,
        "reference": submission.reference,
        "board": cycle.board.name,
        "agency": return_.membership.name,
        "categories": [category.value for category in return_.categories],
        "participation": return_.participation.value,
        "cycle": cycle.name,
        "stage": return_.stage.number,
        "tool": {
            "key": cycle.tool_version.key,
            "version": cycle.tool_version.version,
            "title": cycle.tool_version.title,
            "sha256": cycle.tool_version.sha256,
        },
        "due_on": return_.due_on.isoformat(),
        "submitted_at": submission.effective_at.isoformat(),
        "late": submission.late,
        "signatory": {
            "name": submission.signatory_name,
            "designation": submission.signatory_designation,
            "email": submission.signatory_email,
            "declaration": DECLARATION,
        },
        "standards": [
            standard_part(standard, responses.get(standard.number), evidence, return_)
            | ({"taken_over": taken[standard.number]} if standard.number in taken else {})
            for standard in standards
        ],
    }


def standard_part(
    standard: Standard, response: Response | None, evidence: list[Evidence], return_: Return
) -> dict[str, Any]:
    """Return one standard as it stands now, in the shape of a snapshot; for checking too."""
    stored = {answer.requirement: answer.value for answer in response.answers} if response else {}
    return {
        "number": standard.number,
        "title": standard.title,
        "requirements": [
            {
                "key": requirement.key,
                "kind": requirement.kind,
                "text": requirement.text,
                "answer": stored.get(requirement.key),
                "in_words": read_answer(requirement.kind, stored.get(requirement.key)).in_words(),
            }
            for requirement in standard.requirements_for(return_.categories)
        ],
        **_carried_part(response),
        "statement": response.statement if response else "",
        "self_rating": {
            "label": response.self_label if response else None,
            "rag": response.self_rag.value if response and response.self_rag else None,
            "na_reason": response.na_reason if response else "",
        },
        "proposed_actions": [
            {
                "what": action.what,
                "owner": action.owner,
                "due_on": action.due_on.isoformat() if action.due_on else None,
            }
            for action in (response.proposed_actions if response else [])
        ],
        "evidence": [
            _evidence_part(item)
            for item in evidence
            if response and any(use.response_id == response.id for use in item.uses)
        ],
    }


def _carried_part(response: Response | None) -> dict[str, Any]:
    """Return, for a standard of a later stage, how it was asked, on which rating, and what the
    agency says of it; nothing for any other (domain rule 20)."""
    if response is None or response.asked_on is None:
        return {}
    rating = response.asked_on
    confirmed_at = response.still_true_at
    return {
        "asked": response.ask.value,
        "rating_before": {
            "label": rating.label,
            "rag": rating.rag.value,
            "published_at": rating.publication.effective_at.isoformat()
            if rating.publication
            else None,
        },
        "progress": response.progress,
        "still_true": {
            "name": response.still_true_by,
            "on": london_today(confirmed_at).isoformat(),
        }
        if confirmed_at
        else None,
    }


def _evidence_part(item: Evidence) -> dict[str, Any]:
    return {
        "id": item.id,
        "kind": item.kind.value,
        "description": item.description,
        "file": item.filename,
        "sha256": item.blob_sha256,
        "size": item.blob.size if item.blob else None,
        "link": item.url,
        "made_on": item.made_on.isoformat() if item.made_on else None,
        "review_on": item.review_on.isoformat() if item.review_on else None,
        **({"held": held} if (held := note_on(item.blob)) else {}),
    }
