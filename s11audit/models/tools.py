"""Audit tools as they were when first used."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from s11audit.models.base import Base, UtcDateTime


class ToolVersion(Base):
    """One version of a tool, kept as its canonical JSON and unchangeable.

    A board's own tool has `board_id` and is a draft until `published_at`; a tool of the
    installation has none and serves every board.
    """

    __tablename__ = "tool_version"
    __table_args__ = (
        UniqueConstraint("key", "version"),
        CheckConstraint("version >= 1", name="version_from_one"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60))
    version: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    document: Mapped[str] = mapped_column(Text, deferred=True)
    board_id: Mapped[int | None] = mapped_column(ForeignKey("board.id"), index=True)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
