"""The board: the partnership that runs the audit."""

from datetime import datetime

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from s11audit.models.base import Base, UtcDateTime


class Board(Base):
    """A safeguarding board or partnership. One installation serves many.

    An agency has `reply_days` to answer agreed ratings before they are published; with 0 they are
    published at once.
    """

    __tablename__ = "board"
    __table_args__ = (CheckConstraint("reply_days BETWEEN 0 AND 90", name="reply_days_range"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    reply_days: Mapped[int] = mapped_column(default=14)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
