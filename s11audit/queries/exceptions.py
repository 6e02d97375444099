"""Reads for the quarterly exception report, each one query, cut off at a moment `by` (domain rule
5): what took effect later does not exist. The caller has checked the actor."""

from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from s11audit.domain.enums import ActionEventKind, Basis, Rag, ReturnKind, Standing
from s11audit.models import (
    Action,
    ActionEvent,
    Confirmation,
    Cycle,
    Extension,
    Improvement,
    Membership,
    Publication,
    Rating,
    Return,
    SendBack,
    Stage,
    StandingChange,
    Submission,
)


class ReturnAt(NamedTuple):
    """How a return stood: its due date then, its latest submission, and whether that had been sent
    back."""

    agency: str
    cycle: str
    stage: int
    due_on: date
    standing: Standing
    submitted_at: datetime | None
    was_late: bool
    sent_back: bool

    @property
    def returned(self) -> bool:
        return self.submitted_at is not None and not self.sent_back


def returns_at(session: Session, board_id: int, since: datetime, by: datetime) -> list[ReturnAt]:
    """Return the returns of the board's stages that were open at some time from `since` to `by`,
    by agency; recorded history aside."""
    latest = (
        select(Submission.return_id, func.max(Submission.id).label("id"))
        .where(Submission.effective_at <= by)
        .group_by(Submission.return_id)
        .subquery()
    )
    later_due = (
        select(Extension.was_due_on)
        .where(Extension.return_id == Return.id, Extension.given_at > by)
        .order_by(Extension.given_at, Extension.id)
        .limit(1)
        .correlate(Return)
        .scalar_subquery()
    )
    standing = (
        select(StandingChange.standing)
        .where(StandingChange.return_id == Return.id, StandingChange.effective_at <= by)
        .order_by(StandingChange.effective_at.desc(), StandingChange.id.desc())
        .limit(1)
        .correlate(Return)
        .scalar_subquery()
    )
    rows: Any = session.execute(
        select(
            Membership.name,
            Cycle.name,
            Stage.number,
            func.coalesce(later_due, Return.due_on),
            standing,
            Submission.effective_at,
            Submission.late,
            SendBack.id,
        )
        .select_from(Return)
        .join(Membership, Membership.id == Return.membership_id)
        .join(Stage, Stage.id == Return.stage_id)
        .join(Cycle, Cycle.id == Stage.cycle_id)
        .outerjoin(latest, latest.c.return_id == Return.id)
        .outerjoin(Submission, Submission.id == latest.c.id)
        .outerjoin(
            SendBack,
            and_(SendBack.submission_id == Submission.id, SendBack.effective_at <= by),
        )
        .where(_stage_in_question(board_id, since, by), Return.kind != ReturnKind.RECORDED)
        .order_by(Membership.name_key, Cycle.opened_at, Stage.number, Return.id)
    )
    return [
        ReturnAt(
            name, cycle, stage, due, stood or Standing.ASKED, at, bool(late), sent_back is not None
        )
        for name, cycle, stage, due, stood, at, late, sent_back in rows
    ]


class RatedAt(NamedTuple):
    """The rating of a standard that counts in a cycle: the latest that was published or, where
    agencies confirm their result, confirmed."""

    agency: str
    cycle: str
    standard: int
    rag: Rag
    disputed: bool
    since: datetime
    tool_version_id: int


def ratings_at(session: Session, board_id: int, since: datetime, by: datetime) -> list[RatedAt]:
    """Return the rating that counts of each agency's standards in the cycles that had a stage open
    at some time from `since` to `by`, by agency."""
    cycles = (
        select(Stage.cycle_id)
        .join(Cycle, Cycle.id == Stage.cycle_id)
        .where(_stage_in_question(board_id, since, by))
    )
    at = func.coalesce(Publication.effective_at, Confirmation.effective_at)
    rows: Any = session.execute(
        select(
            Return.membership_id,
            Stage.cycle_id,
            Membership.name,
            Cycle.name,
            Rating.standard,
            Rating.rag,
            Rating.disputed,
            at,
            Cycle.tool_version_id,
        )
        .select_from(Rating)
        .outerjoin(Publication, Publication.id == Rating.publication_id)
        .outerjoin(Confirmation, Confirmation.id == Rating.confirmation_id)
        .join(Return, Return.id == Rating.return_id)
        .join(Membership, Membership.id == Return.membership_id)
        .join(Stage, Stage.id == Return.stage_id)
        .join(Cycle, Cycle.id == Stage.cycle_id)
        .where(
            Stage.cycle_id.in_(cycles),
            or_(
                Publication.effective_at <= by,
                and_(Cycle.basis == Basis.CONFIRMED, Confirmation.effective_at <= by),
            ),
        )
        .order_by(Membership.name_key, Rating.standard, at, Rating.id)
    )
    found = {(row[0], row[1], row[4]): RatedAt(*row[2:]) for row in rows}
    return list(found.values())


class ActionAt(NamedTuple):
    """An action that was neither verified nor reported complete."""

    agency: str
    standard: int
    what: str
    owner: str
    due_on: date


def open_actions_at(session: Session, board_id: int, by: datetime) -> list[ActionAt]:
    """Return the actions of the board's agencies that were open or underway, by agency and date:
    of whichever cycle, since improvements outlive it."""
    reported = (
        select(ActionEvent.kind)
        .where(
            ActionEvent.action_id == Action.id,
            ActionEvent.effective_at <= by,
            ActionEvent.kind.in_((ActionEventKind.REPORTED_COMPLETE, ActionEventKind.ASKED_AGAIN)),
        )
        .order_by(ActionEvent.effective_at.desc(), ActionEvent.id.desc())
        .limit(1)
        .correlate(Action)
        .scalar_subquery()
    )
    rows: Any = session.execute(
        select(Membership.name, Improvement.standard, Action.what, Action.owner, Action.due_on)
        .select_from(Action)
        .join(Improvement, Improvement.id == Action.improvement_id)
        .join(Membership, Membership.id == Improvement.membership_id)
        .where(
            Membership.board_id == board_id,
            Action.added_at <= by,
            or_(Action.removed_at.is_(None), Action.removed_at > by),
            or_(Action.verified_at.is_(None), Action.verified_at > by),
            func.coalesce(reported, ActionEventKind.ASKED_AGAIN.value)
            != ActionEventKind.REPORTED_COMPLETE.value,
        )
        .order_by(Membership.name_key, Action.due_on, Action.id)
    )
    return [ActionAt(*row) for row in rows]


def _stage_in_question(board_id: int, since: datetime, by: datetime) -> Any:
    return and_(
        Cycle.board_id == board_id,
        Cycle.recorded.is_(False),
        or_(Stage.opened_at <= by, Stage.opens_on <= by.date()),
        or_(Stage.closed_at.is_(None), Stage.closed_at >= since),
    )
