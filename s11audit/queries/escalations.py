"""Reads of escalations: a return's steps, and a board's list. Callers check what the actor may
see."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from s11audit.domain.enums import EscalationKind, ReturnState, Standing
from s11audit.domain.errors import NotFound
from s11audit.models import (
    Cycle,
    EscalationStep,
    Membership,
    Return,
    SendBack,
    Stage,
    Submission,
)
from s11audit.queries.paging import Page, page_of
from s11audit.queries.returns import is_late
from s11audit.queries.reviews import current_submission
from s11audit.scoring.escalation import stopped_because

PAGE_LENGTH = 50
ORDER = list(EscalationKind)


@dataclass(frozen=True)
class Escalation:
    """A return's escalation: its steps in their order, and why it is stopped, if it is."""

    steps: Sequence[EscalationStep]
    stopped: str

    @property
    def next(self) -> EscalationStep | None:
        """The first step that is not done, None where all are or the escalation is stopped."""
        if self.stopped:
            return None
        return next((step for step in self.steps if step.done_at is None), None)

    @property
    def last_done(self) -> EscalationStep | None:
        """The last step that was done."""
        return next((step for step in reversed(self.steps) if step.done_at), None)

    def overdue(self, today: date) -> bool:
        """Whether the next step should have been taken already."""
        return self.next is not None and self.next.due_on < today


def escalation_of(session: Session, return_: Return) -> Escalation:
    """Return the escalation of a return; it has no steps where none was begun. Two queries."""
    steps = session.scalars(
        select(EscalationStep)
        .where(EscalationStep.return_id == return_.id)
        .options(joinedload(EscalationStep.done_by))
        .execution_options(populate_existing=True)
    )
    is_in = current_submission(session, return_.id) is not None
    return Escalation(_ordered(steps), stopped_because(return_.state, return_.standing, is_in))


def step_in(session: Session, return_id: int, step_id: int) -> EscalationStep:
    """Return a step of a return's escalation. Raises NotFound."""
    found = session.scalar(
        select(EscalationStep)
        .where(EscalationStep.id == step_id, EscalationStep.return_id == return_id)
        .options(joinedload(EscalationStep.done_by))
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("There is no such step.")
    return found


@dataclass(frozen=True)
class EscalationRow:
    """A return in the board's list."""

    return_: Return
    escalation: Escalation


def escalations_of_board(
    session: Session, board_id: int, *, stopped: bool = False, page: int = 1
) -> Page[EscalationRow]:
    """Return a page of the board's escalations that still run, or of those that are stopped, the
    one whose next step is due first at the top; in three queries."""
    next_due = (
        select(func.min(EscalationStep.due_on))
        .where(EscalationStep.return_id == Return.id, EscalationStep.done_at.is_(None))
        .correlate(Return)
        .scalar_subquery()
    )
    is_in, ended = _is_in(), _ended()
    statement = (
        select(Return, is_in.label("is_in"))
        .join(Return.membership)
        .join(Return.stage)
        .join(Stage.cycle)
        .options(
            contains_eager(Return.membership),
            contains_eager(Return.stage).contains_eager(Stage.cycle),
        )
        .where(
            Cycle.board_id == board_id,
            exists().where(EscalationStep.return_id == Return.id).correlate(Return),
            ended if stopped else not_(ended),
        )
        .order_by(next_due.is_(None), next_due, Membership.name_key, Return.id)
    )
    found = page_of(session, statement, page=page, length=PAGE_LENGTH, rows=True)
    steps: dict[int, list[EscalationStep]] = {row[0].id: [] for row in found.items}
    for step in session.scalars(
        select(EscalationStep)
        .where(EscalationStep.return_id.in_(steps))
        .options(joinedload(EscalationStep.done_by))
    ):
        steps[step.return_id].append(step)
    rows = [
        EscalationRow(
            each,
            Escalation(
                _ordered(steps[each.id]),
                stopped_because(each.state, each.standing, bool(came_in)),
            ),
        )
        for each, came_in in found.items
    ]
    return Page(rows, found.number, found.pages, found.total)


def steps_due(session: Session, board_id: int, today: date) -> int:
    """Return in how many of the board's running escalations the next step is due or overdue."""
    due = EscalationStep.done_at.is_(None) & (EscalationStep.due_on <= today)
    # Steps are taken in their order, and their days follow it.
    waiting = exists().where(EscalationStep.return_id == Return.id, due).correlate(Return)
    return (
        session.scalar(
            select(func.count(Return.id))
            .join(Return.stage)
            .join(Stage.cycle)
            .where(Cycle.board_id == board_id, waiting, not_(_ended()))
        )
        or 0
    )


def _is_in() -> ColumnElement[bool]:
    """Whether a submission of the return is in: one that was sent back is not."""
    return (
        exists()
        .where(
            Submission.return_id == Return.id,
            ~exists().where(SendBack.submission_id == Submission.id).correlate(Submission),
        )
        .correlate(Return)
    )


def _ended() -> ColumnElement[bool]:
    """Whether an escalation of the return is stopped, as `stopped_because` has it."""
    return or_(
        _is_in(),
        Return.state.in_([ReturnState.SUBMITTED, ReturnState.IN_REVIEW, ReturnState.RATED]),
        Return.standing.not_in([Standing.ASKED, Standing.DECLINED]),
    )


def late_without(session: Session, board_id: int, today: date) -> int:
    """Return how many late returns of the board have no escalation."""
    return (
        session.scalar(
            select(func.count(Return.id))
            .join(Return.stage)
            .join(Stage.cycle)
            .where(
                and_(Cycle.board_id == board_id, is_late(today)),
                ~exists().where(EscalationStep.return_id == Return.id),
            )
        )
        or 0
    )


def _ordered(steps: Iterable[EscalationStep]) -> list[EscalationStep]:
    return sorted(steps, key=lambda step: ORDER.index(step.kind))
