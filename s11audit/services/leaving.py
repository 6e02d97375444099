"""Closing a person's account when they leave, and opening it again (domain rule 69). Their name
stays on everything they did."""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from s11audit.domain import policy
from s11audit.domain.dates import london_today
from s11audit.domain.errors import NotFound, Refused
from s11audit.domain.policy import INSTALLATION, Actor, Can
from s11audit.models import Grant, Invitation, User
from s11audit.services import (
    accounts,
    erasing,
    grants,
    invitations,
    log,
    mailboxes,
    user_sessions,
)


def deactivate(
    session: Session, actor: Actor, user_id: int, *, withdraw_sent: bool = False, now: datetime
) -> None:
    """Close an account: its sessions, links to set a password and roles end at once, and
    invitations to it are withdrawn; with `withdraw_sent` those too that the person sent and
    nobody has accepted, a role of lead that they hand over among them.

    Raises NotFound, and Refused for one's own account, for one that is closed, and for the last
    administrator.
    """
    held = policy.check(actor, Can.MANAGE_INSTALLATION, INSTALLATION)
    if user_id == actor.user_id:
        raise Refused("You cannot deactivate your own account. Ask another administrator.")
    grants.lock_administrators(session)
    user = _locked(session, user_id)
    if not user.active:
        raise Refused("This account is deactivated already.")
    roles = session.scalars(
        select(Grant)
        .where(Grant.user_id == user_id, Grant.ended_at.is_(None))
        .order_by(Grant.id)
        .with_for_update()
    ).all()
    for grant in roles:
        grants.check_not_last_administrator(session, grant, london_today(now))
    for grant in roles:
        place = grants.place_of_grant(session, grant)
        grant.ended_at = now
        log.record(
            session, actor, held, "role.ended", "grant", grant.id, now=now,
            board_id=place.board_id,
            before={"user_id": user_id, "role": grant.role.value, "place": place.name},
        )  # fmt: skip
    offers = [*_sent_to(session, user), *(_sent_by(session, user) if withdraw_sent else ())]
    for invitation in {each.id: each for each in offers}.values():
        place = invitations.place_of(session, invitation)
        accounts.revoke_for(session, actor, held, invitation, place, now=now)
    user.active = False
    user.deactivated_at = now
    user.fs_uniquifier = uuid4().hex  # links to set a password no longer work
    ended = user_sessions.end_all(session, user_id, now=now)
    log.record(
        session, actor, held, "user.deactivated", "user", user_id, now=now, board_id=None,
        after={"roles": len(roles), "invitations": len(offers), "sessions": ended},
    )  # fmt: skip


def reactivate(
    session: Session, actor: Actor, user_id: int, *, roles_back: bool = False, now: datetime
) -> None:
    """Open an account again; the password is the old one. With `roles_back` the roles that ended
    with it are given again, where their place still stands and their end has not passed. Raises
    NotFound, and Refused for an account that is open or was erased."""
    held = policy.check(actor, Can.MANAGE_INSTALLATION, INSTALLATION)
    user = _locked(session, user_id)
    if user.active or user.deactivated_at is None:
        raise Refused("This account is not deactivated.")
    if erasing.is_erased(user):
        raise Refused("The details of this account were erased. Invite the person anew.")
    before = roles_lost(session, user) if roles_back else []
    user.active = True
    user.deactivated_at = None
    session.flush()
    given = 0
    for grant in before:
        place = grants.place_of_grant(session, grant)
        try:
            grants.check_member(place, london_today(now))
        except Refused:
            continue
        if grant.until is None or grant.until >= london_today(now):
            grants.give(session, actor, user_id, grant.role, place, grant.until, now=now, by=held)
            given += 1
    log.record(
        session, actor, held, "user.reactivated", "user", user_id, now=now, board_id=None,
        after={"roles": given},
    )  # fmt: skip


def roles_lost(session: Session, user: User) -> Sequence[Grant]:
    """Return the roles that ended as the account was deactivated, in the order they were given;
    none where it is open."""
    if user.deactivated_at is None:
        return []
    return session.scalars(
        select(Grant)
        .where(Grant.user_id == user.id, Grant.ended_at == user.deactivated_at)
        .order_by(Grant.id)
    ).all()


def _sent_to(session: Session, user: User) -> Sequence[Invitation]:
    """Return what was offered to this account and waits; of a shared mailbox only what is meant
    for this account alone."""
    alone = mailboxes.sole_account(session, user.email) is not None
    return session.scalars(
        select(Invitation)
        .where(
            or_(Invitation.for_user_id == user.id, (Invitation.email == user.email) & alone),
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .order_by(Invitation.id)
        .with_for_update()
    ).all()


def _sent_by(session: Session, user: User) -> Sequence[Invitation]:
    return session.scalars(
        select(Invitation)
        .where(
            Invitation.invited_by_id == user.id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .order_by(Invitation.id)
        .with_for_update()
    ).all()


def _locked(session: Session, user_id: int) -> User:
    found = session.scalar(select(User).where(User.id == user_id).with_for_update())
    if found is None:
        raise NotFound("There is no such account.")
    return found
