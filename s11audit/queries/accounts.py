"""Reads of people and what they are granted."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, bindparam, case, func, literal, null, or_, select, union_all
from sqlalchemy.orm import Session

from s11audit.domain.enums import Role
from s11audit.domain.policy import Actor, Held
from s11audit.models import Board, Grant, Membership, Return, User
from s11audit.queries.successions import heirs_of

# Read by every request of a person who is signed in: what they hold, then what their agencies
# came from.
_IS_LIVE = and_(
    Grant.user_id == bindparam("user_id"),
    Grant.ended_at.is_(None),
    or_(Grant.until.is_(None), Grant.until >= bindparam("today")),
)
_HEIRS = heirs_of(select(Grant.membership_id).where(_IS_LIVE)).subquery()
_LIVE = union_all(
    select(
        Grant.id.label("held_id"),
        Grant.role,
        func.coalesce(Grant.board_id, Membership.board_id),
        Grant.membership_id,
        # A visitor holds no role at the agency.
        case((Grant.membership_id.is_not(None), Membership.agency_id)),
        Grant.return_id,
        literal(False).label("inherited"),
    )
    .outerjoin(Return, Return.id == Grant.return_id)
    .outerjoin(
        Membership, Membership.id == func.coalesce(Grant.membership_id, Return.membership_id)
    )
    .where(_IS_LIVE),
    select(
        Grant.id.label("held_id"),
        Grant.role,
        Membership.board_id,
        Membership.id,
        Membership.agency_id,
        null(),
        literal(True),
    )
    .join(_HEIRS, _HEIRS.c.heir == Grant.membership_id)
    .join(Membership, Membership.id == _HEIRS.c.came_from)
    # One that goes on, after a split or because it came back, is no other's to act for.
    .where(_IS_LIVE, Membership.ends_on <= bindparam("today")),
).order_by("inherited", "held_id")


def live_grants(session: Session, user_id: int, today: date) -> tuple[Held, ...]:
    """Return the grants of a person that hold today, in the order they were given, and after them
    their reach to what their agencies came from and that has ended."""
    rows = session.execute(_LIVE, {"user_id": user_id, "today": today})
    return tuple(Held(*held) for _id, *held in rows)


def inherited_reach(
    session: Session, user_ids: Collection[int], today: date
) -> list[tuple[int, Held]]:
    """Return (user id, reach) for what the agencies of these people came from and that has ended,
    as in `live_grants`, in one query."""
    live = and_(
        Grant.user_id.in_(user_ids),
        Grant.ended_at.is_(None),
        or_(Grant.until.is_(None), Grant.until >= today),
    )
    heirs = heirs_of(select(Grant.membership_id).where(live)).subquery()
    rows = session.execute(
        select(Grant.user_id, Grant.role, Membership.board_id, Membership.id, Membership.agency_id)
        .join(heirs, heirs.c.heir == Grant.membership_id)
        .join(Membership, Membership.id == heirs.c.came_from)
        .where(live, Membership.ends_on <= today)
        .order_by(Grant.id, Membership.id)
    )
    return [
        (user_id, Held(role, board_id, membership_id, agency_id, inherited=True))
        for user_id, role, board_id, membership_id, agency_id in rows
    ]


def actor_for(session: Session, user: User, today: date) -> Actor:
    """Return the actor that `user` is today."""
    return Actor(
        user_id=user.id,
        name=user.name,
        email=user.email,
        grants=live_grants(session, user.id, today),
    )


@dataclass(frozen=True)
class PlaceHeld:
    """A place where a person holds roles: what it is called, the roles, and its page."""

    name: str
    board_name: str
    roles: tuple[Role, ...]
    path: str


def places(session: Session, actor: Actor) -> list[PlaceHeld]:
    """Return the places of an actor: the installation, boards, agencies, then returns that they
    visit, each by name."""
    roles: dict[tuple[int | None, int | None], list[Role]] = {}
    for grant in actor.grants:
        if grant.return_id is not None or grant.inherited:
            continue
        key = (grant.board_id, grant.membership_id)
        roles.setdefault(key, []).append(grant.role)
    board_ids = {board for board, membership in roles if board and not membership}
    membership_ids = {membership for _board, membership in roles if membership}
    found = [
        PlaceHeld("Administration", "", tuple(held), "/admin")
        for (board, membership), held in roles.items()
        if board is None and membership is None
    ]
    for board in session.scalars(
        select(Board).where(Board.id.in_(board_ids)).order_by(Board.name, Board.id)
    ):
        found.append(
            PlaceHeld(board.name, "", tuple(roles[board.id, None]), f"/boards/{board.slug}")
        )
    for membership, board_name in session.execute(
        select(Membership, Board.name)
        .join(Board)
        .where(Membership.id.in_(membership_ids))
        .order_by(Membership.name_key, Membership.id)
    ):
        key = (membership.board_id, membership.id)
        path = f"/agencies/{membership.id}"
        found.append(PlaceHeld(membership.name, board_name, tuple(roles[key]), path))
    return found + _visits(session, actor)


def _visits(session: Session, actor: Actor) -> list[PlaceHeld]:
    visited = {grant.return_id for grant in actor.grants if grant.return_id is not None}
    if not visited:
        return []
    rows = session.execute(
        select(Return.id, Membership.name, Board.name)
        .join(Membership, Membership.id == Return.membership_id)
        .join(Board, Board.id == Membership.board_id)
        .where(Return.id.in_(visited))
        .order_by(Membership.name_key, Return.id)
    )
    return [
        PlaceHeld(f"Visit to {name}", board, (Role.VISITOR,), f"/returns/{return_id}/visits")
        for return_id, name, board in rows
    ]
