"""Setting up boards."""

import re
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain import policy
from s11audit.domain.errors import Invalid, NotFound
from s11audit.domain.policy import Actor, Can, Facts
from s11audit.domain.texts import one_line
from s11audit.models import Board
from s11audit.services import log

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST_SLUG = 60
DEFAULT_REPLY_DAYS = 14
MOST_REPLY_DAYS = 90


def add_board(
    session: Session,
    actor: Actor,
    slug: str,
    name: str,
    *,
    reply_days: int = DEFAULT_REPLY_DAYS,
    now: datetime,
) -> Board:
    """Add a board and return it. `slug` is its part of addresses: small letters, digits and single
    hyphens. Its agencies have `reply_days` to answer agreed ratings (domain rule 22). Raises
    Invalid for a wrong or taken slug, or a name that is empty or too long."""
    role = policy.check(actor, Can.MANAGE_INSTALLATION, policy.INSTALLATION)
    slug = slug.strip()
    if not _SLUG.fullmatch(slug) or len(slug) > LONGEST_SLUG:
        message = (
            "The short name must be small letters and digits, with single hyphens between them, "
            f"{LONGEST_SLUG} characters or fewer"
        )
        raise Invalid(f"{message}.", {"slug": message})
    name = one_line(name, "name", "name of the board", 200)
    if session.scalar(select(Board.id).where(Board.slug == slug)) is not None:
        message = f"There is already a board “{slug}”"
        raise Invalid(f"{message}.", {"slug": message})
    board = Board(slug=slug, name=name, reply_days=reply_days, created_at=now)
    session.add(board)
    session.flush()
    log.record(
        session, actor, role, "board.added", "board", board.id,
        now=now, board_id=board.id, after={"slug": slug, "name": name},
    )  # fmt: skip
    return board


def set_reply_days(
    session: Session, actor: Actor, board_id: int, days: int | None, *, now: datetime
) -> Board:
    """Set how many days the board's agencies have to answer agreed ratings, and return the board.
    It holds for what is shared from now on. Raises Invalid outside of 0 to 90."""
    board = session.get(Board, board_id, with_for_update=True)
    if board is None:
        raise NotFound("There is no such board.")
    role = policy.check(actor, Can.MANAGE_CYCLES, Facts(board_id), sees=Can.SEE_BOARD)
    if days is None or not 0 <= days <= MOST_REPLY_DAYS:
        message = f"Enter a number of days, from 0 to {MOST_REPLY_DAYS}"
        raise Invalid(f"{message}.", {"days": message})
    before = board.reply_days
    board.reply_days = days
    session.flush()
    if before != days:
        log.record(
            session, actor, role, "board.reply_days_changed", "board", board.id,
            now=now, board_id=board.id,
            before={"reply_days": before}, after={"reply_days": days},
        )  # fmt: skip
    return board
