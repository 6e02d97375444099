"""Lists of people, of the roles they hold, and of invitations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from s11audit.domain.enums import Role
from s11audit.domain.errors import NotFound
from s11audit.models import Board, Grant, Invitation, Membership, User
from s11audit.queries.agencies import is_current
from s11audit.queries.paging import Page, page_of

PAGE_LENGTH = 50


@dataclass(frozen=True)
class PeopleFilter:
    """What the list of people is narrowed to; None or an empty text leaves a part open."""

    search: str = ""
    role: Role | None = None


def people_of_board(
    session: Session, board_id: int, wanted: PeopleFilter, today: date, *, page: int
) -> Page[Grant]:
    """Return one page of the roles held on a board and at its agencies, with person and agency
    loaded, by the person's name, in two queries."""
    statement = _held(today).where(_on_board(Grant, board_id))
    return page_of(session, _narrowed(statement, wanted), page=page, length=PAGE_LENGTH)


def people_of_installation(
    session: Session, wanted: PeopleFilter, today: date, *, page: int
) -> Page[Grant]:
    """Return one page of all roles held, with person, board and agency loaded, in two queries.
    Visitors are listed with their visits, and not here."""
    statement = (
        _held(today)
        .where(Grant.return_id.is_(None))
        .options(
            joinedload(Grant.board),
            contains_eager(Grant.membership).joinedload(Membership.board),
        )
    )
    return page_of(session, _narrowed(statement, wanted), page=page, length=PAGE_LENGTH)


def administrators(session: Session, today: date) -> Sequence[Grant]:
    """Return the administrators' grants, by name."""
    return session.scalars(
        _held(today)
        .where(Grant.role == Role.ADMIN)
        .order_by(func.lower(User.name), User.email, Grant.id)
    ).all()


def administrator_by_grant(session: Session, grant_id: int, today: date) -> Grant:
    """Return an administrator's grant, with the person. Raises NotFound."""
    found = session.scalar(_held(today).where(Grant.role == Role.ADMIN, Grant.id == grant_id))
    if found is None:
        raise NotFound("There is no such administrator.")
    return found


def grant_on_board(session: Session, board_id: int, grant_id: int) -> Grant:
    """Return a role that has not ended, on that board or at one of its agencies, with person and
    agency. Raises NotFound."""
    found = session.scalar(
        select(Grant)
        .join(Grant.user)
        .outerjoin(Grant.membership)
        .options(contains_eager(Grant.user), contains_eager(Grant.membership))
        .where(Grant.id == grant_id, Grant.ended_at.is_(None), _on_board(Grant, board_id))
    )
    if found is None:
        raise NotFound("There is no such role on this board.")
    return found


def accounts_of_installation(
    session: Session, search: str, *, closed: bool | None, page: int
) -> Page[User]:
    """Return one page of all accounts, by name, in two queries: those that are deactivated where
    `closed`, those that are not where it is False, all where it is None."""
    statement = select(User).order_by(func.lower(User.name), User.email, User.id)
    if closed is not None:
        statement = statement.where(User.active.is_(not closed))
    if search.strip():
        statement = statement.where(
            or_(
                *(
                    func.lower(column).contains(search.strip().lower(), autoescape=True)
                    for column in (User.name, User.email, User.sign_in_name)
                )
            )
        )
    return page_of(session, statement, page=page, length=PAGE_LENGTH)


def account_by_id(session: Session, user_id: int) -> User:
    """Return an account. Raises NotFound."""
    found = session.get(User, user_id)
    if found is None:
        raise NotFound("There is no such account.")
    return found


def grants_of(session: Session, user_id: int, today: date) -> Sequence[Grant]:
    """Return the roles that a person holds, visits left out, with board and agency, in the order
    they were given."""
    return session.scalars(
        _held(today)
        .where(Grant.user_id == user_id, Grant.return_id.is_(None))
        .options(
            joinedload(Grant.board),
            contains_eager(Grant.membership).joinedload(Membership.board),
        )
        .order_by(Grant.id)
    ).all()


def invitations_sent_by(session: Session, user_id: int) -> Sequence[Invitation]:
    """Return the invitations that a person sent and that wait, the newest first."""
    return session.scalars(
        _waiting()
        .where(Invitation.invited_by_id == user_id)
        .order_by(Invitation.sent_at.desc(), Invitation.id.desc())
    ).all()


def grants_at(session: Session, membership_id: int, today: date) -> Sequence[Grant]:
    """Return the roles held at an agency, with the person, by name, in one query."""
    return session.scalars(
        _held(today)
        .where(Grant.membership_id == membership_id)
        .order_by(func.lower(User.name), User.email, Grant.id)
    ).all()


def contributor_at(session: Session, membership_id: int, grant_id: int) -> Grant:
    """Return a contributor's role at that agency that has not ended. Raises NotFound."""
    return _one_of(session, grant_id, Grant.membership_id == membership_id, Role.CONTRIBUTOR)


def lead_on_board(session: Session, board_id: int, grant_id: int) -> Grant:
    """Return a lead's role at an agency of that board that has not ended. Raises NotFound."""
    return _one_of(session, grant_id, Membership.board_id == board_id, Role.LEAD)


def check_contributor_invited(session: Session, membership_id: int, invitation_id: int) -> None:
    """Raise NotFound unless the invitation is one of a contributor to that agency."""
    found = session.scalar(
        select(Invitation.id).where(
            Invitation.id == invitation_id,
            Invitation.membership_id == membership_id,
            Invitation.role == Role.CONTRIBUTOR,
        )
    )
    if found is None:
        raise NotFound("There is no such invitation at this agency.")


def check_invitation_on(session: Session, board_id: int, invitation_id: int) -> None:
    """Raise NotFound unless the invitation is one to that board or to one of its agencies."""
    found = session.scalar(
        select(Invitation.id)
        .outerjoin(Invitation.membership)
        .where(Invitation.id == invitation_id, _on_board(Invitation, board_id))
    )
    if found is None:
        raise NotFound("There is no such invitation on this board.")


def invitations_of_board(session: Session, board_id: int, *, page: int) -> Page[Invitation]:
    """Return one page of the invitations to a board and its agencies that were neither accepted
    nor withdrawn, expired ones too, the newest first, in two queries."""
    statement = (
        _waiting()
        .where(_on_board(Invitation, board_id))
        .order_by(Invitation.sent_at.desc(), Invitation.id.desc())
    )
    return page_of(session, statement, page=page, length=PAGE_LENGTH)


def invitations_of_administrators(session: Session) -> Sequence[Invitation]:
    """Return the administrators' invitations that wait, the newest first."""
    return session.scalars(
        _waiting()
        .where(Invitation.role == Role.ADMIN)
        .order_by(Invitation.sent_at.desc(), Invitation.id.desc())
    ).all()


def agency_choices(session: Session, board_id: int, today: date) -> list[tuple[int, str]]:
    """Return (membership id, name) of a board's current agencies, by name."""
    rows = session.execute(
        select(Membership.id, Membership.name)
        .where(Membership.board_id == board_id, is_current(today))
        .order_by(Membership.name_key, Membership.id)
    )
    return [(found_id, name) for found_id, name in rows]


def all_boards(session: Session) -> Sequence[Board]:
    """Return every board, by name."""
    return session.scalars(select(Board).order_by(func.lower(Board.name), Board.id)).all()


def expired(invitation: Invitation, now: datetime) -> bool:
    """Return whether the invitation's link has become too old."""
    return invitation.expires_at <= now


def _held(today: date) -> Select[Grant]:
    return (
        select(Grant)
        .join(Grant.user)
        .outerjoin(Grant.membership)
        .options(contains_eager(Grant.user), contains_eager(Grant.membership))
        .where(Grant.ended_at.is_(None), or_(Grant.until.is_(None), Grant.until >= today))
    )


def _one_of(session: Session, grant_id: int, place: ColumnElement[bool], role: Role) -> Grant:
    found = session.scalar(
        select(Grant)
        .join(Grant.user)
        .join(Grant.membership)
        .options(contains_eager(Grant.user), contains_eager(Grant.membership))
        .where(Grant.id == grant_id, Grant.ended_at.is_(None), Grant.role == role, place)
    )
    if found is None:
        raise NotFound("There is no such role.")
    return found


def _waiting() -> Select[Invitation]:
    return (
        select(Invitation)
        .outerjoin(Invitation.membership)
        .options(contains_eager(Invitation.membership), joinedload(Invitation.invited_by))
        .where(Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
    )


def _on_board(table: type[Grant] | type[Invitation], board_id: int) -> ColumnElement[bool]:
    return or_(table.board_id == board_id, Membership.board_id == board_id)


def _narrowed(statement: Select[Grant], wanted: PeopleFilter) -> Select[Grant]:
    if wanted.search:
        text = wanted.search.strip()
        statement = statement.where(
            or_(
                *(
                    func.lower(column).contains(text.lower(), autoescape=True)
                    for column in (User.name, User.email, Membership.name)
                )
            )
        )
    if wanted.role is not None:
        statement = statement.where(Grant.role == wanted.role)
    return statement.order_by(func.lower(User.name), User.email, Grant.id)
