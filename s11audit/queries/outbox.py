"""Reads of the outbox."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from s11audit.models import OutboxMessage
from s11audit.models.outbox import MOST_ATTEMPTS
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
    """How many messages wait to be sent, since when the oldest of them does, and how many were
    given up or held back."""

    waiting: int
    since: datetime | None
    given_up: int


def unsent(session: Session) -> Unsent:
    """Return how the outbox of the installation does, in one query."""
    waits = OutboxMessage.attempts < MOST_ATTEMPTS
    waiting, since, count = session.execute(
        select(
            func.count(case((waits, 1))),
            func.min(OutboxMessage.created_at).filter(waits),
            func.count(),
        ).where(OutboxMessage.sent_at.is_(None))
    ).one()
    return Unsent(waiting, since, count - waiting)
