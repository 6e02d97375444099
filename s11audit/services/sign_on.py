"""Coming in by single sign-on (domain rule 70): whom a provider's word names here, and accepting
an invitation by it. It opens no account and gives no role that was not offered."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.policy import Actor
from s11audit.domain.sign_on import Person, Provider
from s11audit.models import Invitation, User, UserIdentity
from s11audit.services import invitations, log, mailboxes, outbox, user_sessions
from s11audit.services.letters import letter


class Unknown(StrEnum):
    """Why nobody is signed in. The person is told the same of each; the process's log says it."""

    NO_ACCOUNT = "no account or invitation"
    NOT_VERIFIED = "the address is not vouched for"
    CLOSED = "the account is closed"
    ANOTHER_SUBJECT = "the account is bound to another person at the provider"


def account_of(
    session: Session, provider: Provider, person: Person, *, now: datetime
) -> User | Unknown:
    """Return the account that the provider's word names, binding it to the provider's mark for the
    person where it is the first time; the person is told by e-mail then.

    Once bound, the address counts no more: neither a changed one there nor one passed on to a
    colleague moves an account.
    """
    bound = session.scalar(_bound(provider, person).with_for_update())
    if bound is not None:
        return bound.user if bound.user.active else Unknown.CLOSED
    if person.email is None:
        return Unknown.NOT_VERIFIED
    user = mailboxes.sole_account(session, person.email)
    if user is None:
        return Unknown.NO_ACCOUNT
    if not user.active:
        return Unknown.CLOSED
    session.scalars(select(User.id).where(User.id == user.id).with_for_update()).one()
    if session.scalar(
        select(UserIdentity.id).where(
            UserIdentity.user_id == user.id, UserIdentity.issuer == provider.issuer
        )
    ):
        return Unknown.ANOTHER_SUBJECT
    _bind(session, provider, person, user, now)
    _tell(session, provider, user, now)
    return user


def waiting(
    session: Session, person: Person, *, now: datetime, for_update: bool = False
) -> Sequence[Invitation]:
    """Return the invitations that wait for the person's address, the first sent first; none where
    the address is not vouched for or has an account, which accepts by signing in."""
    if person.email is None or mailboxes.accounts_of(session, person.email, active=False):
        return []
    statement = (
        select(Invitation)
        .where(
            Invitation.email == person.email,
            Invitation.for_user_id.is_(None),
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > now,
        )
        .order_by(Invitation.sent_at, Invitation.id)
    )
    if for_update:
        statement = statement.with_for_update()
    return session.scalars(statement).all()


def accept(
    session: Session,
    provider: Provider,
    person: Person,
    name: str,
    invitation_ids: Collection[int],
    *,
    now: datetime,
) -> User:
    """Open the account of somebody invited, without a password, bound to the provider; with the
    roles of those invitations; and return it.

    Raises NotFound where one of them does not wait for this address (any more), Invalid for the
    name or where there is none of them.
    """
    found = [
        each
        for each in waiting(session, person, now=now, for_update=True)
        if each.id in invitation_ids
    ]
    if not invitation_ids:
        message = "Select at least one invitation"
        raise Invalid(f"{message}.", {"invitations": message})
    if len(found) < len(set(invitation_ids)) or person.email is None:
        raise NotFound("An invitation was withdrawn or is too old. Ask for a new one.")
    user, actor = invitations.open_account(session, person.email, name, password_hash=None, now=now)
    _bind(session, provider, person, user, now)
    for invitation in found:
        invitations.take_up(session, actor, invitation, now=now)
    return user


def identities(session: Session, user_id: int | None) -> Sequence[UserIdentity]:
    """Return by which providers a person comes in, in the order they were added."""
    return session.scalars(
        select(UserIdentity).where(UserIdentity.user_id == user_id).order_by(UserIdentity.id)
    ).all()


def forget(session: Session, actor: Actor, identity_id: int, *, now: datetime) -> None:
    """Let a person no longer come in by one provider as who they are there; sessions go on. The
    next sign-on of the account's address there binds it anew. Raises NotFound for another's,
    Refused where there would be no way in left."""
    found = session.scalar(
        select(UserIdentity)
        .where(UserIdentity.id == identity_id, UserIdentity.user_id == actor.user_id)
        .with_for_update()
    )
    if found is None:
        raise NotFound("There is no such single sign-on.")
    if found.user.password is None and len(identities(session, actor.user_id)) == 1:
        raise Refused("Set a password first: you would have no other way to sign in.")
    _remove(session, actor, found, now)


def forget_all(session: Session, actor: Actor, user: User, *, now: datetime) -> int:
    """Unbind an account from every provider and end its sessions: at the command line, for
    somebody whose account there was made anew. Return how many."""
    found = identities(session, user.id)
    for each in found:
        _remove(session, actor, each, now)
    user_sessions.end_all(session, user.id, now=now)
    return len(found)


def _bound(provider: Provider, person: Person) -> Select[UserIdentity]:
    return select(UserIdentity).where(
        UserIdentity.issuer == provider.issuer, UserIdentity.subject == person.subject
    )


def _bind(session: Session, provider: Provider, person: Person, user: User, now: datetime) -> None:
    session.add(
        UserIdentity(
            user_id=user.id,
            provider=provider.key,
            issuer=provider.issuer,
            subject=person.subject,
            added_at=now,
        )
    )
    session.flush()
    log.record(
        session, Actor(user.id, user.name, user.email), None, "sign_on.added", "user", user.id,
        now=now, board_id=None, after={"provider": provider.name},
    )  # fmt: skip


def _remove(session: Session, actor: Actor, found: UserIdentity, now: datetime) -> None:
    log.record(
        session, actor, None, "sign_on.removed", "user", found.user_id,
        now=now, board_id=None, before={"provider": found.provider},
    )  # fmt: skip
    session.delete(found)
    session.flush()


def _tell(session: Session, provider: Provider, user: User, now: datetime) -> None:
    subject, body = letter(
        "sign_on_added",
        name=user.name,
        provider=provider.name,
        at=now,
        link=f"{session.info.get('base_url', '')}/account/single-sign-on",
    )
    outbox.queue(
        session,
        dedupe_key=f"sign-on:{user.id}:{provider.key}:{now.isoformat()}",
        to_email=user.email,
        subject=subject,
        body=body,
        board_id=None,
        now=now,
    )
