"""Reads of the outbox."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.models import OutboxMessage
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
