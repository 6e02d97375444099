"""Inviting people: an offer of a role by e-mail, with a link that works once and expires.

Only the hash of a link is kept. Opening the link changes nothing, so that a mail scanner does not
use it up; accepting is a step of its own (`services.invitations`).
"""

from datetime import date, datetime, timedelta
from secrets import token_urlsafe

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.addresses import normal_email, read_email
from s11audit.domain.dates import london_today
from s11audit.domain.enums import BOARD_ROLES, Role
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.policy import Actor
from s11audit.domain.texts import person_name
from s11audit.models import Invitation, Membership
from s11audit.services import grants, log, mailboxes, outbox
from s11audit.services.invitations import key_of, place_of, token_hash
from s11audit.services.letters import letter

INVITATION_DAYS = 14  # where the session's info does not say


def invite(
    session: Session,
    actor: Actor,
    email: str,
    role: Role,
    *,
    board_id: int | None = None,
    membership_id: int | None = None,
    return_id: int | None = None,
    name: str | None = None,
    until: date | None = None,
    now: datetime,
    by_mail: bool = True,
    shared: bool = False,
) -> tuple[Invitation, str]:
    """Offer a role to the person at `email`, queue the letter (unless not `by_mail`), and return
    the invitation and its link.

    Give `board_id` for a board's role, `membership_id` for an agency's, `return_id` for that of a
    visitor, none for an administrator. `until` is required for a scrutineer, possible for a visitor
    and refused for others. Only an administrator invites administrators; a board's office invites
    to its board, its agencies and its visits, but nobody to visit an agency of their own; a lead
    invites contributors to their own agency (domain rule 67). `shared`: the mailbox is one of
    several people, and this is another of them than who holds the role there; needs `name`. Raises
    Invalid for wrong values, Refused where the person holds the role or was invited to it.
    """
    place = grants.place_of(
        session, role, board_id=board_id, membership_id=membership_id, return_id=return_id
    )
    held = grants.check_may_grant(actor, role, place)
    return offer(
        session, actor, held, email, role, place,
        name=name, until=until, now=now, by_mail=by_mail, shared=shared,
    )  # fmt: skip


def offer(
    session: Session,
    actor: Actor,
    held: Role,
    email: str,
    role: Role,
    place: grants.RolePlace,
    *,
    name: str | None = None,
    until: date | None = None,
    now: datetime,
    by_mail: bool = True,
    shared: bool = False,
    for_user_id: int | None = None,
) -> tuple[Invitation, str]:
    """Do what `invite` does for an actor whom the caller has checked, and who acts as `held`.
    `for_user_id`: only that account may accept."""
    try:
        email = read_email(email)
    except ValueError as error:
        raise Invalid(f"{error}.", {"email": str(error)}) from None
    grants.check_until(role, until, london_today(now))
    grants.check_member(place, london_today(now))
    _check_not_own(session, email, place)
    if shared and not (name and name.strip()):
        message = "Enter the person’s name, since others share the mailbox"
        raise Invalid(f"{message}.", {"name": message})
    if not shared:
        _check_new(session, email, role, place, for_user_id, now)
    token = token_urlsafe(32)
    invitation = Invitation(
        email=email,
        name=person_name(name) if name and name.strip() else None,
        role=role,
        board_id=place.board_id if role in BOARD_ROLES else None,
        membership_id=place.membership.id if place.membership else None,
        return_id=place.visited.id if place.visited else None,
        until=until,
        for_user_id=for_user_id,
        token_hash=token_hash(token),
        invited_by_id=actor.user_id,
        sent_at=now,
        expires_at=now + _lifetime(session),
    )
    session.add(invitation)
    session.flush()
    log.record(
        session,
        actor,
        held,
        "invitation.sent" if by_mail else "invitation.made",
        "invitation",
        invitation.id,
        now=now,
        board_id=place.board_id,
        after={"email": email, "role": role.value, "place": place.name, "until": until},
    )
    link = link_to(session, token)
    if by_mail:
        _send(session, actor, invitation, place, link, now)
    return invitation, link


def add_user(
    session: Session,
    actor: Actor,
    email: str,
    role: Role,
    *,
    board_id: int | None = None,
    membership_id: int | None = None,
    until: date | None = None,
    name: str | None = None,
    shared: bool = False,
    now: datetime,
) -> str:
    """Make an invitation without a letter, for the command line, and return its link: there the
    person sets a name and password, or accepts by signing in where they have an account. An
    invitation to the same role that waits is withdrawn for it, unless the mailbox is `shared`, as
    in `invite`."""
    place = grants.place_of(session, role, board_id=board_id, membership_id=membership_id)
    waiting = _waiting(session, normal_email(email), role, place, now)
    if waiting is not None and not shared:
        revoke(session, actor, waiting, now=now)
        session.flush()
    return invite(
        session,
        actor,
        email,
        role,
        board_id=board_id,
        membership_id=membership_id,
        until=until,
        name=name,
        shared=shared,
        now=now,
        by_mail=False,
    )[1]


def resend(session: Session, actor: Actor, invitation_id: int, *, now: datetime) -> str:
    """Send an invitation again, with a new link that is returned; the old one no longer works.
    Raises Refused where it was accepted or withdrawn."""
    invitation, place, held = _load(session, actor, invitation_id)
    if invitation.accepted_at or invitation.revoked_at:
        raise Refused("This invitation was accepted or withdrawn already.")
    grants.check_until(invitation.role, invitation.until, london_today(now))
    grants.check_member(place, london_today(now))
    outbox.withdraw(session, key_of(invitation))
    token = token_urlsafe(32)
    invitation.token_hash = token_hash(token)
    invitation.sent_at = now
    invitation.expires_at = now + _lifetime(session)
    session.flush()
    after = {"email": invitation.email, "expires_at": invitation.expires_at}
    log.record(
        session, actor, held, "invitation.resent", "invitation", invitation.id,
        now=now, board_id=place.board_id, after=after,
    )  # fmt: skip
    link = link_to(session, token)
    _send(session, actor, invitation, place, link, now)
    return link


def revoke(session: Session, actor: Actor, invitation_id: int, *, now: datetime) -> None:
    """Withdraw an invitation: its link no longer works. Raises Refused where it was accepted."""
    invitation, place, held = _load(session, actor, invitation_id)
    if invitation.accepted_at:
        raise Refused("This invitation was accepted already. End the role instead.")
    revoke_for(session, actor, held, invitation, place, now=now)


def revoke_for(
    session: Session,
    actor: Actor,
    held: Role,
    invitation: Invitation,
    place: grants.RolePlace,
    *,
    now: datetime,
) -> None:
    """Withdraw an invitation that was not accepted for an actor whom the caller has checked."""
    if invitation.revoked_at:
        return
    invitation.revoked_at = now
    outbox.withdraw(session, key_of(invitation))
    log.record(
        session, actor, held, "invitation.withdrawn", "invitation", invitation.id,
        now=now, board_id=place.board_id, before={"email": invitation.email},
    )  # fmt: skip


def withdraw_letter(session: Session, invitation: Invitation) -> None:
    """Take back the letter of an invitation that was withdrawn, where it has not been sent yet."""
    outbox.withdraw(session, key_of(invitation))


def link_to(session: Session, token: str) -> str:
    """Return the address of an invitation's page."""
    return f"{session.info['base_url']}/invitations/{token}"


def _check_not_own(session: Session, email: str, place: grants.RolePlace) -> None:
    """Refuse a visitor who holds a role at the agency visited, or is invited to one."""
    if place.visited is None:
        return
    member = place.visited.membership
    users = mailboxes.accounts_of(session, email, active=False)
    invited = session.scalar(
        select(Invitation.id)
        .join(Membership, Membership.id == Invitation.membership_id)
        .where(
            Invitation.email == email,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Membership.agency_id == member.agency_id,
        )
        .limit(1)
    )
    if invited is not None or any(
        grants.works_at(session, member, user_id=user.id) for user in users
    ):
        raise Refused(grants.own_agency(member))


def _check_new(
    session: Session,
    email: str,
    role: Role,
    place: grants.RolePlace,
    for_user_id: int | None,
    now: datetime,
) -> None:
    today = london_today(now)
    for user in mailboxes.accounts_of(session, email):
        meant = for_user_id in (None, user.id)
        if meant and grants.live(session, user.id, role, place, today) is not None:
            raise Refused(f"{email} holds this role already.")
    if _waiting(session, email, role, place, now) is not None:
        raise Refused(f"{email} has been invited already. You can send the invitation again.")


def _waiting(
    session: Session, email: str, role: Role, place: grants.RolePlace, now: datetime
) -> int | None:
    return session.scalar(
        select(Invitation.id)
        .where(
            Invitation.email == email,
            Invitation.role == role,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > now,
            *place.matches(Invitation, role),
        )
        .order_by(Invitation.id)
        .limit(1)
    )


def _load(
    session: Session, actor: Actor, invitation_id: int
) -> tuple[Invitation, grants.RolePlace, Role]:
    found = session.scalar(
        select(Invitation).where(Invitation.id == invitation_id).with_for_update()
    )
    if found is None:
        raise NotFound("There is no such invitation.")
    place = place_of(session, found)
    return found, place, grants.check_may_grant(actor, found.role, place)


def _send(
    session: Session,
    actor: Actor,
    invitation: Invitation,
    place: grants.RolePlace,
    link: str,
    now: datetime,
) -> None:
    subject, body = letter(
        "invitation",
        role=invitation.role,
        place=place.name,
        board=place.board_name,
        name=invitation.name,
        invited_by=actor.name,
        link=link,
        expires_at=invitation.expires_at,
    )
    outbox.queue(
        session,
        dedupe_key=key_of(invitation),
        to_email=invitation.email,
        subject=subject,
        body=body,
        board_id=place.board_id,
        secret=True,
        now=now,
    )


def _lifetime(session: Session) -> timedelta:
    return timedelta(days=session.info.get("invitation_days", INVITATION_DAYS))
