"""Reads of submissions and of what became of them."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, joinedload, undefer

from s11audit.domain.errors import NotFound
from s11audit.models import Cycle, Return, SendBack, Stage, Submission


@dataclass(frozen=True)
class Sent:
    """One submission of a return, and its sending back where it was."""

    submission: Submission
    sent_back: SendBack | None


def submissions_of_returns(session: Session, return_ids: list[int]) -> dict[int, list[Sent]]:
    """Return the submissions of several returns, oldest first, without their snapshots."""
    found: dict[int, list[Sent]] = {return_id: [] for return_id in return_ids}
    if return_ids:
        for submission, sent_back in session.execute(
            select(Submission, SendBack)
            .outerjoin(SendBack, SendBack.submission_id == Submission.id)
            .where(Submission.return_id.in_(return_ids))
            .order_by(Submission.return_id, Submission.number)
        ):
            found[submission.return_id].append(Sent(submission, sent_back))
    return found


def submissions_of(session: Session, return_id: int) -> list[Sent]:
    """Return a return's submissions, oldest first, without their snapshots."""
    return submissions_of_returns(session, [return_id])[return_id]


def submission_by_number(session: Session, return_id: int, number: int) -> Submission:
    """Return a return's submission of that number with its snapshot; NotFound where none is."""
    found = session.scalar(
        select(Submission)
        .where(Submission.return_id == return_id, Submission.number == number)
        .options(undefer(Submission.snapshot))
    )
    if found is None:
        raise NotFound("There is no such submission.")
    return found


def returns_of_membership(session: Session, membership_id: int, today: date) -> list[Return]:
    """Return an agency's returns with stage, cycle and tool version, newest due date first.

    A stage that opens later than `today` is left out unless it was opened by hand.
    """
    rows = session.scalars(
        select(Return)
        .join(Return.stage)
        .join(Stage.cycle)
        .join(Cycle.tool_version)
        .options(
            contains_eager(Return.stage)
            .contains_eager(Stage.cycle)
            .options(contains_eager(Cycle.tool_version), joinedload(Cycle.board)),
            joinedload(Return.membership),
        )
        .where(Return.membership_id == membership_id)
        .order_by(Return.due_on.desc(), Return.id.desc())
    )
    return [
        each for each in rows if each.stage.opened_at is not None or each.stage.opens_on <= today
    ]
