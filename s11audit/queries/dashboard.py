"""What a board's dashboard counts, in a fixed number of queries whatever the number of agencies."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload

from s11audit.domain.enums import (
    UNCOUNTED_STANDINGS,
    ActionState,
    Basis,
    Participation,
    ReturnState,
    Standing,
)
from s11audit.models import (
    Action,
    Allotment,
    Cycle,
    Grant,
    Improvement,
    Invitation,
    Membership,
    PlanDecision,
    PlanSubmission,
    Return,
    Stage,
)
from s11audit.queries.agencies import is_current
from s11audit.queries.plan_lists import waits_for_rating
from s11audit.queries.returns import is_late, still_out, was_sent_back
from s11audit.scoring.as_at import is_open

SOON = timedelta(days=7)


@dataclass
class StageFigures:
    """How a stage stands. `states` counts the returns that are asked for."""

    stage: Stage
    open: bool
    states: dict[ReturnState, int] = field(default_factory=dict)
    asked: int = 0
    late: int = 0
    due_soon: int = 0
    sent_back: int = 0
    declined: int = 0
    uncounted: int = 0
    out: int = 0
    unrated: int = 0
    """Submitted by advisory agencies, which nobody rates."""
    unallotted: int = 0
    """With QA, and nobody reviews them."""

    @property
    def to_review(self) -> int:
        """Submitted returns whose review has to be started; none where agencies confirm their own
        results."""
        if self.stage.cycle.basis is Basis.CONFIRMED:
            return 0
        return self.count(ReturnState.SUBMITTED) - self.unrated

    @property
    def with_qa(self) -> int:
        """Returns that wait for a review or are in review."""
        if self.stage.cycle.basis is Basis.CONFIRMED:
            return 0
        return self.to_review + self.count(ReturnState.IN_REVIEW)

    @property
    def results_to_return(self) -> int:
        """Submitted returns whose result the office has not returned to the agency."""
        confirmed = self.stage.cycle.basis is Basis.CONFIRMED
        return self.count(ReturnState.SUBMITTED) if confirmed else 0

    @property
    def unconfirmed(self) -> int:
        """Returns that are in and whose result the agency has not confirmed."""
        if self.stage.cycle.basis is not Basis.CONFIRMED:
            return 0
        return self.count(ReturnState.SUBMITTED) + self.count(ReturnState.IN_REVIEW)

    def count(self, state: ReturnState) -> int:
        """Return how many asked returns are in that state."""
        return self.states.get(state, 0)


def stage_figures(
    session: Session, board_id: int, now: datetime, today: date
) -> list[StageFigures]:
    """Return the stages of a board's own cycles (not of recorded history), the newest cycle
    first, in two queries."""
    stages = session.scalars(
        select(Stage)
        .join(Stage.cycle)
        .options(joinedload(Stage.cycle))
        .where(Cycle.board_id == board_id, Cycle.recorded.is_(False))
        .order_by(Cycle.opened_at.desc(), Cycle.id.desc(), Stage.number)
    )
    found = {
        stage.id: StageFigures(
            stage, is_open(stage.opens_on, stage.opened_at, stage.closed_at, now)
        )
        for stage in stages
    }
    for row in _counted(session, board_id, today):
        _add(found[row.stage_id], row)
    return list(found.values())


def _counted(session: Session, board_id: int, today: date) -> Any:
    soon = and_(still_out(), Return.due_on >= today, Return.due_on <= today + SOON)
    back = case((and_(was_sent_back(), Return.standing == Standing.ASKED), 1), else_=0).label(
        "back"
    )
    advisory = and_(
        Return.state == ReturnState.SUBMITTED, Return.participation == Participation.ADVISORY
    )
    unallotted = and_(
        Cycle.basis == Basis.AGREED,
        Return.participation == Participation.FULL,
        Return.state.in_([ReturnState.SUBMITTED, ReturnState.IN_REVIEW]),
        ~exists().where(Allotment.return_id == Return.id, Allotment.ended_at.is_(None)),
    )
    flagged = (
        select(
            Return.stage_id,
            Return.state,
            Return.standing,
            case((is_late(today), 1), else_=0).label("late"),
            case((soon, 1), else_=0).label("soon"),
            case((still_out(), 1), else_=0).label("out"),
            case((advisory, 1), else_=0).label("advisory"),
            case((unallotted, 1), else_=0).label("unallotted"),
            back,
        )
        .join(Return.stage)
        .join(Stage.cycle)
        .where(Cycle.board_id == board_id, Cycle.recorded.is_(False))
        .subquery()
    )
    return session.execute(
        select(
            flagged.c.stage_id,
            flagged.c.state,
            flagged.c.standing,
            func.count().label("number"),
            func.sum(flagged.c.late).label("late"),
            func.sum(flagged.c.soon).label("soon"),
            func.sum(flagged.c.out).label("out"),
            func.sum(flagged.c.back).label("back"),
            func.sum(flagged.c.advisory).label("advisory"),
            func.sum(flagged.c.unallotted).label("unallotted"),
        ).group_by(flagged.c.stage_id, flagged.c.state, flagged.c.standing)
    )


def _add(figures: StageFigures, row: Any) -> None:
    if row.standing in UNCOUNTED_STANDINGS:
        figures.uncounted += row.number
        return
    figures.asked += row.number
    if row.standing is Standing.DECLINED:
        figures.declined += row.number
        return
    figures.states[row.state] = figures.states.get(row.state, 0) + row.number
    figures.late += row.late
    figures.due_soon += row.soon
    figures.sent_back += row.back
    figures.out += row.out
    figures.unrated += row.advisory
    figures.unallotted += row.unallotted


def pending_invitations(session: Session, board_id: int, now: datetime) -> int:
    """Return how many invitations to a board and its agencies wait to be accepted."""
    return (
        session.scalar(
            select(func.count(Invitation.id))
            .outerjoin(Membership, Membership.id == Invitation.membership_id)
            .where(
                or_(Invitation.board_id == board_id, Membership.board_id == board_id),
                Invitation.accepted_at.is_(None),
                Invitation.revoked_at.is_(None),
                Invitation.expires_at > now,
            )
        )
        or 0
    )


def agencies_without_people(session: Session, board_id: int, today: date) -> int:
    """Return how many agencies have a return in an open stage that is still out, and nobody who
    holds a role there."""
    somebody = exists().where(
        Grant.membership_id == Membership.id,
        Grant.ended_at.is_(None),
        or_(Grant.until.is_(None), Grant.until >= today),
    )
    return (
        session.scalar(
            select(func.count(func.distinct(Membership.id)))
            .join(Return, Return.membership_id == Membership.id)
            .join(Return.stage)
            .where(
                Membership.board_id == board_id,
                still_out(),
                or_(Stage.opens_on <= today, Stage.opened_at.is_not(None)),
                ~somebody,
            )
        )
        or 0
    )


@dataclass(frozen=True)
class AgencyCount:
    """How many agencies take part now, in full and advisory."""

    full: int
    advisory: int


def agency_count(session: Session, board_id: int, today: date) -> AgencyCount:
    """Return how many current members a board has."""
    rows = session.execute(
        select(Membership.participation, func.count())
        .where(Membership.board_id == board_id, is_current(today))
        .group_by(Membership.participation)
    )
    counts: dict[Participation, int] = dict(rows.all())
    return AgencyCount(counts.get(Participation.FULL, 0), counts.get(Participation.ADVISORY, 0))


@dataclass(frozen=True)
class PlanFigures:
    """What of the action plans waits for QA."""

    to_decide: int
    to_verify: int
    to_rate: int
    """Standards whose actions are all verified and that wait for a new rating."""


def plan_figures(session: Session, board_id: int, basis: Basis) -> PlanFigures:
    """Return how many returned plans are undecided, how many actions are reported complete, and
    how many standards wait for a new rating, on the board's cycles of that basis: those of agreed
    ones wait for QA, those of confirmed ones for the office."""
    here = (
        select(Return.id)
        .join(Return.stage)
        .join(Stage.cycle)
        .where(Cycle.board_id == board_id, Cycle.basis == basis)
    )
    to_decide = (
        select(func.count(PlanSubmission.id))
        .where(
            PlanSubmission.return_id.in_(here),
            ~exists().where(PlanDecision.plan_submission_id == PlanSubmission.id),
        )
        .scalar_subquery()
    )
    to_verify = (
        select(func.count(Action.id))
        .join(Action.improvement)
        .where(
            Improvement.return_id.in_(here),
            Action.state == ActionState.REPORTED_COMPLETE,
            Action.removed_at.is_(None),
        )
        .scalar_subquery()
    )
    to_rate = (
        select(func.count(Improvement.id))
        .where(Improvement.return_id.in_(here), waits_for_rating())
        .scalar_subquery()
    )
    row = session.execute(select(to_decide, to_verify, to_rate)).one()
    return PlanFigures(row[0] or 0, row[1] or 0, row[2] or 0)
