"""Calendar feeds: secret addresses by which a calendar program fetches due dates."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from s11audit.models.accounts import User
from s11audit.models.base import Base, UtcDateTime
from s11audit.models.boards import Board


class CalendarFeed(Base):
    """One feed of one person: of their own due dates, or of a board's. Only the hash of its
    address is kept; a new address replaces it, and stopping the feed removes the row."""

    __tablename__ = "calendar_feed"
    __table_args__ = (
        Index(
            "uq_calendar_feed_own",
            "user_id",
            unique=True,
            sqlite_where=text("board_id IS NULL"),
            postgresql_where=text("board_id IS NULL"),
        ),
        Index(
            "uq_calendar_feed_board",
            "user_id",
            "board_id",
            unique=True,
            sqlite_where=text("board_id IS NOT NULL"),
            postgresql_where=text("board_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    board_id: Mapped[int | None] = mapped_column(ForeignKey("board.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)

    user: Mapped[User] = relationship()
    board: Mapped[Board | None] = relationship()
