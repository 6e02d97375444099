"""Reads of where people are signed in."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session

from s11audit.models import Authenticator, Passkey, User, UserSession


@dataclass(frozen=True)
class SignedIn:
    """The session of a request: its person, when it began and was last noted to be in use, and
    whether the person has a second factor."""

    id: int
    user: User
    created_at: datetime
    last_seen_at: datetime
    has_second_factor: bool


# Read by every request of a person who is signed in.
_SIGNED_IN = (
    select(
        UserSession.id,
        User,
        UserSession.created_at,
        UserSession.last_seen_at,
        or_(
            exists().where(Authenticator.user_id == User.id),
            exists().where(Passkey.user_id == User.id),
        ),
    )
    .join(User, User.id == UserSession.user_id)
    .where(
        UserSession.token_hash == bindparam("token_hash"),
        UserSession.ended_at.is_(None),
        User.active,
    )
)


def signed_in(session: Session, token_hash: str) -> SignedIn | None:
    """Return the session of that token, where it goes on and its person's account is open."""
    found = session.execute(_SIGNED_IN, {"token_hash": token_hash}).one_or_none()
    return SignedIn(*found) if found else None


def sessions_of(
    session: Session, user_id: int | None, *, idle: timedelta, longest: timedelta, now: datetime
) -> list[UserSession]:
    """Return a person's sessions that go on, the one used last first; the 50 last where there are
    more."""
    return list(
        session.scalars(
            select(UserSession)
            .where(UserSession.user_id == user_id, _goes_on(idle, longest, now))
            .order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())
            .limit(50)
        )
    )


def count_of_open(session: Session, *, idle: timedelta, longest: timedelta, now: datetime) -> int:
    """Return how many sessions go on, of whomever."""
    found = select(func.count()).select_from(UserSession).where(_goes_on(idle, longest, now))
    return session.scalar(found) or 0


def _goes_on(idle: timedelta, longest: timedelta, now: datetime) -> ColumnElement[bool]:
    return and_(
        UserSession.ended_at.is_(None),
        UserSession.last_seen_at > now - idle,
        UserSession.created_at > now - longest,
    )
