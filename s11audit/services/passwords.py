"""The letters about passwords, and their place in the log."""

from datetime import datetime
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.policy import Actor
from s11audit.models import User
from s11audit.services import log, user_sessions
from s11audit.services.letters import letter
from s11audit.services.outbox import queue, withdraw


def write_reset_letter(
    session: Session, user_id: int | None, path: str, *, hours: int, now: datetime
) -> None:
    """Queue the letter with the link (`path`) by which a person sets a new password. The boards'
    offices do not see it: with it one could sign in as the person. Where there is no such person
    it is written and taken back, so that the answer comes no sooner."""
    found = session.get(User, user_id) if user_id else None
    user = found or User(name="", email="", sign_in_name=None)
    subject, body = letter(
        "reset_password",
        name=user.name,
        sign_in_name=user.sign_in_name,
        link=session.info["base_url"] + path,
        hours=hours,
    )
    key = f"reset:{uuid4().hex}"  # each asking is answered
    queue(
        session,
        dedupe_key=key,
        to_email=user.email,
        subject=subject,
        body=body,
        board_id=None,
        secret=True,
        now=now,
    )
    if found is None:
        withdraw(session, key)


def change_password(
    session: Session, actor: Actor, password_hash: str, path: str, *, now: datetime
) -> None:
    """Give the actor another password, whose hash it is, and sign them out everywhere; `path` is
    where they ask for a new one, should it not have been them."""
    user = session.scalars(select(User).where(User.id == actor.user_id).with_for_update()).one()
    user.password = password_hash
    user.fs_uniquifier = uuid4().hex
    user_sessions.end_all(session, user.id, now=now)
    write_password_notice(session, user, path, now=now)
    record_password(session, user, "password.changed", now=now)


def write_password_notice(session: Session, user: User, path: str, *, now: datetime) -> None:
    """Queue the letter that tells a person of their changed password; `path` is where they ask
    for a new one, should it not have been them."""
    link = session.info["base_url"] + path
    subject, body = letter(
        "password_changed", name=user.name, sign_in_name=user.sign_in_name, at=now, link=link
    )
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
