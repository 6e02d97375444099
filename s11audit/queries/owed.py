"""What people owe at their agencies: returns, actions, replies and plans, for many people at once
in a fixed number of queries (domain rule 14)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from s11audit.domain.dates import london_today
from s11audit.domain.enums import (
    ActionEventKind,
    ActionState,
    ReminderKind,
    Role,
    Standing,
)
from s11audit.models import (
    Action,
    ActionEvent,
    Confirmation,
    Cycle,
    Extension,
    Improvement,
    Membership,
    PlanDecision,
    PlanSubmission,
    Reply,
    Response,
    Return,
    ReturnedResult,
    SendBack,
    SharedRating,
    Sharing,
    Stage,
    Submission,
)
from s11audit.queries.returns import still_out
from s11audit.scoring.actions import PlanState, plan_state
from s11audit.scoring.as_at import is_open

WEEKLY_FOR = timedelta(weeks=26)  # for which what has no date is asked for once a week


@dataclass(frozen=True)
class Owed:
    """Something that waits for a person.

    `due_on` is None for what has no date and is told of weekly; `since` is the day since which
    they owe it. `standards` are those of a return that were given to the person and are not
    complete. `counts` is
    how much there is of what (rate, verify, decide, late, submitted), for what is counted only.
    """

    user_id: int
    kind: ReminderKind
    board_id: int
    subject_id: int
    since: date
    due_on: date | None = None
    return_id: int | None = None
    agency: str = ""
    cycle: str = ""
    stage: int = 0
    standards: tuple[int, ...] = ()
    what: str = ""
    counts: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Place:
    """A live role of a person: since when, for which board, and at which agency, if any."""

    user_id: int
    role: Role
    since: date
    board_id: int
    membership_id: int | None
    agency_id: int | None


def owed_at_agencies(
    session: Session, at: Mapping[int, list[Place]], now: datetime
) -> Iterator[Owed]:
    """Yield what waits for the people of each agency; `at` gives, by membership, their places."""
    today = london_today(now)
    yield from _returns(session, at, now)
    yield from _actions(session, at)
    yield from _replies(session, at, today)
    yield from _results(session, at, today)
    yield from _plans(session, at, today)


def _for_each(people: Sequence[Place], owed: Owed) -> Iterator[Owed]:
    """Yield it once for each person who holds a role there, since they hold one."""
    since: dict[int, date] = {}
    for place in people:
        since[place.user_id] = min(place.since, since.get(place.user_id, place.since))
    for user_id, day in since.items():
        yield replace(owed, user_id=user_id, since=max(owed.since, day))


def _returns(session: Session, at: Mapping[int, list[Place]], now: datetime) -> Iterator[Owed]:
    extended = (
        select(func.max(Extension.given_at)).where(Extension.return_id == Return.id)
    ).scalar_subquery()
    sent_back = (
        select(func.max(SendBack.recorded_at))
        .join(Submission, Submission.id == SendBack.submission_id)
        .where(Submission.return_id == Return.id)
    ).scalar_subquery()
    rows = session.execute(
        select(
            Return, Membership, Stage, Cycle.name,
            extended.label("extended"), sent_back.label("sent_back"),
        )
        .join(Return.membership)
        .join(Return.stage)
        .join(Stage.cycle)
        .where(Return.membership_id.in_(at), still_out())
        .order_by(Return.id)
    ).all()  # fmt: skip
    given = _given(session, {return_.id for return_, *_ in rows})
    for return_, member, stage, cycle, extended_at, sent_back_at in rows:
        if not is_open(stage.opens_on, stage.opened_at, stage.closed_at, now):
            continue
        moments = [return_.made_at, stage.opened_at, extended_at, sent_back_at]
        days = [london_today(moment) for moment in moments if moment is not None]
        owed = Owed(
            0, ReminderKind.RETURN, member.board_id, return_.id,
            since=max(days if stage.opened_at else [*days, stage.opens_on]),
            due_on=return_.due_on, return_id=return_.id, agency=member.name, cycle=cycle,
            stage=stage.number,
        )  # fmt: skip
        leads = {place.user_id for place in at[member.id] if place.role is Role.LEAD}
        for each in _for_each(at[member.id], owed):
            standards = given.get((return_.id, each.user_id), {})
            unfinished = tuple(number for number, done in sorted(standards.items()) if not done)
            if each.user_id in leads or unfinished or not standards:
                yield replace(each, standards=unfinished)


def _given(session: Session, return_ids: Collection[int]) -> dict[tuple[int, int], dict[int, bool]]:
    """Which standards were given to whom, and whether each is complete."""
    found: dict[tuple[int, int], dict[int, bool]] = {}
    for return_id, user_id, standard, complete in session.execute(
        select(Response.return_id, Response.assigned_to_id, Response.standard, Response.complete)
        .where(Response.return_id.in_(return_ids), Response.assigned_to_id.is_not(None))
    ):  # fmt: skip
        if user_id is not None:
            found.setdefault((return_id, user_id), {})[standard] = complete
    return found


def _actions(session: Session, at: Mapping[int, list[Place]]) -> Iterator[Owed]:
    changed = (
        select(func.max(ActionEvent.recorded_at)).where(
            ActionEvent.action_id == Action.id,
            ActionEvent.kind.in_([ActionEventKind.CHANGED, ActionEventKind.ASKED_AGAIN]),
        )
    ).scalar_subquery()
    rows = session.execute(
        select(Action, Improvement, Membership, changed.label("changed"))
        .join(Action.improvement)
        .join(Membership, Membership.id == Improvement.membership_id)
        .join(Return, Return.id == Improvement.return_id)
        .where(
            Improvement.membership_id.in_(at),
            Improvement.superseded_by_id.is_(None),
            Action.state.in_([ActionState.OPEN, ActionState.UNDERWAY]),
            Action.removed_at.is_(None),
            # What passed on to a successor is its own, whatever became of the return.
            or_(
                Return.standing == Standing.ASKED,
                Return.membership_id != Improvement.membership_id,
            ),
        )
        .order_by(Action.id)
    )
    for action, improvement, member, changed_at in rows:
        since = max(london_today(at_) for at_ in (action.added_at, changed_at) if at_)
        owed = Owed(
            0, ReminderKind.ACTION, member.board_id, action.id, since=since,
            due_on=action.due_on, return_id=improvement.return_id, agency=member.name,
            standards=(improvement.standard,), what=action.what,
        )  # fmt: skip
        yield from _for_each(at[member.id], owed)


def _replies(session: Session, at: Mapping[int, list[Place]], today: date) -> Iterator[Owed]:
    """Ratings that were shared with the agency, which has not answered on all of them."""
    waits = (
        exists()
        .where(SharedRating.sharing_id == Sharing.id)
        .where(~exists().where(Reply.shared_rating_id == SharedRating.id))
    )
    rows = session.execute(
        select(Sharing, Membership, Cycle.name, Stage.number)
        .join(Return, Return.id == Sharing.return_id)
        .join(Return.membership)
        .join(Return.stage)
        .join(Stage.cycle)
        .where(
            Return.membership_id.in_(at),
            Return.standing == Standing.ASKED,
            Sharing.publication_id.is_(None),
            Sharing.reply_by >= today,
            waits,
        )
        .order_by(Sharing.id)
    )
    for sharing, member, cycle, stage in rows:
        owed = Owed(
            0, ReminderKind.REPLY, member.board_id, sharing.id,
            since=london_today(sharing.shared_at), due_on=sharing.reply_by,
            return_id=sharing.return_id, agency=member.name, cycle=cycle, stage=stage,
        )  # fmt: skip
        yield from _for_each([place for place in at[member.id] if place.role is Role.LEAD], owed)


def _results(session: Session, at: Mapping[int, list[Place]], today: date) -> Iterator[Owed]:
    """Results that were returned to the agency and that it has not confirmed."""
    sent_back = exists().where(SendBack.submission_id == Submission.id)
    confirmed = exists().where(Confirmation.submission_id == Submission.id)
    rows = session.execute(
        select(Return, Membership, Cycle.name, Stage.number, ReturnedResult.recorded_at)
        .join(Submission, Submission.return_id == Return.id)
        .join(ReturnedResult, ReturnedResult.submission_id == Submission.id)
        .join(Return.membership)
        .join(Return.stage)
        .join(Stage.cycle)
        .where(
            Return.membership_id.in_(at), Return.standing == Standing.ASKED, ~sent_back, ~confirmed
        )
        .order_by(Return.id)
    )
    for return_, member, cycle, stage, returned_at in rows:
        since = london_today(returned_at)
        if since + WEEKLY_FOR < today:
            continue
        owed = Owed(
            0, ReminderKind.RESULT, member.board_id, return_.id, since=since,
            return_id=return_.id, agency=member.name, cycle=cycle, stage=stage,
        )  # fmt: skip
        yield from _for_each([place for place in at[member.id] if place.role is Role.LEAD], owed)


def _plans(session: Session, at: Mapping[int, list[Place]], today: date) -> Iterator[Owed]:
    opened = session.execute(
        select(Return, Membership, Cycle.name, Stage.number, func.max(Improvement.opened_at))
        .join(Improvement, Improvement.return_id == Return.id)
        .join(Membership, Membership.id == Improvement.membership_id)
        .join(Return.stage)
        .join(Stage.cycle)
        .where(
            Improvement.membership_id.in_(at),
            Improvement.superseded_by_id.is_(None),
            Return.membership_id == Improvement.membership_id,
            Return.standing == Standing.ASKED,
        )
        .group_by(Return.id, Membership.id, Cycle.name, Stage.number)
        .order_by(Return.id)
    ).all()
    returned = _plans_returned(session, {return_.id for return_, *_ in opened})
    for return_, member, cycle, stage, opened_at in opened:
        returned_at, accepted, decided_at = returned.get(return_.id, (None, None, None))
        state = plan_state([opened_at], returned_at, accepted)
        if state not in (PlanState.TO_RETURN, PlanState.ASKED_AGAIN):
            continue
        asked_at = decided_at if state is PlanState.ASKED_AGAIN and decided_at else opened_at
        since = london_today(asked_at)
        if since + WEEKLY_FOR < today:
            continue
        owed = Owed(
            0, ReminderKind.PLAN, member.board_id, return_.id, since=since,
            return_id=return_.id, agency=member.name, cycle=cycle, stage=stage,
        )  # fmt: skip
        yield from _for_each(at[member.id], owed)


def _plans_returned(
    session: Session, return_ids: Collection[int]
) -> dict[int, tuple[datetime, bool | None, datetime | None]]:
    """When each plan was last returned, what QA decided on that, and when."""
    rows = session.execute(
        select(
            PlanSubmission.return_id,
            PlanSubmission.effective_at,
            PlanDecision.accepted,
            PlanDecision.effective_at.label("decided_at"),
        )
        .outerjoin(PlanDecision, PlanDecision.plan_submission_id == PlanSubmission.id)
        .where(PlanSubmission.return_id.in_(return_ids))
        .order_by(PlanSubmission.return_id, PlanSubmission.number)
    )
    return {row.return_id: (row.effective_at, row.accepted, row.decided_at) for row in rows}
