"""The lists of action plans: a board's and an agency's, in a fixed number of queries."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Subquery, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from s11audit.domain.dates import london_today
from s11audit.domain.enums import ActionState
from s11audit.models import (
    Action,
    Cycle,
    Improvement,
    Membership,
    PlanDecision,
    PlanSubmission,
    Rating,
    Return,
    Stage,
    name_key,
)
from s11audit.queries.paging import Page
from s11audit.scoring.actions import PlanState, plan_state

PAGE_LENGTH = 50
# What is carried on in a later stage is counted there.
IN_PLANS = tuple(state for state in ActionState if state is not ActionState.CARRIED_ON)


class Show(StrEnum):
    """What the list of plans can be narrowed to."""

    ALL = "all"
    FOR_QA = "for_qa"
    OVERDUE = "overdue"
    TO_RETURN = "to_return"
    WITH_QA = "with_qa"
    ASKED_AGAIN = "asked_again"
    ACCEPTED = "accepted"


SHOW_WORDS: dict[Show, str] = {
    Show.ALL: "All plans",
    Show.FOR_QA: "Something for QA to do",
    Show.OVERDUE: "With overdue actions",
    Show.TO_RETURN: "Plan to be returned",
    Show.WITH_QA: "Plan with QA",
    Show.ASKED_AGAIN: "Plan asked for again",
    Show.ACCEPTED: "Plan accepted",
}


@dataclass(frozen=True)
class PlanRow:
    """One return's plan in a list. `actions` counts those in the plan by state."""

    return_id: int
    agency: str
    cycle: str
    stage: int
    improvements: int
    actions: dict[ActionState, int]
    overdue: int
    state: PlanState
    returned_at: datetime | None
    to_rate: int = 0
    """Standards whose actions are all verified and that QA has not rated again since."""

    @property
    def for_qa(self) -> bool:
        """Whether QA has something to decide, to verify or to rate again."""
        return (
            self.state is PlanState.WITH_QA
            or self.actions[ActionState.REPORTED_COMPLETE] > 0
            or self.to_rate > 0
        )

    @property
    def is_done(self) -> bool:
        """Whether QA has accepted the plan and verified every action of it."""
        left = sum(self.actions.values()) - self.actions[ActionState.VERIFIED]
        return self.state is PlanState.ACCEPTED and not left

    def fits(self, show: Show) -> bool:
        """Return whether the row belongs to what is shown."""
        if show is Show.ALL:
            return True
        if show is Show.FOR_QA:
            return self.for_qa
        if show is Show.OVERDUE:
            return self.overdue > 0
        return self.state.value == show.value


def plans_of_board(
    session: Session,
    board_id: int,
    now: datetime,
    *,
    show: Show = Show.ALL,
    search: str = "",
    page: int = 1,
) -> Page[PlanRow]:
    """Return a page of the plans of a board's agencies, by agency, in one query."""
    key = name_key(search)
    rows = [
        row
        for row in _rows(session, Cycle.board_id == board_id, now)
        if row.fits(show) and key in name_key(row.agency)
    ]
    pages = max(1, -(-len(rows) // PAGE_LENGTH))
    number = min(max(page, 1), pages)
    first = (number - 1) * PAGE_LENGTH
    return Page(rows[first : first + PAGE_LENGTH], number, pages, len(rows))


def plans_of_agency(session: Session, membership_id: int, now: datetime) -> list[PlanRow]:
    """Return the plans of an agency over its returns, and those in which improvements passed to
    it, the latest cycle first, in one query."""
    passed = exists().where(
        Improvement.return_id == Return.id, Improvement.membership_id == membership_id
    )
    rows = _rows(session, or_(Return.membership_id == membership_id, passed), now)
    return sorted(rows, key=lambda row: row.return_id, reverse=True)


def _rows(session: Session, place: ColumnElement[bool], now: datetime) -> list[PlanRow]:
    opened = _improvements()
    done = _actions(now)
    returned = _returned()
    return [
        PlanRow(
            return_id=row.id,
            agency=row.name,
            cycle=row.cycle,
            stage=row.number,
            improvements=row.improvements,
            actions={state: getattr(row, state.value) or 0 for state in IN_PLANS},
            overdue=row.overdue or 0,
            state=plan_state([row.opened_at], row.returned_at, row.accepted),
            returned_at=row.returned_at,
            to_rate=row.to_rate or 0,
        )
        for row in session.execute(
            select(
                Return.id,
                Membership.name,
                Cycle.name.label("cycle"),
                Stage.number,
                opened.c.improvements,
                opened.c.opened_at,
                opened.c.to_rate,
                *_counts(done),
                returned.c.effective_at.label("returned_at"),
                returned.c.accepted,
            )
            .join(opened, opened.c.return_id == Return.id)
            .join(Return.membership)
            .join(Return.stage)
            .join(Stage.cycle)
            .outerjoin(done, done.c.return_id == Return.id)
            .outerjoin(returned, returned.c.return_id == Return.id)
            .where(place)
            .order_by(Membership.name_key, Cycle.opened_at.desc(), Stage.number.desc(), Return.id)
        )
    ]


def _counts(done: Subquery) -> Collection[ColumnElement[int]]:
    return [*(done.c[state.value] for state in IN_PLANS), done.c.overdue]


def waits_for_rating() -> ColumnElement[bool]:
    """The condition on an improvement that all its actions are verified, at least one, and that
    its standard was not rated since (domain rule 12)."""
    live = [Action.improvement_id == Improvement.id, Action.removed_at.is_(None)]
    return and_(
        Improvement.superseded_by_id.is_(None),
        exists().where(*live),
        ~exists().where(*live, Action.state != ActionState.VERIFIED),
        ~exists().where(
            Rating.return_id == Improvement.return_id,
            Rating.standard == Improvement.standard,
            Rating.id > Improvement.rating_id,
        ),
        ~rated_in_other_stage(),
    )


def rated_in_other_stage() -> ColumnElement[bool]:
    """The condition on an improvement that its standard has a later published rating in another
    stage of its cycle (domain rule 26)."""
    own, other = aliased(Return), aliased(Return)
    stage, others = aliased(Stage), aliased(Stage)
    return exists().where(
        Rating.publication_id.is_not(None),
        Rating.standard == Improvement.standard,
        Rating.id > Improvement.rating_id,
        Rating.return_id == other.id,
        other.membership_id == Improvement.membership_id,
        other.stage_id == others.id,
        own.id == Improvement.return_id,
        own.stage_id == stage.id,
        stage.cycle_id == others.cycle_id,
        other.id != own.id,
    )


def to_rate_again(session: Session, return_id: int) -> set[int]:
    """Return the ids of a return's improvements whose standards wait for a new rating."""
    found = session.scalars(
        select(Improvement.id).where(Improvement.return_id == return_id, waits_for_rating())
    )
    return set(found)


def _improvements() -> Subquery:
    """How many improvements each return has, and when the last one was opened."""
    return (
        select(
            Improvement.return_id,
            func.count().label("improvements"),
            func.max(Improvement.opened_at).label("opened_at"),
            func.count(case((waits_for_rating(), 1))).label("to_rate"),
        )
        .where(Improvement.superseded_by_id.is_(None))
        .group_by(Improvement.return_id)
        .subquery()
    )


def _actions(now: datetime) -> Subquery:
    """How many actions each return's plan has in each state, and how many are overdue."""
    late = and_(
        Action.state.in_([ActionState.OPEN, ActionState.UNDERWAY]),
        Action.due_on < london_today(now),
    )
    return (
        select(
            Improvement.return_id,
            *(
                func.count(case((Action.state == state, 1))).label(state.value)
                for state in IN_PLANS
            ),
            func.count(case((late, 1))).label("overdue"),
        )
        .join(Improvement.actions)
        .where(Action.removed_at.is_(None), Improvement.superseded_by_id.is_(None))
        .group_by(Improvement.return_id)
        .subquery()
    )


def _returned() -> Subquery:
    """When each plan was last returned, and what QA decided on that."""
    newest = (
        select(PlanSubmission.return_id, func.max(PlanSubmission.number).label("number"))
        .group_by(PlanSubmission.return_id)
        .subquery()
    )
    return (
        select(PlanSubmission.return_id, PlanSubmission.effective_at, PlanDecision.accepted)
        .join(
            newest,
            and_(
                newest.c.return_id == PlanSubmission.return_id,
                newest.c.number == PlanSubmission.number,
            ),
        )
        .outerjoin(PlanDecision, PlanDecision.plan_submission_id == PlanSubmission.id)
        .subquery()
    )
