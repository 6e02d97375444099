"""Who goes on a visit: peers from other agencies, each in the role of a visitor of that return
until the visit is closed (domain rule 31). Nobody visits an agency of their own."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.addresses import read_email
from s11audit.domain.dates import in_words
from s11audit.domain.enums import Role
from s11audit.domain.errors import Invalid, Refused
from s11audit.domain.policy import Actor, Can, check
from s11audit.models import Grant, Invitation, Return, Visit, VisitMember
from s11audit.queries.returns import facts_of, return_by_id
from s11audit.queries.visits import member_of, team_of, visit_of
from s11audit.services import accounts, grants, log, mailboxes, notices


def add(
    session: Session,
    actor: Actor,
    return_id: int,
    visit_id: int,
    email: str,
    *,
    now: datetime,
) -> VisitMember:
    """Add the person of that address to the team, and return the entry.

    Who has an account becomes a visitor at once and is told; anybody else is invited by e-mail
    and becomes one by accepting. Raises Invalid for the address, Refused for somebody of the
    agency visited, for one who is in the team already, and where the coordinator goes alone.
    """
    return_, role = _check(session, actor, return_id)
    visit = _open(session, return_id, visit_id)
    if visit.alone:
        raise Refused("The coordinator makes this visit alone.")
    try:
        email = read_email(email)
    except ValueError as error:
        raise Invalid(f"{error}.", {"email": str(error)}) from None
    if any(each.email == email for each in team_of(session, visit.id)):
        raise Refused(f"{email} is in the team already.")
    users = mailboxes.accounts_of(session, email)
    user = users[0] if len(users) == 1 else None  # who shares a mailbox accepts by signing in
    member = VisitMember(visit_id=visit.id, email=email, added_at=now)
    if user is None:
        invitation, _link = accounts.invite(
            session, actor, email, Role.VISITOR, return_id=return_.id, now=now
        )
        member.invitation_id = invitation.id
    else:
        place = grants.place_of(
            session, Role.VISITOR, board_id=None, membership_id=None, return_id=return_.id
        )
        grants.give(session, actor, user.id, Role.VISITOR, place, None, now=now, by=role)
        member.user_id = user.id
        notices.tell(
            session, [user], "visit_team", f"visit:{visit.id}:team:{now.isoformat()}", return_,
            path=f"/returns/{return_.id}/visits/{visit.id}", now=now,
            visit_on=in_words(visit.visit_on), place=visit.place,
        )  # fmt: skip
    session.add(member)
    session.flush()
    log.record_for(
        session, return_, actor, role, "visit.member_added", ("visit", visit.id),
        now=now, after={"email": email, "invited": user is None},
    )  # fmt: skip
    return member


def remove(
    session: Session, actor: Actor, return_id: int, visit_id: int, member_id: int, *, now: datetime
) -> None:
    """Take somebody out of the team: their role ends, or their invitation is withdrawn."""
    return_, role = _check(session, actor, return_id)
    visit = _open(session, return_id, visit_id)
    member = member_of(session, visit.id, member_id)
    _end(session, actor, role, return_, member, now)
    member.removed_at = now
    log.record_for(
        session, return_, actor, role, "visit.member_removed", ("visit", visit.id),
        now=now, before={"email": member.email},
    )  # fmt: skip


def end_all(
    session: Session, actor: Actor, role: Role, return_: Return, visit: Visit, *, now: datetime
) -> None:
    """End the role of every visitor of a visit that is closed. The caller has checked the actor
    and locked the visit."""
    for member in team_of(session, visit.id):
        _end(session, actor, role, return_, member, now)


def _check(session: Session, actor: Actor, return_id: int) -> tuple[Return, Role]:
    return_ = return_by_id(session, return_id, for_update=True)
    return return_, check(actor, Can.MANAGE_VISITS, facts_of(return_), sees=Can.SEE_SUBMISSION)


def _open(session: Session, return_id: int, visit_id: int) -> Visit:
    visit = visit_of(session, return_id, visit_id, for_update=True)
    if not visit.is_open:
        raise Refused("This visit is over, so its team can no longer be changed.")
    return visit


def _end(
    session: Session,
    actor: Actor,
    role: Role,
    return_: Return,
    member: VisitMember,
    now: datetime,
) -> None:
    invitation = member.invitation_id and session.get(Invitation, member.invitation_id)
    if invitation and invitation.accepted_at is None:
        if invitation.revoked_at is None:
            invitation.revoked_at = now
            accounts.withdraw_letter(session, invitation)
            _log(session, actor, role, return_, "invitation.withdrawn", invitation, now)
        return
    user_id = member.user_id or (invitation.accepted_by_id if invitation else None)
    for grant in session.scalars(
        select(Grant).where(
            Grant.user_id == user_id, Grant.return_id == return_.id, Grant.ended_at.is_(None)
        )
    ):
        grant.ended_at = now
        _log(session, actor, role, return_, "role.ended", grant, now)


def _log(
    session: Session,
    actor: Actor,
    role: Role,
    return_: Return,
    what: str,
    ended: Grant | Invitation,
    now: datetime,
) -> None:
    """Log the end of a role or an offer as it is for any other: on the board, not in the history
    of the return, which its agency reads."""
    log.record(
        session, actor, role, what, ended.__tablename__, ended.id,
        now=now, board_id=return_.membership.board_id, before={"role": ended.role.value},
    )  # fmt: skip
