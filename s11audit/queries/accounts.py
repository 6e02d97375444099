"""Reads of people and what they are granted."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Role
from s11audit.domain.policy import Actor, Held
from s11audit.models import Board, Grant, Membership, User

# Read by every request of a person who is signed in.
_LIVE = (
    select(
        Grant.role,
        func.coalesce(Grant.board_id, Membership.board_id),
        Grant.membership_id,
        Membership.agency_id,
    )
    .outerjoin(Membership, Membership.id == Grant.membership_id)
    .where(
        Grant.user_id == bindparam("user_id"),
        Grant.ended_at.is_(None),
        or_(Grant.until.is_(None), Grant.until >= bindparam("today")),
    )
    .order_by(Grant.id)
)


def live_grants(session: Session, user_id: int, today: date) -> tuple[Held, ...]:
    """Return the grants of a person that hold today, in the order they were given."""
    rows = session.execute(_LIVE, {"user_id": user_id, "today": today})
    return tuple(Held(*row) for row in rows)


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
    """Return the places of an actor: the installation, boards, then agencies, each by name."""
    roles: dict[tuple[int | None, int | None], list[Role]] = {}
    for grant in actor.grants:
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
    return found
