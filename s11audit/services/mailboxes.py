"""Mailboxes and sign-in names: who is meant by an e-mail address (domain rule 68).

Most addresses are one person's. Where an office shares a mailbox, each of its people has an account
with a sign-in name of their own; the address alone then names nobody.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from s11audit.domain.addresses import (
    normal_email,
    normal_sign_in_name,
    read_sign_in_name,
    sign_in_name_of,
)
from s11audit.domain.errors import Invalid, Refused
from s11audit.domain.policy import Actor
from s11audit.domain.texts import person_name
from s11audit.models import User
from s11audit.services import log, outbox
from s11audit.services.letters import letter


def accounts_of(
    session: Session, email: str, *, active: bool = True, for_update: bool = False
) -> Sequence[User]:
    """Return the accounts of that address in the order they were opened, without those that were
    deactivated unless not `active`."""
    statement = select(User).where(User.email == normal_email(email)).order_by(User.id)
    if active:
        statement = statement.where(User.active.is_(True))
    if for_update:
        statement = statement.with_for_update()
    return session.scalars(statement).all()


def sole_account(session: Session, email: str) -> User | None:
    """Return the account of an address that only one has; None where there is none or the mailbox
    is shared, by accounts that were deactivated too. What an address alone proves, as another
    service's word for it does, is proved for nobody in particular then."""
    found = accounts_of(session, email, active=False)
    return found[0] if len(found) == 1 else None


def account_named(session: Session, typed: str) -> User | None:
    """Return whom somebody means who signs in: by the sign-in name, or by the address where it is
    one person's. Deactivated accounts are found too; the caller refuses them."""
    if "@" in typed:
        return sole_account(session, typed)
    name = normal_sign_in_name(typed)
    return session.scalar(select(User).where(User.sign_in_name == name)) if name else None


def accounts_meant(session: Session, typed: str) -> Sequence[User]:
    """Return whom somebody may mean who has forgotten a password: every active account of the
    address, or the one of the sign-in name."""
    if "@" in typed:
        return accounts_of(session, typed)
    found = account_named(session, typed)
    return [found] if found and found.active else []


def new_sign_in_name(session: Session, typed: str | None) -> str:
    """Return the sign-in name that somebody chose. Raises Invalid where it cannot be one or is
    taken."""
    try:
        name = read_sign_in_name(typed or "")
    except ValueError as error:
        raise Invalid(f"{error}.", {"sign_in_name": str(error)}) from None
    if session.scalar(select(User.id).where(User.sign_in_name == name)) is not None:
        message = "This sign-in name is taken. Choose another one"
        raise Invalid(f"{message}.", {"sign_in_name": message})
    return name


def give_sign_in_names(session: Session, actor: Actor, email: str, *, now: datetime) -> None:
    """Give each account of the address that has no sign-in name one, made of its name, and tell
    the person: somebody else is about to share the mailbox, and the address alone will no longer
    name them."""
    for user in accounts_of(session, email, active=False, for_update=True):
        if user.sign_in_name is not None:
            continue
        user.sign_in_name = _free(session, sign_in_name_of(user.name))
        session.flush()
        log.record(
            session, actor, None, "user.sign_in_name_given", "user", user.id,
            now=now, board_id=None, after={"sign_in_name": user.sign_in_name},
        )  # fmt: skip
        if not user.active:
            continue
        link = f"{session.info.get('base_url', '')}/account/name"
        subject, body = letter(
            "sign_in_name", name=user.name, sign_in_name=user.sign_in_name, link=link
        )
        outbox.queue(
            session,
            dedupe_key=f"sign-in-name:{user.id}:{user.sign_in_name}",
            to_email=user.email,
            subject=subject,
            body=body,
            board_id=None,
            now=now,
        )


def change_name(
    session: Session, actor: Actor, name: str, sign_in_name: str, *, now: datetime
) -> None:
    """Let a person change the name that others see and their sign-in name; an empty one takes it
    away. What was done until now keeps the old name in the log.

    Raises Invalid for either, Refused where others share the mailbox and none is given.
    """
    user = session.scalars(select(User).where(User.id == actor.user_id).with_for_update()).one()
    before = {"name": user.name, "sign_in_name": user.sign_in_name}
    user.name = person_name(name)
    if normal_sign_in_name(sign_in_name) != (user.sign_in_name or ""):
        if normal_sign_in_name(sign_in_name):
            user.sign_in_name = new_sign_in_name(session, sign_in_name)
        elif len(accounts_of(session, user.email, active=False, for_update=True)) > 1:
            raise Refused(
                "Others share your mailbox, so you need a sign-in name. You can choose another."
            )
        else:
            user.sign_in_name = None
    after = {"name": user.name, "sign_in_name": user.sign_in_name}
    if before == after:
        return
    session.flush()
    log.record(
        session, actor, None, "user.named", "user", user.id,
        now=now, board_id=None, before=before, after=after,
    )  # fmt: skip


def _free(session: Session, wanted: str) -> str:
    """Return that sign-in name, or where it is taken the first free one with a number."""
    taken = set(
        session.scalars(
            select(User.sign_in_name).where(
                func.substr(User.sign_in_name, 1, len(wanted)) == wanted
            )
        )
    )
    number, found = 2, wanted
    while found in taken:
        found, number = f"{wanted}{number}", number + 1
    return found
