"""Reads of boards."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.errors import NotFound
from s11audit.models import Board


def board_by_slug(session: Session, slug: str) -> Board:
    """Return the board; NotFound where there is none of that slug."""
    board = session.scalar(select(Board).where(Board.slug == slug))
    if board is None:
        raise NotFound(f"There is no board “{slug}”.")
    return board


def boards_by_id(session: Session, ids: Iterable[int]) -> dict[int, Board]:
    """Return those boards by their id."""
    wanted = set(ids)
    if not wanted:
        return {}
    return {board.id: board for board in session.scalars(select(Board).where(Board.id.in_(wanted)))}
