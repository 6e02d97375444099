"""What must not live on in a database that was put back: who was signed in, links that work once,
and letters that may have been sent since."""

from datetime import datetime
from secrets import token_hex
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from s11audit.models import Invitation, OutboxMessage, User, UserSession
from s11audit.models.outbox import MOST_ATTEMPTS

HELD_BACK = "Held back: this was waiting when the backup was made, and may have been sent since."


def end_what_was_open(session: Session, *, now: datetime) -> None:
    """End every session, make every one-time link useless, and hold back mail that waits: the
    board office has it sent, message by message, under "Unsent mail". What a link was used for,
    or a session ended for, may have happened after the backup."""
    session.execute(update(UserSession).where(UserSession.ended_at.is_(None)).values(ended_at=now))
    for user_id in session.scalars(select(User.id)).all():
        session.execute(update(User).where(User.id == user_id).values(fs_uniquifier=uuid4().hex))
    open_ones = select(Invitation.id).where(
        Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None)
    )
    for invitation_id in session.scalars(open_ones).all():
        session.execute(
            update(Invitation)
            .where(Invitation.id == invitation_id)
            .values(token_hash=token_hex(32))
        )
    waiting = update(OutboxMessage).where(OutboxMessage.sent_at.is_(None))
    session.execute(waiting.values(attempts=MOST_ATTEMPTS, last_error=HELD_BACK))
    session.execute(
        waiting.where(OutboxMessage.secret).values(
            body="(The link in this message no longer works. Send a new one.)\n"
        )
    )
