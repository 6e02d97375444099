"""Reads of the outbox."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from s11audit.models import OutboxMessage
from s11audit.models.outbox import HELD_BACK, MOST_ATTEMPTS
from s11audit.queries.paging import Page, page_of

PAGE_LENGTH = 50


def unsent_messages(session: Session, board_id: int | None, *, page: int) -> Page[OutboxMessage]:
    """Return one page of a board's (None: the installation's) messages that were not sent yet,
    the newest first, in two queries."""
    statement = (
        select(OutboxMessage)
        .where(
            OutboxMessage.board_id.is_(None)
            if board_id is None
            else OutboxMessage.board_id == board_id,
            OutboxMessage.sent_at.is_(None),
        )
        .order_by(OutboxMessage.created_at.desc(), OutboxMessage.id.desc())
    )
    return page_of(session, statement, page=page, length=PAGE_LENGTH)


@dataclass(frozen=True)
class Unsent:
    """How many messages wait to be sent, since when the oldest of them does; how many were given
    up, and within an hour when the last of them was; and how many are held back since a backup was
    restored."""

    waiting: int
    since: datetime | None
    given_up: int
    given_up_at: datetime | None
    held_back: int


def unsent(session: Session) -> Unsent:
    """Return how the outbox of the installation does, in one query."""
    waits = OutboxMessage.attempts < MOST_ATTEMPTS
    held = and_(~waits, OutboxMessage.last_error == HELD_BACK)
    given_up = and_(~waits, OutboxMessage.last_error != HELD_BACK)
    row = session.execute(
        select(
            func.count(case((waits, 1))),
            func.min(OutboxMessage.created_at).filter(waits),
            func.count(case((given_up, 1))),
            func.max(OutboxMessage.next_attempt_at).filter(given_up),
            func.count(case((held, 1))),
        ).where(OutboxMessage.sent_at.is_(None))
    ).one()
    return Unsent(*row)
