"""Secret addresses of calendar feeds: made, renewed and stopped by the person they belong to."""

from datetime import datetime
from hashlib import sha256
from secrets import token_urlsafe

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain import policy
from s11audit.domain.errors import NotFound
from s11audit.domain.policy import Actor, Can, Facts
from s11audit.models import CalendarFeed, User
from s11audit.services import log


def token_hash(token: str) -> str:
    """Return what is kept of an address."""
    return sha256(token.encode()).hexdigest()


def make_feed(session: Session, actor: Actor, board_id: int | None, *, now: datetime) -> str:
    """Make the actor's feed of a board (None: of their own due dates) and return the secret part
    of its address. Where there was one already its old address no longer works. Raises NotFound
    where they do not see the board."""
    feed = _locked(session, actor, board_id)
    token = token_urlsafe(32)
    what = "calendar.made" if feed is None else "calendar.renewed"
    if feed is None:
        feed = CalendarFeed(user_id=actor.user_id, board_id=board_id)
        session.add(feed)
    feed.token_hash, feed.made_at = token_hash(token), now
    session.flush()
    log.record(session, actor, None, what, "calendar", feed.id, now=now, board_id=board_id)
    return token


def stop_feed(session: Session, actor: Actor, board_id: int | None, *, now: datetime) -> None:
    """Have the actor's feed answer no more. Nothing happens where there is none."""
    feed = _locked(session, actor, board_id)
    if feed is not None:
        log.record(
            session, actor, None, "calendar.stopped", "calendar", feed.id,
            now=now, board_id=board_id,
        )  # fmt: skip
        session.delete(feed)


def _locked(session: Session, actor: Actor, board_id: int | None) -> CalendarFeed | None:
    if actor.user_id is None:
        raise NotFound("The operator has no calendar.")
    if board_id is not None:
        policy.check(actor, Can.SEE_BOARD, Facts(board_id))
    session.get_one(User, actor.user_id, with_for_update={"key_share": True})
    return session.scalar(
        select(CalendarFeed).where(
            CalendarFeed.user_id == actor.user_id,
            CalendarFeed.board_id.is_(None)
            if board_id is None
            else CalendarFeed.board_id == board_id,
        )
    )
