"""Invitations as those see them who were invited: what a link offers, and accepting it, as
somebody new or by an account that is there (domain rules 67 and 68). Offering is
`services.accounts`'s."""

from datetime import datetime
from hashlib import sha256
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from s11audit.domain.addresses import normal_email
from s11audit.domain.enums import Role
from s11audit.domain.errors import NotFound, Refused
from s11audit.domain.policy import Actor
from s11audit.domain.texts import person_name
from s11audit.models import Invitation, Membership, User
from s11audit.services import grants, log, mailboxes, outbox, taking_the_lead


def accept_as_new(
    session: Session,
    token: str,
    name: str,
    password_hash: str,
    *,
    sign_in_name: str | None = None,
    now: datetime,
) -> User:
    """Open an account for the person invited by the link, with its role, and return it.

    `password_hash` is the hash of a password that was found long enough. Where others have an
    account of the same address the person chooses a `sign_in_name`, and those who have none are
    given one (domain rule 68). Raises NotFound where the link does not work, Refused where the
    address has an account by now and no sign-in name was chosen, Invalid for the names.
    """
    invitation = pending(session, token, now=now, for_update=True)
    if invitation.for_user_id is not None:
        raise Refused("This invitation is for one account. Sign in to it to accept.")
    shared = bool(mailboxes.accounts_of(session, invitation.email, active=False))
    if shared and sign_in_name is None:
        raise Refused("There is an account of this e-mail address already: sign in to accept.")
    own = mailboxes.new_sign_in_name(session, sign_in_name) if shared else None
    user, actor = open_account(
        session, invitation.email, name, password_hash=password_hash, sign_in_name=own, now=now
    )
    if shared:
        mailboxes.give_sign_in_names(session, actor, user.email, now=now)
    take_up(session, actor, invitation, now=now)
    return user


def open_account(
    session: Session,
    email: str,
    name: str,
    *,
    password_hash: str | None,
    sign_in_name: str | None = None,
    now: datetime,
) -> tuple[User, Actor]:
    """Add the account of somebody who was invited, and return it and who acts from now on. Whether
    they may have one was looked at before. Raises Invalid for the name."""
    user = User(
        email=email,
        name=person_name(name),
        sign_in_name=sign_in_name,
        password=password_hash,
        active=True,
        fs_uniquifier=uuid4().hex,
        created_at=now,
    )
    session.add(user)
    session.flush()
    actor = Actor(user.id, user.name, user.email)
    after = {"email": user.email, "name": user.name}
    if sign_in_name is not None:
        after["sign_in_name"] = sign_in_name
    log.record(
        session, actor, None, "user.added", "user", user.id, now=now, board_id=None, after=after,
    )  # fmt: skip
    return user, actor


def accept(session: Session, actor: Actor, token: str, *, now: datetime) -> None:
    """Give the role of the link's invitation to the actor, who is signed in.

    Raises NotFound where the link does not work, Refused where it was sent to another address.
    """
    invitation = pending(session, token, now=now, for_update=True)
    if not is_for(invitation, actor.user_id, actor.email):
        raise Refused(f"This invitation was sent to {invitation.email}. Sign in as that person.")
    take_up(session, actor, invitation, now=now)


def pending(session: Session, token: str, *, now: datetime, for_update: bool = False) -> Invitation:
    """Return the invitation that the link is of, with its place loaded. Raises NotFound, with
    what to do about it, where it was used, withdrawn or sent again, or is too old."""
    statement = (
        select(Invitation)
        .options(
            joinedload(Invitation.board),
            joinedload(Invitation.membership).joinedload(Membership.board),
        )
        .where(Invitation.token_hash == token_hash(token))
    )
    if for_update:
        statement = statement.with_for_update(of=Invitation)
    found = session.scalar(statement)
    if found is None or found.accepted_at or found.revoked_at or found.expires_at <= now:
        raise NotFound("This link does not work any more. Ask whoever invited you for a new one.")
    return found


def is_for(invitation: Invitation, user_id: int | None, email: str) -> bool:
    """Return whether the account of that id and address may accept the invitation."""
    if user_id is None or normal_email(email) != invitation.email:
        return False
    return invitation.for_user_id in (None, user_id)


def place_name(session: Session, invitation: Invitation) -> str:
    """Return what an invitation is for, as its page shows it."""
    if invitation.role is Role.ADMIN:
        return "the whole service"
    return place_of(session, invitation).name


def place_of(session: Session, invitation: Invitation) -> grants.RolePlace:
    """Return what the role is held for that is offered."""
    return grants.place_of(
        session,
        invitation.role,
        board_id=invitation.board_id,
        membership_id=invitation.membership_id,
        return_id=invitation.return_id,
    )


def take_up(session: Session, actor: Actor, invitation: Invitation, *, now: datetime) -> None:
    """Give the role of an invitation that the caller has found to wait for the actor."""
    assert actor.user_id is not None
    invitation.accepted_at = now
    invitation.accepted_by_id = actor.user_id
    place = place_of(session, invitation)
    outbox.withdraw(session, key_of(invitation))
    grants.give(session, actor, actor.user_id, invitation.role, place, invitation.until, now=now)
    taking_the_lead.complete(session, actor, invitation, place, now=now)


def token_hash(token: str) -> str:
    """Return what is kept of a link."""
    return sha256(token.encode()).hexdigest()


def key_of(invitation: Invitation) -> str:
    """Return the key of the invitation's letter in the outbox."""
    return f"invitation:{invitation.id}:{invitation.token_hash[:16]}"
