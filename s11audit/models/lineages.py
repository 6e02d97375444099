"""Lineages as they were when first used: what a tool's parts were in an earlier one."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from s11audit.models.base import Base, UtcDateTime

_ONE = ("tool_key", "tool_version", "was_key", "was_version", "version")


class StoredLineage(Base):
    """One version of a lineage, kept as its canonical JSON and unchangeable.

    One with a `board_id` is a board's own; the rest serve every board.
    """

    __tablename__ = "lineage"
    __table_args__ = (
        CheckConstraint("version >= 1", name="version_from_one"),
        Index(
            "uq_lineage_of_board",
            "board_id",
            *_ONE,
            unique=True,
            sqlite_where=text("board_id IS NOT NULL"),
            postgresql_where=text("board_id IS NOT NULL"),
        ),
        Index(
            "uq_lineage_of_all",
            *_ONE,
            unique=True,
            sqlite_where=text("board_id IS NULL"),
            postgresql_where=text("board_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    board_id: Mapped[int | None] = mapped_column(ForeignKey("board.id"))
    tool_key: Mapped[str] = mapped_column(String(60))
    tool_version: Mapped[int]
    was_key: Mapped[str] = mapped_column(String(60))
    was_version: Mapped[int]
    version: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    document: Mapped[str] = mapped_column(Text)
