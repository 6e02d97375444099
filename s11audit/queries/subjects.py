"""All that is held on one person: their account, what they did and wrote, their letters, and where
else they are named (domain rule 84).

What other people wrote is told as places, not as text; of what the person signed or wrote only
their own words are given.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, joinedload

from s11audit.domain import redacting
from s11audit.domain.enums import Role
from s11audit.domain.held import HELD, Held, columns_of
from s11audit.domain.history import what_in_words
from s11audit.domain.wording import in_words
from s11audit.models import (
    AuditLog,
    Base,
    Board,
    Grant,
    Invitation,
    OutboxMessage,
    Submission,
    User,
)
from s11audit.models.audit_log import chain_of
from s11audit.queries.texts import agency_names, payloads, text_rows

# What belongs to an account and is given as it is, without what it signs in with.
OF_ACCOUNT = ("user_session", "user_identity", "passkey", "calendar_feed", "authenticator")
# Copies that hold what many people wrote: named by place, not given again.
FROZEN = ("submission.snapshot", "plan_submission.snapshot", "minutes.snapshot")


@dataclass(frozen=True)
class Subject:
    """Who is asked for: an e-mail address, the name they go by, and the account, if there is one.
    `address_alone` and `name_alone`: nobody else has an account of that address, or that name."""

    email: str
    name: str
    user: User | None
    address_alone: bool
    name_alone: bool


def subject_of(session: Session, user: User) -> Subject:
    """Return the person of an account."""
    same = select(func.count()).select_from(User).where(User.id != user.id)
    shared = session.scalar(same.where(User.email == user.email))
    folded = redacting.fold(user.name)
    names = session.scalars(select(User.name).where(User.id != user.id))
    return Subject(
        user.email,
        user.name,
        user,
        not shared,
        not any(redacting.fold(each) == folded for each in names),
    )


def without_account(email: str, name: str) -> Subject:
    """Return somebody who has no account: invited, written to, or named."""
    return Subject(email, name, None, True, True)


def held_on(session: Session, subject: Subject) -> dict[str, Any]:
    """Return all that is held on a person, as JSON can hold it."""
    return {
        "account": _account(session, subject),
        "roles": _roles(session, subject),
        "invitations": _invitations(session, subject),
        "letters": _letters(session, subject),
        "signed": _signed(session, subject),
        "wrote": _wrote(session, subject),
        "did": _did(session, subject),
        "named": _named(session, subject),
    }


def _account(session: Session, subject: Subject) -> dict[str, Any] | None:
    user = subject.user
    if user is None:
        return None
    found: dict[str, Any] = {
        "number": user.id,
        "name": user.name,
        "e-mail address": user.email,
        "sign-in name": user.sign_in_name,
        "open": user.active,
        "opened": _plain(user.created_at),
        "closed": _plain(user.deactivated_at),
        "password": "Set; kept so that nobody can read it" if user.password else "Not set",
    }
    for name in OF_ACCOUNT:
        table = Base.metadata.tables[name]
        secret = {*columns_of(name, Held.SECRET), "id", "user_id"}
        shown = [column for column in table.columns if column.name not in secret]
        rows = session.execute(
            select(*shown).where(table.c.user_id == user.id).order_by(*table.primary_key.columns)
        ).mappings()
        found[HELD[name].place.lower()] = [
            {column: _plain(value) for column, value in row.items()} for row in rows
        ]
    codes = Base.metadata.tables["recovery_code"]
    found["recovery codes"] = session.scalar(
        select(func.count()).select_from(codes).where(codes.c.user_id == user.id)
    )
    return found


def _roles(session: Session, subject: Subject) -> list[dict[str, Any]]:
    if subject.user is None:
        return []
    grants = session.scalars(
        select(Grant)
        .where(Grant.user_id == subject.user.id)
        .order_by(Grant.id)
        .options(joinedload(Grant.board), joinedload(Grant.membership))
    )
    return [
        {
            "role": in_words(each.role),
            "agency": each.membership.name if each.membership else None,
            "board": each.board.name if each.board else None,
            "return": each.return_id,
            "given": _plain(each.granted_at),
            "until": _plain(each.until),
            "ended": _plain(each.ended_at),
        }
        for each in grants
    ]


def _invitations(session: Session, subject: Subject) -> list[dict[str, Any]]:
    theirs = Invitation.email == subject.email
    if subject.user is not None:
        accepted = Invitation.accepted_by_id == subject.user.id
        theirs = or_(accepted, theirs) if subject.address_alone else accepted
    found = session.scalars(select(Invitation).where(theirs).order_by(Invitation.id))
    return [
        {
            "e-mail address": each.email,
            "name": each.name,
            "role": in_words(each.role),
            "sent": _plain(each.sent_at),
            "accepted": _plain(each.accepted_at),
            "withdrawn": _plain(each.revoked_at),
        }
        for each in found
    ]


def _letters(session: Session, subject: Subject) -> list[dict[str, Any]]:
    """Of a mailbox that several share, those letters that name the person."""
    found = session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.to_email == subject.email)
        .order_by(OutboxMessage.id)
    )
    mine = [
        each
        for each in found
        if subject.address_alone or subject.name in each.body or subject.name in each.subject
    ]
    return [
        {
            "subject": each.subject,
            "text": "Not shown: it holds a link that opens an account"
            if each.secret
            else each.body,
            "written": _plain(each.created_at),
            "sent": _plain(each.sent_at),
        }
        for each in mine
    ]


def _signed(session: Session, subject: Subject) -> list[dict[str, Any]]:
    signed: ColumnElement[bool] = func.lower(Submission.signatory_email) == subject.email
    if not subject.address_alone:
        signed &= Submission.signatory_name == subject.name
    found = session.scalars(select(Submission).where(signed).order_by(Submission.id))
    return [
        {
            "reference": each.reference,
            "name": each.signatory_name,
            "designation": each.signatory_designation,
            "e-mail address": each.signatory_email,
            "on": _plain(each.effective_at),
        }
        for each in found
    ]


def _wrote(session: Session, subject: Subject) -> list[dict[str, Any]]:
    """Return what the person wrote, as it stands: the words of rows that say that they did."""
    user = subject.user
    if user is None:
        return []
    response = Base.metadata.tables["response"]
    wrote: list[dict[str, Any]] = []
    for name, kept in HELD.items():
        table = Base.metadata.tables[name]
        words = [each for each in columns_of(name, Held.WORDS) if f"{name}.{each}" not in FROZEN]
        writers = [
            column
            for column in table.columns
            if any(key.column.table.name == "user" for key in column.foreign_keys)
            and column.name not in ("user_id", "assigned_to_id", "reviewer_id", "from_user_id")
        ]
        if not words or not (writers or name in ("answer", "proposed_action")):
            continue
        statement = select(*(table.c[each] for each in words)).order_by(*table.primary_key.columns)
        if writers:
            statement = statement.where(or_(*(column == user.id for column in writers)))
        else:
            statement = statement.join(response, response.c.id == table.c.response_id)
            statement = statement.where(response.c.saved_by_id == user.id)
        for row in session.execute(statement).mappings():
            said = {column: _plain(value) for column, value in row.items() if value}
            if said:
                wrote.append({"where": kept.place, **said})
    return wrote


def _did(session: Session, subject: Subject) -> list[dict[str, Any]]:
    if subject.user is None:
        return []
    boards = {chain_of(each.id): each.name for each in session.scalars(select(Board))}
    found = session.execute(
        select(
            AuditLog.chain,
            AuditLog.sequence,
            AuditLog.at,
            AuditLog.role,
            AuditLog.what,
            AuditLog.address,
        )
        .where(AuditLog.user_id == subject.user.id)
        .order_by(AuditLog.at, AuditLog.id)
    )
    return [
        {
            "log of": boards.get(each.chain, "the installation"),
            "entry": each.sequence,
            "when": _plain(each.at),
            "role": in_words(Role(each.role)) if each.role else None,
            "what": what_in_words(each.what),
            "from the network address": each.address,
        }
        for each in found
    ]


def _named(session: Session, subject: Subject) -> list[dict[str, Any]]:
    """Return where the person's e-mail address or name stands in what anybody wrote, and how
    often."""
    count = _mentions(subject)
    boards = {each.id: each.name for each in session.scalars(select(Board))}
    agencies = agency_names(session, None)
    places: Counter[tuple[str, str, str]] = Counter()
    for row in text_rows(session, None, Held.WORDS, Held.PERSON):
        found = sum(count(text) for text in redacting.strings_of(list(row.texts.values())))
        if found:
            board, agency = (
                boards.get(row.board_id or 0, ""),
                agencies.get(row.membership_id or 0, ""),
            )
            places[board, agency, HELD[row.table].place] += found
    for entry in payloads(session, None):
        found = sum(count(text) for text in redacting.strings_of(entry.document))
        if found:
            agency = agencies.get(entry.membership_id or 0, "")
            place = HELD["audit_payload"].place
            places[boards.get(entry.board_id or 0, "the installation"), agency, place] += found
    return [
        {"board": board, "agency": agency, "where": place, "times": times}
        for (board, agency, place), times in sorted(places.items())
    ]


def _mentions(subject: Subject) -> Callable[[str], int]:
    address = redacting.address_pattern(subject.email)
    try:
        name = redacting.read_passage(subject.name)
    except ValueError:
        return lambda text: len(address.findall(text))
    return lambda text: len(address.findall(text)) + len(redacting.spans_of(text, name))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date) else value
