"""The outbox: mail is written in the transaction of the change it tells of, and sent afterwards
by `s11audit.jobs.outbox`."""

from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from s11audit.models import OutboxMessage


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
