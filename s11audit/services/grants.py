"""Giving, changing and ending roles. An end takes effect at once: every request reads the roles."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from s11audit.domain import policy
from s11audit.domain.dates import london_today
from s11audit.domain.enums import AGENCY_ROLES, BOARD_ROLES, RETURN_ROLES, Role
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.policy import INSTALLATION, Actor, Can, Facts
from s11audit.domain.wording import in_words
from s11audit.models import Board, Grant, Membership, Return
from s11audit.queries.agencies import membership_by_id
from s11audit.queries.returns import return_by_id
from s11audit.services import log


@dataclass(frozen=True)
class RolePlace:
    """What a role is held for: a board, an agency on a board, a return that is visited, or the
    installation."""

    name: str
    board_id: int | None = None
    board_name: str = ""
    membership: Membership | None = None
    visited: Return | None = None

    def matches(self, table: Any, role: Role) -> tuple[ColumnElement[bool], ...]:
        """Return the conditions on Grant or Invitation that name this place for that role."""
        if role in AGENCY_ROLES and self.membership is not None:
            return (table.membership_id == self.membership.id,)
        if role in RETURN_ROLES and self.visited is not None:
            return (table.return_id == self.visited.id,)
        if role in BOARD_ROLES:
            return (table.board_id == self.board_id,)
        return (
            table.board_id.is_(None),
            table.membership_id.is_(None),
            table.return_id.is_(None),
        )


def place_of(
    session: Session,
    role: Role,
    *,
    board_id: int | None,
    membership_id: int | None,
    return_id: int | None = None,
) -> RolePlace:
    """Return what the role is held for. Raises Invalid where a board or agency is missing or too
    much, NotFound where there is none of that id."""
    if role in RETURN_ROLES:
        if return_id is None:
            raise Invalid(f"The role {in_words(role)} is held for a return: invite to its visit.")
        visited = return_by_id(session, return_id)
        board = visited.membership.board
        name = f"the visit to {visited.membership.name}"
        return RolePlace(name, board.id, board.name, visited=visited)
    if role in AGENCY_ROLES:
        if membership_id is None:
            raise Invalid(
                f"The role {in_words(role)} needs an agency.", {"agency": "Select the agency"}
            )
        membership = membership_by_id(session, membership_id)
        board = membership.board
        return RolePlace(membership.name, board.id, board.name, membership)
    if membership_id is not None:
        message = f"The role {in_words(role)} is not held for an agency"
        raise Invalid(f"{message}.", {"agency": message})
    if role is Role.ADMIN:
        if board_id is not None:
            raise Invalid("An administrator is one of the installation, not of a board.")
        return RolePlace("the installation")
    found = session.get(Board, board_id) if board_id is not None else None
    if found is None:
        raise Invalid(f"The role {in_words(role)} needs a board.")
    return RolePlace(found.name, found.id, found.name)


def check_may_grant(actor: Actor, role: Role, place: RolePlace) -> Role:
    """Return the role by which the actor may give or end that one. Raises NotAllowed, NotFound.
    A lead gives and ends contributors' roles at their own agency (domain rule 67)."""
    if role is Role.ADMIN:
        return policy.check(actor, Can.MANAGE_INSTALLATION, INSTALLATION)
    if role is Role.CONTRIBUTOR and place.membership is not None:
        facts = Facts(place.board_id, place.membership.id, place.membership.agency_id)
        as_lead = policy.role_for(actor, Can.INVITE_CONTRIBUTOR, facts)
        if as_lead is not None and not policy.can(actor, Can.MANAGE_PEOPLE, facts):
            return as_lead
    if role in RETURN_ROLES:
        return policy.check(actor, Can.MANAGE_VISITS, Facts(place.board_id), sees=Can.SEE_BOARD)
    return policy.check(actor, Can.MANAGE_PEOPLE, Facts(place.board_id), sees=Can.SEE_BOARD)


def check_until(role: Role, until: date | None, today: date) -> None:
    """Raise Invalid unless a scrutineer has an end and it is not past; a visitor may have one, and
    nobody else."""
    if role in RETURN_ROLES and (until is None or until >= today):
        return
    if role is not Role.SCRUTINEER and role not in RETURN_ROLES:
        if until is not None:
            message = "Only a scrutineer’s role has an end date"
            raise Invalid(f"{message}.", {"until": message})
        return
    if until is None:
        message = "Enter the date until which the scrutineer reads"
        raise Invalid(f"{message}.", {"until": message})
    if until < today:
        message = "The end date must be today or later"
        raise Invalid(f"{message}.", {"until": message})


def check_member(place: RolePlace, today: date) -> None:
    """Raise Refused where the place is an agency that has left the board."""
    member = place.membership
    if member is not None and member.ends_on is not None and member.ends_on <= today:
        raise Refused(f"{member.name} has left the board.")


def live(session: Session, user_id: int, role: Role, place: RolePlace, today: date) -> Grant | None:
    """Return the grant by which the person holds that role today, or None."""
    found = _open(session, user_id, role, place)
    return found if found and (found.until is None or found.until >= today) else None


def give(
    session: Session,
    actor: Actor,
    user_id: int,
    role: Role,
    place: RolePlace,
    until: date | None,
    *,
    now: datetime,
    by: Role | None = None,
) -> None:
    """Give the person the role, and log it. Nothing changes where they hold it already. The
    caller has checked the actor."""
    if live(session, user_id, role, place, london_today(now)) is not None:
        return
    if place.visited is not None and works_at(session, place.visited.membership, user_id=user_id):
        raise Refused(own_agency(place.visited.membership))
    lapsed = _open(session, user_id, role, place)
    if lapsed is not None:
        lapsed.ended_at = now
        session.flush()
    grant = Grant(
        user_id=user_id,
        role=role,
        board_id=place.board_id if role in BOARD_ROLES else None,
        membership_id=place.membership.id if place.membership else None,
        return_id=place.visited.id if place.visited else None,
        until=until,
        granted_at=now,
    )
    session.add(grant)
    session.flush()
    after = {"user_id": user_id, "role": role.value, "place": place.name, "until": until}
    log.record(
        session, actor, by, "role.given", "grant", grant.id,
        now=now, board_id=place.board_id, after=after,
    )  # fmt: skip


def change_role(
    session: Session,
    actor: Actor,
    grant_id: int,
    role: Role,
    *,
    until: date | None = None,
    board_id: int | None = None,
    now: datetime,
) -> None:
    """Let a person hold another role at the same board or agency: the old one ends now. For a
    scrutineer the same role with another `until` moves the end.

    `board_id` is the board whose page asks for it: a role of another one is NotFound. Raises
    Invalid for a role that is not held there, Refused where the person holds it already.
    """
    grant, place, held = _load(session, actor, grant_id, board_id)
    check_may_grant(actor, role, place)
    kind = AGENCY_ROLES if grant.role in AGENCY_ROLES else BOARD_ROLES
    if grant.role in (Role.ADMIN, *RETURN_ROLES) or role not in kind:
        message = "This role is not one that is held there"
        raise Invalid(f"{message}.", {"role": message})
    check_until(role, until, london_today(now))
    if role is grant.role and until == grant.until:
        return
    before = {"user_id": grant.user_id, "role": grant.role.value, "until": grant.until}
    if role is not grant.role and _open(session, grant.user_id, role, place) is not None:
        raise Refused("The person holds that role already. End this one instead.")
    grant.ended_at = now
    session.flush()
    log.record(
        session, actor, held, "role.ended", "grant", grant.id,
        now=now, board_id=place.board_id, before=before,
    )  # fmt: skip
    give(session, actor, grant.user_id, role, place, until, now=now, by=held)


def end_role(
    session: Session, actor: Actor, grant_id: int, *, board_id: int | None = None, now: datetime
) -> None:
    """End a role now. `board_id` as in `change_role`. Raises Refused for the last
    administrator."""
    grant, place, held = _load(session, actor, grant_id, board_id)
    check_not_last_administrator(session, grant, london_today(now))
    grant.ended_at = now
    before = {"user_id": grant.user_id, "role": grant.role.value, "place": place.name}
    log.record(
        session, actor, held, "role.ended", "grant", grant.id,
        now=now, board_id=place.board_id, before=before,
    )  # fmt: skip


def works_at(session: Session, membership: Membership, *, user_id: int) -> bool:
    """Return whether the person holds a role at the agency, on whichever board, that has not
    ended."""
    found = session.scalar(
        select(Grant.id)
        .join(Membership, Membership.id == Grant.membership_id)
        .where(
            Grant.user_id == user_id,
            Grant.ended_at.is_(None),
            Membership.agency_id == membership.agency_id,
        )
        .limit(1)
    )
    return found is not None


def own_agency(membership: Membership) -> str:
    """Return why somebody of the agency does not visit it."""
    return f"Nobody visits an agency of their own: this person holds a role at {membership.name}."


def place_of_grant(session: Session, grant: Grant) -> RolePlace:
    """Return what a role is held for."""
    return place_of(
        session,
        grant.role,
        board_id=grant.board_id,
        membership_id=grant.membership_id,
        return_id=grant.return_id,
    )


def check_not_last_administrator(session: Session, grant: Grant, today: date) -> None:
    """Raise Refused where `grant` is the last administrator's. The caller has locked them."""
    if grant.role is not Role.ADMIN:
        return
    other = session.scalar(
        select(Grant.id)
        .where(
            Grant.role == Role.ADMIN,
            Grant.id != grant.id,
            Grant.ended_at.is_(None),
            or_(Grant.until.is_(None), Grant.until >= today),
        )
        .limit(1)
    )
    if other is None:
        raise Refused("This is the last administrator. Invite another one first.")


def lock_administrators(session: Session) -> None:
    """Lock every administrator's role, in one order, so that two who end each other's do not wait
    for each other."""
    session.scalars(
        select(Grant.id).where(Grant.role == Role.ADMIN).order_by(Grant.id).with_for_update()
    ).all()


def _open(session: Session, user_id: int, role: Role, place: RolePlace) -> Grant | None:
    return session.scalar(
        select(Grant)
        .where(
            Grant.user_id == user_id,
            Grant.role == role,
            Grant.ended_at.is_(None),
            *place.matches(Grant, role),
        )
        .order_by(Grant.id)
        .limit(1)
    )


def _load(
    session: Session, actor: Actor, grant_id: int, board_id: int | None
) -> tuple[Grant, RolePlace, Role]:
    statement = select(Grant).where(Grant.id == grant_id)
    grant = session.scalar(statement)
    if grant is None:
        raise NotFound("There is no such role.")
    place = place_of_grant(session, grant)
    if board_id != place.board_id:
        raise NotFound("There is no such role.")
    held = check_may_grant(actor, grant.role, place)
    if grant.role is Role.ADMIN:
        lock_administrators(session)
    session.refresh(grant, with_for_update=True)
    if grant.ended_at is not None:
        raise Refused("This role has ended already.")
    return grant, place, held
