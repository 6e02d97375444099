"""Reads for allotting: who can review, which returns there are to review, and whose they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from s11audit.domain.enums import Participation, ReturnKind, ReturnState, Role, Standing
from s11audit.domain.policy import Actor, Held
from s11audit.models import (
    Allotment,
    Cycle,
    Grant,
    Membership,
    Opening,
    Return,
    Sharing,
    Stage,
    Submission,
    User,
)
from s11audit.queries.accounts import inherited_reach

REVIEWERS = (Role.QA, Role.CHAIR)
# A return whose ratings are published has had its reviewers.
BEFORE_PUBLICATION = (
    ReturnState.NOT_STARTED,
    ReturnState.IN_PROGRESS,
    ReturnState.SUBMITTED,
    ReturnState.IN_REVIEW,
)


@dataclass(frozen=True)
class Candidate:
    """Somebody who may review returns of the board, with all that they hold, by succession too."""

    user: User
    actor: Actor


def candidates(session: Session, board_id: int, today: date) -> list[Candidate]:
    """Return the live QA members and chairs of a board, by name, in two queries."""
    of_board = (
        select(Grant.user_id)
        .where(
            Grant.board_id == board_id,
            Grant.role.in_(REVIEWERS),
            Grant.ended_at.is_(None),
            or_(Grant.until.is_(None), Grant.until >= today),
        )
        .distinct()
    )
    held: dict[int, list[Held]] = {}
    users: dict[int, User] = {}
    for user, role, board, membership, agency in session.execute(
        select(
            User,
            Grant.role,
            func.coalesce(Grant.board_id, Membership.board_id),
            Grant.membership_id,
            Membership.agency_id,
        )
        .join(Grant, Grant.user_id == User.id)
        .outerjoin(Membership, Membership.id == Grant.membership_id)
        .where(
            User.id.in_(of_board),
            User.active.is_(True),
            Grant.ended_at.is_(None),
            or_(Grant.until.is_(None), Grant.until >= today),
        )
        .order_by(User.name, User.id, Grant.id)
    ):
        users[user.id] = user
        held.setdefault(user.id, []).append(Held(role, board, membership, agency))
    for number, reach in inherited_reach(session, list(users), today):
        held[number].append(reach)
    return [
        Candidate(user, Actor(user.id, user.name, user.email, tuple(held[user.id])))
        for user in users.values()
    ]


@dataclass(frozen=True)
class ReturnToAllot:
    """A return that is to be reviewed, who reviews it, and whether its ratings lie open (then its
    reviewers stay as they are)."""

    return_: Return
    reviewers: tuple[Allotment, ...]
    open: bool


def returns_to_allot(session: Session, stage_id: int) -> list[ReturnToAllot]:
    """Return a stage's returns that are or may yet be reviewed, by the agencies' names, in four
    queries."""
    found = list(
        session.scalars(
            select(Return)
            .join(Return.membership)
            .join(Return.stage)
            .where(
                Return.stage_id == stage_id,
                Return.kind != ReturnKind.RECORDED,
                Return.standing == Standing.ASKED,
                Return.participation == Participation.FULL,
                Return.state.in_(BEFORE_PUBLICATION),
            )
            .order_by(Membership.name_key, Return.id)
            .options(
                contains_eager(Return.membership),
                contains_eager(Return.stage).joinedload(Stage.cycle).joinedload(Cycle.board),
            )
        )
    )
    reviewers: dict[int, list[Allotment]] = {}
    for allotment in session.scalars(
        select(Allotment)
        .join(Return, Return.id == Allotment.return_id)
        .where(Return.stage_id == stage_id, Allotment.ended_at.is_(None))
        .order_by(Allotment.id)
        .options(joinedload(Allotment.reviewer))
    ):
        reviewers.setdefault(allotment.return_id, []).append(allotment)
    opened = _opened(session, stage_id)
    latest = _latest_submissions(session, stage_id)
    return [
        ReturnToAllot(
            each,
            tuple(reviewers.get(each.id, ())),
            each.state is ReturnState.IN_REVIEW
            and (
                each.id in opened or _all_finished(reviewers.get(each.id, ()), latest.get(each.id))
            ),
        )
        for each in found
    ]


def _all_finished(reviewers: Sequence[Allotment], submission_id: int | None) -> bool:
    return bool(reviewers) and all(
        each.finished_submission_id is not None and each.finished_submission_id == submission_id
        for each in reviewers
    )


def _latest_submissions(session: Session, stage_id: int) -> dict[int, int]:
    rows = session.execute(
        select(Submission.return_id, Submission.id)
        .join(Return, Return.id == Submission.return_id)
        .where(Return.stage_id == stage_id)
        .order_by(Submission.number)
    )
    return {row.return_id: row.id for row in rows}


def _opened(session: Session, stage_id: int) -> set[int]:
    """Return the returns of a stage whose moderation was opened early on their latest submission,
    or whose agreed ratings are with the agency."""
    early = (
        select(Opening.return_id)
        .join(Return, Return.id == Opening.return_id)
        .where(
            Return.stage_id == stage_id,
            ~select(Submission.id)
            .where(Submission.return_id == Opening.return_id, Submission.id > Opening.submission_id)
            .exists(),
        )
    )
    shared = (
        select(Sharing.return_id)
        .join(Return, Return.id == Sharing.return_id)
        .where(Return.stage_id == stage_id, Sharing.publication_id.is_(None))
    )
    return set(session.scalars(early.union(shared)))
