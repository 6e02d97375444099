"""Open work of people who no longer hold the role that it takes: shown to whoever shares it out
anew. And agencies that are asked for a return and have nobody to lead."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVarTuple

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from s11audit.domain.dates import london_today
from s11audit.domain.enums import ReturnState, Role, Standing
from s11audit.models import (
    Allotment,
    Board,
    Cycle,
    Grant,
    Invitation,
    Membership,
    Response,
    Return,
    Stage,
    Submission,
    User,
    Visit,
    VisitMember,
)
from s11audit.queries.allotments import BEFORE_PUBLICATION, REVIEWERS

Columns = TypeVarTuple("Columns")
_EDITABLE = (ReturnState.NOT_STARTED, ReturnState.IN_PROGRESS)


@dataclass(frozen=True)
class LeftWork:
    """Work that somebody had in hand: on which return, whose, and how much of it (standards that
    are not complete, one review, one visit). Of an agency without a lead it is the number of its
    open returns, and nobody's."""

    board: Board
    return_id: int
    agency: str
    cycle: str
    stage: int
    person: str = ""
    number: int = 1
    visit_id: int | None = None
    visit_on: date | None = None
    membership_id: int | None = None
    """Of an agency without a lead."""


@dataclass(frozen=True)
class LeftWorkList:
    """All of it, each kind by agency."""

    standards: Sequence[LeftWork]
    reviews: Sequence[LeftWork]
    visits: Sequence[LeftWork]
    without_lead: Sequence[LeftWork] = ()

    @property
    def total(self) -> int:
        """How many entries there are."""
        return sum(
            len(each) for each in (self.standards, self.reviews, self.visits, self.without_lead)
        )


def left_work_of_board(session: Session, board_id: int, now: datetime) -> LeftWorkList:
    """Return the open work on a board that is nobody's any more, in four queries."""
    place = Membership.board_id == board_id
    return LeftWorkList(
        _standards(session, place, now),
        _reviews(session, place, now),
        _visits(session, place, now),
        _without_lead(session, place, now),
    )


def left_to_the_office(session: Session, board_id: int, now: datetime) -> int:
    """Return how many reviews and visits are to be given to somebody else, in one query."""
    place = Membership.board_id == board_id
    reviews = _reviews_in_hand(place, now, left=True).with_only_columns(Allotment.id)
    visits = _visits_in_hand(place, now, left=True).with_only_columns(Visit.id)
    both = union_all(reviews.order_by(None), visits.order_by(None)).subquery()
    return session.scalar(select(func.count()).select_from(both)) or 0


def work_of(session: Session, user_id: int, now: datetime) -> LeftWorkList:
    """Return the open work that one person has in hand, on every board, whether or not they still
    hold the role, in three queries."""
    return LeftWorkList(
        _standards(session, Response.assigned_to_id == user_id, now, left=False),
        _reviews(session, Allotment.reviewer_id == user_id, now, left=False),
        _visits(session, User.id == user_id, now, left=False),
    )


def _placed(found: Select[*Columns]) -> Select[*Columns]:
    """Return a statement about returns joined to what `_PLACE` names of each."""
    return (
        found.join(Membership, Membership.id == Return.membership_id)
        .join(Board, Board.id == Membership.board_id)
        .join(Stage, Stage.id == Return.stage_id)
        .join(Cycle, Cycle.id == Stage.cycle_id)
    )


def _standards(
    session: Session, place: ColumnElement[bool], now: datetime, *, left: bool = True
) -> list[LeftWork]:
    gone = ~_holds(
        Response.assigned_to_id,
        (Role.LEAD, Role.CONTRIBUTOR),
        Grant.membership_id == Return.membership_id,
        now,
    )
    rows = session.execute(
        _placed(
            select(*_PLACE, User.name.label("person"), func.count().label("number"))
            .select_from(Response)
            .join(Return, Return.id == Response.return_id)
            .join(User, User.id == Response.assigned_to_id)
        )
        .where(
            place,
            _asked(_EDITABLE),
            Response.complete.is_(False),
            *((gone,) if left else ()),
        )
        .group_by(Board.id, Return.id, Membership.id, Cycle.id, Stage.id, User.id, User.name)
        .order_by(Membership.name_key, Return.id, User.name, User.id)
    )
    return [LeftWork(*row) for row in rows]


def _reviews(
    session: Session, place: ColumnElement[bool], now: datetime, *, left: bool = True
) -> list[LeftWork]:
    rows = session.execute(_reviews_in_hand(place, now, left=left))
    return [LeftWork(*row) for row in rows]


def _reviews_in_hand(
    place: ColumnElement[bool], now: datetime, *, left: bool
) -> Select[Board, int, str, str, int, str]:
    gone = ~_holds(Allotment.reviewer_id, REVIEWERS, Grant.board_id == Membership.board_id, now)
    latest = (
        select(func.max(Submission.id))
        .where(Submission.return_id == Allotment.return_id)
        .scalar_subquery()
    )
    return (
        _placed(
            select(*_PLACE, User.name.label("person"))
            .select_from(Allotment)
            .join(Return, Return.id == Allotment.return_id)
            .join(User, User.id == Allotment.reviewer_id)
        )
        .where(
            place,
            _asked(BEFORE_PUBLICATION),
            Allotment.ended_at.is_(None),
            or_(
                Allotment.finished_submission_id.is_(None),
                Allotment.finished_submission_id != latest,
            ),
            *((gone,) if left else ()),
        )
        .order_by(Membership.name_key, Allotment.id)
    )


def _visits(
    session: Session, place: ColumnElement[bool], now: datetime, *, left: bool = True
) -> list[LeftWork]:
    rows = session.execute(_visits_in_hand(place, now, left=left))
    return [LeftWork(*row[:6], visit_id=row.id, visit_on=row.visit_on) for row in rows]


def _visits_in_hand(
    place: ColumnElement[bool], now: datetime, *, left: bool
) -> Select[Board, int, str, str, int, str, int, date]:
    """Visits to come of which a member of the team, or the coordinator who goes alone, has left."""
    offer = aliased(Invitation)
    member = and_(VisitMember.visit_id == Visit.id, VisitMember.removed_at.is_(None))
    person = func.coalesce(VisitMember.user_id, offer.accepted_by_id)
    gone = or_(
        and_(
            VisitMember.id.is_not(None),
            ~_holds(User.id, (Role.VISITOR,), Grant.return_id == Return.id, now),
        ),
        and_(
            VisitMember.id.is_(None),
            ~_holds(User.id, (Role.OFFICE,), Grant.board_id == Membership.board_id, now),
        ),
    )
    return (
        _placed(
            select(*_PLACE, User.name.label("person"), Visit.id, Visit.visit_on)
            .select_from(Visit)
            .join(Return, Return.id == Visit.return_id)
            .outerjoin(VisitMember, member)
            .outerjoin(offer, offer.id == VisitMember.invitation_id)
            .join(
                User,
                or_(
                    User.id == person,
                    and_(VisitMember.id.is_(None), User.id == Visit.coordinator_id),
                ),
            )
        )
        .where(
            place,
            Visit.finished_at.is_(None),
            Visit.cancelled_at.is_(None),
            *((gone,) if left else ()),
        )
        .order_by(Visit.visit_on, Membership.name_key, Visit.id, User.id)
    )


def _without_lead(session: Session, place: ColumnElement[bool], now: datetime) -> list[LeftWork]:
    """Agencies that have open returns, so many, and no lead, and have invited none."""
    led = exists().where(
        Grant.membership_id == Return.membership_id, Grant.role == Role.LEAD, _live(now)
    )
    invited = exists().where(
        Invitation.membership_id == Return.membership_id,
        Invitation.role == Role.LEAD,
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
        Invitation.expires_at > now,
    )
    open_now = or_(Stage.opened_at.is_not(None), Stage.opens_on <= london_today(now))
    rows = session.execute(
        select(Board, func.min(Return.id), Membership.name, func.count(), Membership.id)
        .select_from(Return)
        .join(Membership, Membership.id == Return.membership_id)
        .join(Board, Board.id == Membership.board_id)
        .join(Stage, Stage.id == Return.stage_id)
        .where(place, _asked(_EDITABLE), open_now, Stage.closed_at.is_(None), ~led, ~invited)
        .group_by(Board.id, Membership.id)
        .order_by(Membership.name_key, Membership.id)
    )
    return [
        LeftWork(board, return_id, agency, "", 0, number=number, membership_id=membership_id)
        for board, return_id, agency, number, membership_id in rows
    ]


_PLACE = (Board, Return.id, Membership.name, Cycle.name, Stage.number)


def _asked(states: Collection[ReturnState]) -> ColumnElement[bool]:
    return and_(Return.standing == Standing.ASKED, Return.state.in_(states))


def _live(now: datetime) -> ColumnElement[bool]:
    return and_(
        Grant.ended_at.is_(None),
        or_(Grant.until.is_(None), Grant.until >= london_today(now)),
    )


def _holds(
    person: InstrumentedAttribute[int] | InstrumentedAttribute[int | None],
    roles: Collection[Role],
    place: ColumnElement[bool],
    now: datetime,
) -> ColumnElement[bool]:
    """The condition that the person holds one of these roles at that place today."""
    return exists().where(Grant.user_id == person, Grant.role.in_(roles), place, _live(now))
