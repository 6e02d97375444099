"""Where people are signed in: one row a browser. What is ended here is over at once, whatever the
browser still holds (domain rule 66)."""

from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import CursorResult, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from s11audit.domain.errors import NotFound
from s11audit.domain.policy import Actor
from s11audit.models import UserSession
from s11audit.services import log

KEPT = timedelta(days=30)  # how long a session that is over stays on record


def begin(session: Session, user_id: int, *, device: str, address: str, now: datetime) -> str:
    """Sign a person in at one more browser and return the token that it is to hold."""
    token = token_urlsafe(32)
    session.add(
        UserSession(
            user_id=user_id,
            token_hash=token_hash(token),
            created_at=now,
            last_seen_at=now,
            device=device[:100],
            address=address[:64],
        )
    )
    session.flush()
    return token


def touch(session: Session, session_id: int, *, address: str, now: datetime) -> None:
    """Note that a session is in use, unless somebody is changing it at this moment."""
    free = (
        select(UserSession.id)
        .where(UserSession.id == session_id, UserSession.ended_at.is_(None))
        .with_for_update(skip_locked=True)
    )
    session.execute(
        update(UserSession)
        .where(UserSession.id.in_(free.scalar_subquery()))
        .values(last_seen_at=now, address=address[:64]),
        execution_options={"synchronize_session": False},
    )


def end(session: Session, session_id: int, *, now: datetime) -> None:
    """Sign one browser out."""
    _end(session, now, UserSession.id == session_id)


def end_one(session: Session, actor: Actor, session_id: int, *, now: datetime) -> None:
    """Sign out one of the actor's own browsers; nothing happens where it is signed out already.
    Raises NotFound where it is no session of theirs."""
    own = and_(UserSession.id == session_id, UserSession.user_id == actor.user_id)
    if _end(session, now, own):
        _record(session, actor, {"sessions": 1}, now)
    elif session.scalar(select(UserSession.id).where(own)) is None:
        raise NotFound("There is no such session.")


def end_everywhere(session: Session, actor: Actor, *, now: datetime) -> int:
    """Sign the actor out everywhere, here too, and return how many sessions have ended."""
    ended = end_all(session, actor.user_id, now=now)
    _record(session, actor, {"sessions": ended}, now)
    return ended


def end_all(session: Session, user_id: int | None, *, now: datetime, but: int | None = None) -> int:
    """Sign a person out everywhere, but for the session of the id `but`; return how many have
    ended. Whoever calls it logs why."""
    which = UserSession.user_id == user_id
    if but is not None:
        which = and_(which, UserSession.id != but)
    return _end(session, now, which)


def forget_old(session: Session, *, idle: timedelta, longest: timedelta, now: datetime) -> int:
    """Delete the sessions that have been over for KEPT, and return how many."""
    before = now - KEPT
    found = session.execute(
        delete(UserSession).where(
            or_(
                UserSession.ended_at < before,
                UserSession.last_seen_at < before - idle,
                UserSession.created_at < before - longest,
            )
        ),
        execution_options={"synchronize_session": False},
    )
    return _count(found)


def token_hash(token: str) -> str:
    """Return what is kept of a browser's token."""
    return sha256(token.encode()).hexdigest()


def _end(session: Session, now: datetime, which: Any) -> int:
    found = session.execute(
        update(UserSession).where(which, UserSession.ended_at.is_(None)).values(ended_at=now),
        execution_options={"synchronize_session": False},
    )
    return _count(found)


def _count(found: Any) -> int:
    assert isinstance(found, CursorResult)
    return int(found.rowcount)


def _record(session: Session, actor: Actor, after: dict[str, Any], now: datetime) -> None:
    log.record(
        session, actor, None, "session.ended", "user", actor.user_id,
        now=now, board_id=None, after=after,
    )  # fmt: skip
