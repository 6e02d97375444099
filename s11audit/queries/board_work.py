"""What waits for a board's QA sub-group and office: counts, for many boards at once."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from s11audit.domain.dates import london_today
from s11audit.domain.enums import ActionState, Basis, ReturnKind, ReturnState, Standing
from s11audit.models import (
    Action,
    Allotment,
    Cycle,
    Improvement,
    Membership,
    PlanDecision,
    PlanSubmission,
    Return,
    Stage,
    Submission,
)
from s11audit.queries.returns import is_late

Counts = tuple[tuple[str, int], ...]


@dataclass
class PlanWork:
    """Actions reported complete and plans not decided on, by board and agency."""

    actions: dict[tuple[int, int], int] = field(default_factory=dict)
    plans: dict[tuple[int, int], int] = field(default_factory=dict)

    def counts(self, board_id: int, own: Collection[int | None]) -> Counts:
        """Return what waits there for somebody who holds a role at the agencies `own`, which they
        do not judge; what is nought is left out."""
        found = [
            (words, sum(n for (board, agency), n in by.items()
                        if board == board_id and agency not in own))
            for words, by in (("verify", self.actions), ("decide", self.plans))
        ]  # fmt: skip
        return tuple(each for each in found if each[1])


def plan_work(session: Session, board_ids: Collection[int], basis: Basis) -> PlanWork:
    """Return what of the plans on cycles of that basis waits to be judged, by these boards' QA or,
    where agencies confirm their results, their offices; in two queries."""
    found = PlanWork()
    for board_id, agency_id, number in session.execute(
        select(Membership.board_id, Membership.agency_id, func.count())
        .join(Improvement, Improvement.membership_id == Membership.id)
        .join(Action, Action.improvement_id == Improvement.id)
        .join(Return, Return.id == Improvement.return_id)
        .join(Stage, Stage.id == Return.stage_id)
        .join(Cycle, Cycle.id == Stage.cycle_id)
        .where(
            Cycle.basis == basis,
            Membership.board_id.in_(board_ids),
            Action.state == ActionState.REPORTED_COMPLETE,
            Improvement.superseded_by_id.is_(None),
            Action.removed_at.is_(None),
        )
        .group_by(Membership.board_id, Membership.agency_id)
    ):
        found.actions[board_id, agency_id] = number
    for board_id, agency_id, number in session.execute(
        select(Membership.board_id, Membership.agency_id, func.count())
        .join(Return, Return.membership_id == Membership.id)
        .join(Stage, Stage.id == Return.stage_id)
        .join(Cycle, Cycle.id == Stage.cycle_id)
        .join(PlanSubmission, PlanSubmission.return_id == Return.id)
        .outerjoin(PlanDecision, PlanDecision.plan_submission_id == PlanSubmission.id)
        .where(
            Cycle.basis == basis,
            Membership.board_id.in_(board_ids),
            PlanDecision.id.is_(None),
        )
        .group_by(Membership.board_id, Membership.agency_id)
    ):
        found.plans[board_id, agency_id] = number
    return found


def allotted(session: Session, user_ids: Collection[int]) -> list[tuple[int, int, int, date]]:
    """Return, by person and board, how many returns they are allotted and have not finished, and
    the day since which the oldest waits, as (user, board, number, since)."""
    latest = (
        select(func.max(Submission.id)).where(Submission.return_id == Return.id)
    ).scalar_subquery()
    rows = session.execute(
        select(
            Allotment.reviewer_id,
            Membership.board_id,
            func.count(),
            func.min(Allotment.allotted_at),
        )
        .join(Return, Return.id == Allotment.return_id)
        .join(Membership, Membership.id == Return.membership_id)
        .where(
            Allotment.reviewer_id.in_(user_ids),
            Allotment.ended_at.is_(None),
            or_(
                Allotment.finished_submission_id.is_(None),
                Allotment.finished_submission_id != latest,
            ),
            Return.state.in_([ReturnState.SUBMITTED, ReturnState.IN_REVIEW]),
            Return.standing == Standing.ASKED,
        )
        .group_by(Allotment.reviewer_id, Membership.board_id)
        .order_by(Allotment.reviewer_id, Membership.board_id)
    )
    return [(user, board, number, london_today(at)) for user, board, number, at in rows]


def office_work(session: Session, board_ids: Collection[int], today: date) -> dict[int, Counts]:
    """Return what waits for the office of each board; what is nought is left out."""
    submitted = and_(
        Return.state == ReturnState.SUBMITTED,
        Return.standing == Standing.ASKED,
        Return.kind != ReturnKind.RECORDED,
    )
    rows = session.execute(
        select(
            Membership.board_id,
            func.count(case((is_late(today), 1))),
            func.count(case((submitted, 1))),
        )
        .join(Return, Return.membership_id == Membership.id)
        .join(Stage, Stage.id == Return.stage_id)
        .where(Membership.board_id.in_(board_ids), or_(is_late(today), submitted))
        .group_by(Membership.board_id)
    )
    return {
        board: tuple(
            each for each in (("late", late), ("submitted", waiting))
            if each[1]
        )
        for board, late, waiting in rows
    }  # fmt: skip
