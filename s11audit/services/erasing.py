"""Erasing the personal details of an account that is closed (domain rule 83).

What the person did stays in the record, attributed to what they were: "a former safeguarding lead
of Ashwick Council". Their name, addresses, sign-in name, and all they signed in with go; so do
their letters, and their name and e-mail address where the record holds them as a person's. What
people wrote about them in their own words stays: an office redacts that, passage by passage.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session, joinedload

from s11audit.domain import policy, redacting
from s11audit.domain.enums import RedactionKind, Role
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.held import HELD
from s11audit.domain.policy import OPERATOR, Actor, Can
from s11audit.domain.texts import several_lines
from s11audit.domain.wording import in_words
from s11audit.models import (
    Authenticator,
    CalendarFeed,
    DigestChoice,
    Grant,
    Invitation,
    OutboxMessage,
    Passkey,
    RecoveryCode,
    Redaction,
    Return,
    User,
    UserIdentity,
    UserSession,
)
from s11audit.queries.subjects import subject_of
from s11audit.services import log, log_payloads, redacted_texts
from s11audit.services.redacted_texts import Look

# What belongs to the account alone and goes with its details.
OWN = (
    UserSession,
    Authenticator,
    RecoveryCode,
    Passkey,
    UserIdentity,
    CalendarFeed,
    DigestChoice,
)
SHORTEST_WORD = 4  # of a name that is looked for by itself
NOWHERE = "erased.invalid"  # a name that no mail server has (RFC 2606)


@dataclass(frozen=True)
class Details:
    """What identifies the person, None where somebody else is called or reached the same."""

    email: str | None
    name: str | None
    sign_in_name: str | None


def former_role(session: Session, user_id: int) -> str:
    """Return what is said of a person whose details were erased: their latest role."""
    grant = session.scalar(
        select(Grant)
        .where(Grant.user_id == user_id)
        .order_by(Grant.granted_at.desc(), Grant.id.desc())
        .limit(1)
        .options(joinedload(Grant.board), joinedload(Grant.membership))
    )
    if grant is None:
        return "A former user"
    where = ""
    if grant.membership is not None:
        where = f" of {grant.membership.name}"
    elif grant.board is not None:
        where = f" of {grant.board.name}"
    elif grant.return_id is not None:
        visited = session.get_one(Return, grant.return_id)
        where = f" to {visited.membership.name}"
    role = in_words(grant.role)
    role = role if role.startswith("QA") else role[0].lower() + role[1:]
    return f"A former {role}{where}"[:200]


def is_erased(user: User) -> bool:
    """Return whether the details of an account were erased."""
    return user.email.endswith(f"@{NOWHERE}")


def erase(
    session: Session, actor: Actor, user_id: int, typed: str, reason: str, *, now: datetime
) -> Redaction:
    """Erase the personal details of a closed account, for good, and return what is kept of that.

    `typed` is the account's e-mail address, typed to confirm. Raises NotAllowed and NotFound for
    who is no administrator, Refused where the account is open or erased already, Invalid for the
    reason and for an address that is not the account's.
    """
    role = policy.check(actor, Can.MANAGE_INSTALLATION, policy.INSTALLATION)
    user = session.scalar(select(User).where(User.id == user_id).with_for_update())
    if user is None:
        raise NotFound("There is no such account.")
    if is_erased(user):
        raise Refused("The details of this account are erased already.")
    if user.active:
        raise Refused("Only the details of a closed account can be erased. Deactivate it first.")
    if typed.strip().casefold() != user.email:
        message = "Type the e-mail address of the account as it is shown"
        raise Invalid(f"{message}.", {"typed": message})
    why = several_lines(reason, "reason", "reason")
    details = details_of(session, user)
    if _is_named(user, why):
        message = "The reason must not name the person: it stays readable"
        raise Invalid(f"{message}.", {"reason": message})
    made = Redaction(
        uid=token_hex(16),
        kind=RedactionKind.PERSON,
        user_id=user_id,
        salt=(salt := token_hex(16)),
        digest=redacting.digest_of(user.email, salt),
        tombstone=former_role(session, user_id)[:100],
        reason=why,
        places={},
        made_at=now,
        by_id=actor.user_id,
        by_role=role.value,
    )
    session.add(made)
    session.flush()
    made.places = _erase(session, actor, role, user, details, made, now)
    log.record(
        session, actor, role, "user.erased", "user", user_id, now=now, board_id=None,
        after={"uid": made.uid, "reason": why, "places": made.places},
    )  # fmt: skip
    session.flush()
    return made


def erase_again(session: Session, made: Redaction, *, now: datetime) -> None:
    """Erase the details of an account again in a database that was put back; `made` is in it
    already. An account that the backup has open is closed, with its roles and offers. Nothing
    happens where the account of that number is somebody else's."""
    user = session.get(User, made.user_id)
    if user is None or made.salt is None:
        return
    if redacting.digest_of(user.email, made.salt) != made.digest:
        return
    details = details_of(session, user)
    if user.active:
        _close(session, user, details, now)
    _erase(session, OPERATOR, Role.ADMIN, user, details, made, now)


def _close(session: Session, user: User, details: Details, now: datetime) -> None:
    """Close an account that was closed when its details were erased: its roles end, and what was
    offered to it is withdrawn."""
    roles = session.execute(
        update(Grant)
        .where(Grant.user_id == user.id, Grant.ended_at.is_(None))
        .values(ended_at=now)
        .returning(Grant.id)
    ).all()
    theirs = Invitation.for_user_id == user.id
    if details.email is not None:
        theirs |= Invitation.email == details.email
    offers = session.execute(
        update(Invitation)
        .where(theirs, Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(Invitation.id)
    ).all()
    user.active = False
    user.deactivated_at = now
    log.record(
        session, OPERATOR, Role.ADMIN, "user.deactivated", "user", user.id, now=now, board_id=None,
        after={"roles": len(roles), "invitations": len(offers)},
    )  # fmt: skip


def details_of(session: Session, user: User) -> Details:
    """Return what identifies the person and nobody else."""
    found = subject_of(session, user)
    return Details(
        user.email if found.address_alone else None,
        user.name if found.name_alone else None,
        user.sign_in_name,
    )


def _erase(
    session: Session,
    actor: Actor,
    role: Role,
    user: User,
    details: Details,
    made: Redaction,
    now: datetime,
) -> dict[str, dict[str, int]]:
    was = made.tombstone
    reference = f"account {user.id}"
    for model in OWN:
        session.execute(delete(model).where(model.user_id == user.id))
    _erase_letters(session, user, details, was)
    _erase_invitations(session, user, details)
    user.name = was
    user.email = f"account-{user.id}@{NOWHERE}"
    user.sign_in_name = None
    user.password = None
    user.fs_uniquifier = uuid4().hex
    session.flush()
    look = _look(details, was)
    hits = redacted_texts.find(session, None, look)
    counts = redacted_texts.change(
        session, actor, role, hits, look, by="erasure", reference=reference, now=now
    )
    entries = log_payloads.erase_names(
        session, actor, role, user.id, was, reference=reference, now=now
    )
    if entries:
        counts.setdefault("", {})[HELD["audit_log"].place] = entries
    return counts


def _erase_letters(session: Session, user: User, details: Details, was: str) -> None:
    """Letters keep their row, so that none is queued again, and nothing else. Of a shared mailbox
    only those that name the person go."""
    to_them = OutboxMessage.to_email == user.email
    if details.email is None:
        named = f"%{user.name.replace('%', '').replace('_', '')}%"
        to_them &= or_(OutboxMessage.body.like(named), OutboxMessage.subject.like(named))
    session.execute(delete(OutboxMessage).where(to_them, OutboxMessage.sent_at.is_(None)))
    session.execute(
        update(OutboxMessage)
        .where(to_them)
        .values(
            to_email=f"account-{user.id}@{NOWHERE}",
            subject=f"Letter to {was[0].lower()}{was[1:]}"[:300],
            body="",
            last_error="",
        )
        .execution_options(synchronize_session=False)
    )


def _erase_invitations(session: Session, user: User, details: Details) -> None:
    theirs = Invitation.accepted_by_id == user.id
    if details.email is not None:
        theirs |= Invitation.email == details.email
    session.execute(
        update(Invitation)
        .where(theirs)
        .values(email=f"account-{user.id}@{NOWHERE}", name=None)
        .execution_options(synchronize_session=False)
    )


def _look(details: Details, was: str) -> Look:
    """Return the look that puts what the person was in the place of their e-mail address wherever
    it stands, and of their name or sign-in name where it stands alone."""
    mark = _address(details.email, was) if details.email else None
    alone = {redacting.fold(each) for each in (details.name, details.sign_in_name) if each}
    both = f"{details.name} <{details.email}>"

    def of_text(text: str) -> tuple[str, int]:
        if redacting.fold(text) in alone or (details.name and text == both):
            return was, 1
        return mark(text) if mark else (text, 0)

    return lambda value, _membership_id: redacted_texts.within(value, of_text)


def _is_named(user: User, text: str) -> bool:
    """Whether a text names the person, by any word of their name too."""
    words = [each for each in user.name.split() if len(each) >= SHORTEST_WORD]
    for each in (user.name, user.email, user.sign_in_name or "", *words):
        try:
            passage = redacting.read_passage(each)
        except ValueError:  # too short to be told from other words
            continue
        if redacting.spans_of(text, passage):
            return True
    return False


def _address(email: str, was: str) -> Callable[[str], tuple[str, int]]:
    pattern = redacting.address_pattern(email)
    place: Any = was.replace("\\", r"\\")
    return lambda text: pattern.subn(place, text)
