"""The letters about passwords, and their place in the log."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy.orm import Session

from s11audit.domain.errors import NotFound
from s11audit.domain.policy import Actor
from s11audit.models import User
from s11audit.services import log
from s11audit.services.letters import letter
from s11audit.services.outbox import queue


def write_reset_letter(
    session: Session, user_id: int, path: str, *, hours: int, now: datetime
) -> None:
    """Queue the letter with the link (`path`) by which a person sets a new password. The boards'
    offices do not see it: with it one could sign in as the person."""
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("There is no such person.")
    subject, body = letter(
        "reset_password", name=user.name, link=session.info["base_url"] + path, hours=hours
    )
    queue(
        session,
        dedupe_key=f"reset:{sha256(path.encode()).hexdigest()}",
        to_email=user.email,
        subject=subject,
        body=body,
        board_id=None,
        secret=True,
        now=now,
    )


def write_password_notice(session: Session, user: User, path: str, *, now: datetime) -> None:
    """Queue the letter that tells a person of their changed password; `path` is where they ask
    for a new one, should it not have been them."""
    link = session.info["base_url"] + path
    subject, body = letter("password_changed", name=user.name, at=now, link=link)
    queue(
        session,
        dedupe_key=f"password:{user.fs_uniquifier}",
        to_email=user.email,
        subject=subject,
        body=body,
        board_id=None,
        now=now,
    )


def record_password(session: Session, user: User, what: str, *, now: datetime) -> None:
    """Log that a person set ("password.reset") or changed ("password.changed") their password."""
    actor = Actor(user.id, user.name, user.email)
    log.record(session, actor, None, what, "user", user.id, now=now, board_id=None)
