"""What must not live on in a database that was put back: who was signed in, links that work once,
letters that may have been sent since, and the sign of life of another machine's worker."""

from datetime import datetime
from secrets import token_hex
from uuid import uuid4

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from s11audit.models import Invitation, OutboxMessage, User, UserSession, WorkerBeat
from s11audit.models.outbox import HELD_BACK, MOST_ATTEMPTS


def end_what_was_open(session: Session, *, now: datetime) -> None:
    """End every session, make every one-time link useless, take letters that hold such a link out
    of the outbox, and hold back the other mail that waits: the board office has it sent, message
    by message, under "Unsent mail". What a link was used for, or a session ended for, may have
    happened after the backup."""
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
    waits = OutboxMessage.sent_at.is_(None)
    session.execute(delete(OutboxMessage).where(waits, OutboxMessage.secret))
    session.execute(
        update(OutboxMessage).where(waits).values(attempts=MOST_ATTEMPTS, last_error=HELD_BACK)
    )
    session.execute(delete(WorkerBeat))
