"""Chasing: an e-mail that the office writes to those whose returns are still out."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain import placeholders, policy
from s11audit.domain.dates import in_words, london_today
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.policy import Actor, Can, Facts
from s11audit.domain.texts import one_line, several_lines
from s11audit.models import OutboxMessage
from s11audit.queries.chasing import Chaseable, returns_to_chase
from s11audit.queries.contacts import people_to_write_to
from s11audit.services import log, outbox

PLACEHOLDERS = ("name", "agency", "due date", "cycle", "board", "link")
LONGEST_TEXT = 5000


@dataclass(frozen=True)
class Letter:
    """One e-mail to one person about one return."""

    return_id: int
    user_id: int
    to_name: str
    to_email: str
    agency: str
    subject: str
    body: str


@dataclass(frozen=True)
class Chasing:
    """What would be sent: the letters, and the agencies that have nobody to write to."""

    letters: Sequence[Letter]
    nobody: Sequence[str]

    @property
    def returns(self) -> int:
        """How many returns are written about."""
        return len({letter.return_id for letter in self.letters})


def write_letters(
    session: Session,
    actor: Actor,
    board_id: int,
    return_ids: Collection[int],
    subject: str,
    text: str,
    *,
    now: datetime,
) -> Chasing:
    """Return the letters as they would go out, without sending any.

    Returns that were sent in meanwhile, are not asked for or whose stage is closed are left out.
    Raises Invalid (subject, text, unknown words in braces), and NotFound where a return is not
    the board's.
    """
    policy.check(actor, Can.MANAGE_RETURNS, Facts(board_id), sees=Can.SEE_BOARD)
    subject, text = _checked(subject, text)
    found = returns_to_chase(session, board_id, return_ids)
    if found is None:
        raise NotFound("There is no such return on this board.")
    people = people_to_write_to(session, {one.membership_id for one in found}, london_today(now))
    base = session.info.get("base_url", "")
    letters = [
        Letter(
            return_id=one.return_id,
            user_id=person.id,
            to_name=person.name,
            to_email=person.email,
            agency=one.agency,
            subject=placeholders.fill(subject, values := _values(one, person.name, base)),
            body=placeholders.fill(text, values) + "\n",
        )
        for one in found
        for person in people.get(one.membership_id, [])
    ]
    nobody = [one.agency for one in found if one.membership_id not in people]
    return Chasing(letters, nobody)


def chase(
    session: Session,
    actor: Actor,
    board_id: int,
    return_ids: Collection[int],
    subject: str,
    text: str,
    *,
    batch: str,
    now: datetime,
) -> Chasing:
    """Queue an e-mail for each person of each return, log it for each return, and return what was
    queued. `batch` names this sending: a second one of the same name is Refused.

    Otherwise as `write_letters`; Refused too where there is nobody to write to.
    """
    role = policy.check(actor, Can.MANAGE_RETURNS, Facts(board_id), sees=Can.SEE_BOARD)
    if not re.fullmatch(r"[0-9a-f]{32}", batch):
        raise Invalid("The page was altered. Open it again.")
    prefix = f"chase:{board_id}:{batch}:"
    sent = select(OutboxMessage.id).where(OutboxMessage.dedupe_key.startswith(prefix)).limit(1)
    if session.scalar(sent) is not None:
        raise Refused("This e-mail has been sent already. Nobody was written to twice.")
    chasing = write_letters(session, actor, board_id, return_ids, subject, text, now=now)
    if not chasing.letters:
        raise Refused("There is nobody to write to, so nothing was sent.")
    to: dict[int, list[str]] = {}
    for letter in chasing.letters:
        outbox.queue(
            session,
            dedupe_key=f"{prefix}{letter.return_id}:{letter.user_id}",
            to_email=letter.to_email,
            subject=letter.subject,
            body=letter.body,
            board_id=board_id,
            now=now,
        )
        to.setdefault(letter.return_id, []).append(letter.to_email)
    for return_id, addresses in to.items():
        log.record(
            session, actor, role, "return.chased", "return", return_id,
            now=now, board_id=board_id, return_id=return_id,
            after={"to": addresses, "subject": subject, "text": text},
        )  # fmt: skip
    return chasing


def _checked(subject: str, text: str) -> tuple[str, str]:
    problems: dict[str, str] = {}
    for field, what, read, longest in (
        ("subject", "subject", one_line, 200),
        ("text", "text of the e-mail", several_lines, LONGEST_TEXT),
    ):
        typed = subject if field == "subject" else text
        try:
            typed = read(typed, field, what, longest)
        except Invalid as error:
            problems |= error.problems
            continue
        if strange := placeholders.unknown(typed, PLACEHOLDERS):
            known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
            problems[field] = f"{{{strange[0]}}} is not known. You can use {known}"
    if problems:
        raise Invalid("; ".join(problems.values()) + ".", problems)
    return " ".join(subject.split()), several_lines(text, "text", "text", LONGEST_TEXT)


def _values(one: Chaseable, person: str, base: str) -> Mapping[str, str]:
    return {
        "name": person,
        "agency": one.agency,
        "due date": in_words(one.due_on),
        "cycle": one.cycle,
        "board": one.board,
        "link": f"{base}/returns/{one.return_id}/tasks",
    }
