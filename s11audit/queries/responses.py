"""Reads of a return's responses and its evidence."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, bindparam, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from s11audit.domain.enums import Role
from s11audit.models import Evidence, Grant, Rating, Response, User


def responses_of(session: Session, return_id: int) -> dict[int, Response]:
    """Return a return's responses by standard number, with answers and proposed actions, in
    three queries. A standard nobody has touched has no response."""
    found = session.scalars(
        select(Response)
        .where(Response.return_id == return_id)
        .order_by(Response.standard)
        .options(
            selectinload(Response.answers),
            selectinload(Response.proposed_actions),
            joinedload(Response.assigned_to),
            joinedload(Response.saved_by),
            joinedload(Response.asked_on).joinedload(Rating.publication),
        )
    )
    return {response.standard: response for response in found}


def untouched_of(session: Session, return_id: int) -> dict[int, Response]:
    """Return the responses of a return that was not begun, by standard number, with who has each
    in hand, in one query: at most what was carried over is in them yet."""
    found = session.scalars(
        select(Response)
        .where(Response.return_id == return_id)
        .order_by(Response.standard)
        .options(
            joinedload(Response.answers),
            joinedload(Response.proposed_actions),
            joinedload(Response.assigned_to),
            joinedload(Response.asked_on),
        )
    )
    return {response.standard: response for response in found.unique()}


# A save reads one response under the write lock: in one query, put together once. Its answers and
# proposed actions are few, so that their product is small.
_ONE = (
    select(Response)
    .where(Response.return_id == bindparam("return_id"), Response.standard == bindparam("standard"))
    .options(joinedload(Response.answers), joinedload(Response.proposed_actions))
)
_ONE_LOCKED = _ONE.with_for_update(of=Response).execution_options(populate_existing=True)


def response_for(
    session: Session, return_id: int, standard: int, *, for_update: bool = False
) -> Response | None:
    """Return one response with its answers and proposed actions, or None.

    `for_update` locks the row and reads it afresh.
    """
    values = {"return_id": return_id, "standard": standard}
    return session.scalars(_ONE_LOCKED if for_update else _ONE, values).unique().one_or_none()


# Put together once, as all that the page of a standard reads: to do so takes longer than to read.
_ON_PAGE = _ONE.options(
    joinedload(Response.assigned_to),
    joinedload(Response.saved_by),
    joinedload(Response.asked_on).joinedload(Rating.publication),
)
_EVIDENCE = (
    select(Evidence)
    .where(Evidence.return_id == bindparam("return_id"), Evidence.removed_at.is_(None))
    .order_by(Evidence.id)
    .options(
        joinedload(Evidence.blob),
        joinedload(Evidence.added_by),
        joinedload(Evidence.uses),  # an item serves few standards
    )
)


def response_on_page(session: Session, return_id: int, standard: int) -> Response | None:
    """Return one response with all that its page shows, in one query, or None."""
    values = {"return_id": return_id, "standard": standard}
    return session.scalars(_ON_PAGE, values).unique().one_or_none()


def evidence_of(session: Session, return_id: int) -> list[Evidence]:
    """Return a return's evidence that has not been removed, oldest first, with its file and
    which responses it serves, in one query."""
    return list(session.scalars(_EVIDENCE, {"return_id": return_id}).unique())


@dataclass(frozen=True)
class Colleague:
    """A person who works on an agency's returns, and as what."""

    user: User
    roles: tuple[Role, ...]


def colleagues(session: Session, membership_id: int, today: date) -> list[Colleague]:
    """Return who holds a live role at the agency, by name."""
    return _holding(session, Grant.membership_id == membership_id, today)


def board_people(session: Session, board_id: int, today: date) -> list[Colleague]:
    """Return who holds a live role for the board, by name."""
    return _holding(session, Grant.board_id == board_id, today)


def _holding(session: Session, place: ColumnElement[bool], today: date) -> list[Colleague]:
    rows = session.execute(
        select(User, Grant.role)
        .join(Grant, Grant.user_id == User.id)
        .where(
            place,
            Grant.ended_at.is_(None),
            or_(Grant.until.is_(None), Grant.until >= today),
            User.active.is_(True),
        )
        .order_by(User.name, User.id, Grant.role)
    )
    found: dict[int, Colleague] = {}
    for user, role in rows:
        held = found[user.id].roles if user.id in found else ()
        found[user.id] = Colleague(user, (*held, role))
    return list(found.values())
