"""The outbox: mail is written in the transaction of the change it tells of, and sent afterwards
by `s11audit.jobs.outbox`."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from s11audit.domain import policy
from s11audit.domain.errors import NotFound
from s11audit.domain.policy import Actor, Can, Facts
from s11audit.models import OutboxMessage
from s11audit.services import log


def queue(
    session: Session,
    *,
    dedupe_key: str,
    to_email: str,
    subject: str,
    body: str,
    board_id: int | None,
    secret: bool = False,
    now: datetime,
) -> bool:
    """Queue one e-mail to one person; it goes out once the transaction has been committed.

    `dedupe_key` names the occasion ("published:17:lead@example.org"): a second message of the
    same key is not queued, and False is returned. `board_id` is the board whose office may see it
    (None: the administrators only). `secret` marks a body with a one-time link: it is cleared
    once sent. A subject is one line, whatever is given.
    """
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    queued = session.execute(
        insert(OutboxMessage)
        .values(
            dedupe_key=dedupe_key,
            to_email=to_email,
            subject=" ".join(subject.split())[:300],
            body=body,
            board_id=board_id,
            secret=secret,
            created_at=now,
            next_attempt_at=now,
            attempts=0,
            last_error="",
        )
        .on_conflict_do_nothing(index_elements=["dedupe_key"])
        .returning(OutboxMessage.id)
    )
    return queued.scalar() is not None


@dataclass(frozen=True)
class Letter:
    """One e-mail to one person, to be queued with others; see `queue`."""

    dedupe_key: str
    to_email: str
    subject: str
    body: str
    board_id: int | None


def queue_all(session: Session, letters: Sequence[Letter], *, now: datetime) -> None:
    """Queue many e-mails by one statement, otherwise as `queue`."""
    if not letters:
        return
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(
        insert(OutboxMessage).on_conflict_do_nothing(index_elements=["dedupe_key"]),
        [
            asdict(letter)
            | {
                "subject": " ".join(letter.subject.split())[:300],
                "secret": False,
                "created_at": now,
                "next_attempt_at": now,
                "attempts": 0,
                "last_error": "",
            }
            for letter in letters
        ],
    )


def withdraw(session: Session, dedupe_key: str) -> None:
    """Take back the message of that key where it has not been sent yet."""
    session.execute(
        delete(OutboxMessage).where(
            OutboxMessage.dedupe_key == dedupe_key, OutboxMessage.sent_at.is_(None)
        )
    )


def try_again(
    session: Session, actor: Actor, message_id: int, *, board_id: int | None, now: datetime
) -> None:
    """Have an unsent message of that board (None: of the installation) tried at once, also where
    it was given up. Raises NotFound where there is none."""
    role = policy.check(actor, Can.SEE_OUTBOX, Facts(board_id))
    message = session.scalar(
        select(OutboxMessage)
        .where(OutboxMessage.id == message_id, OutboxMessage.sent_at.is_(None))
        .with_for_update()
    )
    if message is None or message.board_id != board_id:
        raise NotFound("There is no such message.")
    message.attempts = 0
    message.next_attempt_at = now
    log.record(
        session, actor, role, "message.tried_again", "message", message.id,
        now=now, board_id=board_id,
    )  # fmt: skip
