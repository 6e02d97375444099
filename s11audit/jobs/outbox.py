"""Sends what waits in the outbox.

A message is claimed before it is sent, and marked once the server has taken it, each in a
transaction of its own. A process that dies leaves its claims to run out, and what it had claimed
is then sent. None is lost. One message at most can come twice: the one that the server had taken
in the moment between its answer and our mark. Its Message-ID is the same each time, so that mail
boxes can tell. See docs/decisions.
"""

import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy import select

from s11audit.adapters.mail import MailFailed, Post, can_send, connected
from s11audit.models import OutboxMessage
from s11audit.models.outbox import MOST_ATTEMPTS
from s11audit.transactions import writing

BATCH = 50
CLAIM = timedelta(minutes=15)  # longer than a batch may take, see BATCH_SECONDS
BATCH_SECONDS = 600  # after which a slow server gets no more of a batch; the rest waits its turn
SERVER_AWAY = timedelta(minutes=2)
LONGEST_WAIT = timedelta(hours=1)
CLEARED = "(This message held a one-time link and was cleared once it had been sent.)\n"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Letter:
    """A message that this process has claimed."""

    id: int
    to: str
    subject: str
    body: str
    message_id: str


def send_waiting(now: datetime | None = None) -> tuple[int, int]:
    """Send every message whose time has come, in batches over one connection each. Returns how
    many were sent and how many were not. Sends nothing where no mail server is set. Needs an
    application context with mail set up.
    """
    sent = failed = 0
    if not can_send():
        return sent, failed
    while batch := _claim(now or datetime.now(UTC)):
        began, tried = time.monotonic(), 0
        try:
            with connected() as post:
                for letter in batch:
                    if time.monotonic() - began > BATCH_SECONDS:
                        _postpone(batch[tried:], "The mail server is slow.", timedelta(0))
                        return sent, failed
                    tried += 1
                    sent, failed = _send(post, letter, sent, failed)
        except MailFailed as error:
            _postpone(batch[tried:], str(error), SERVER_AWAY)
            logger.warning("The mail server cannot be used; mail waits in the outbox, with why.")
            broke = 1 if tried else 0  # at a letter, which has been noted, or before the first
            return sent, failed + broke + len(batch) - tried
    return sent, failed


def wait_after(attempts: int) -> timedelta:
    """Return how long a message waits that was refused so often: 1 minute, 2, 4 ... an hour."""
    return min(timedelta(minutes=2 ** min(attempts - 1, 10)), LONGEST_WAIT)


def _claim(now: datetime) -> list[Letter]:
    with writing() as session:
        found = session.scalars(
            select(OutboxMessage)
            .where(
                OutboxMessage.sent_at.is_(None),
                OutboxMessage.next_attempt_at <= now,
                OutboxMessage.attempts < MOST_ATTEMPTS,
            )
            .order_by(OutboxMessage.next_attempt_at, OutboxMessage.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        for message in found:
            message.next_attempt_at = now + CLAIM
        host = urlsplit(current_app.config["BASE_URL"]).hostname or "localhost"
        return [
            Letter(
                message.id,
                message.to_email,
                message.subject,
                message.body,
                f"<{message.created_at:%Y%m%d%H%M%S}.{message.id}@{host}>",
            )
            for message in found
        ]


def _send(post: Post, letter: Letter, sent: int, failed: int) -> tuple[int, int]:
    """Send one letter and note it. Raises MailFailed where no further one can be sent.

    A letter at which the connection broke waits like one that was refused: were it tried first
    again and again, one that a server cannot bear would hold up all others.
    """
    try:
        post.send(
            to=letter.to, subject=letter.subject, body=letter.body, message_id=letter.message_id
        )
    except MailFailed as error:
        _note_refusal(letter, str(error))
        if not error.lasting:
            raise
        return sent, failed + 1
    with writing() as session:
        message = session.get(OutboxMessage, letter.id, with_for_update=True)
        if message is not None:
            message.sent_at = datetime.now(UTC)
            message.attempts += 1
            message.last_error = ""
            if message.secret:
                message.body = CLEARED
    return sent + 1, failed


def _note_refusal(letter: Letter, reason: str) -> None:
    with writing() as session:
        message = session.get(OutboxMessage, letter.id, with_for_update=True)
        if message is not None:
            message.attempts += 1
            message.last_error = reason[:1000]
            message.next_attempt_at = datetime.now(UTC) + wait_after(message.attempts)


def _postpone(letters: list[Letter], reason: str, wait: timedelta) -> None:
    """Have the messages tried again after `wait`: that they were not sent is no fault of theirs."""
    with writing() as session:
        for message in session.scalars(
            select(OutboxMessage)
            .where(OutboxMessage.id.in_([letter.id for letter in letters]))
            .order_by(OutboxMessage.id)
            .with_for_update()
        ):
            message.last_error = reason[:1000]
            message.next_attempt_at = datetime.now(UTC) + wait
