"""A board's themes, and the passages of returns that were tagged with them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from s11audit.domain.enums import TagKind, TagSource
from s11audit.models.accounts import User
from s11audit.models.base import Base, EnumText, UtcDateTime, one_of
from s11audit.models.returns import Return
from s11audit.models.reviews import Rating


class Theme(Base):
    """A finding that recurs over returns, by a name that is the board's only one of that spelling.

    A theme that was merged into another keeps its row, so that its address leads on; its name is
    free again.
    """

    __tablename__ = "theme"
    __table_args__ = (
        CheckConstraint("merged_into_id <> id", name="merged_into_another"),
        Index(
            "uq_theme_live_name",
            "board_id",
            "name_key",
            unique=True,
            sqlite_where=text("merged_into_id IS NULL"),
            postgresql_where=text("merged_into_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    board_id: Mapped[int] = mapped_column(ForeignKey("board.id"))
    name: Mapped[str] = mapped_column(String(100))
    name_key: Mapped[str] = mapped_column(String(150))
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("theme.id"), index=True)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ThemeTag(Base):
    """A passage of a return that a person tagged with a theme.

    The passage is kept as text, with where it came from: the answer to a requirement or the
    evidence statement of a frozen submission, or the comment of a rating. `public_text` is its
    wording for publication, empty until a person has marked it as fit for that.
    """

    __tablename__ = "theme_tag"
    __table_args__ = (
        one_of("kind", TagKind),
        one_of("source", TagSource),
        CheckConstraint(
            "(source = 'requirement') = (requirement <> '')", name="requirement_by_source"
        ),
        CheckConstraint("(source = 'rating') = (rating_id IS NOT NULL)", name="rating_by_source"),
        CheckConstraint("passage <> ''", name="passage_some"),
        CheckConstraint("(public_text = '') = (public_at IS NULL)", name="public_has_moment"),
        UniqueConstraint(
            "theme_id", "return_id", "standard", "kind", "source", "requirement", "passage_hash"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    theme_id: Mapped[int] = mapped_column(ForeignKey("theme.id"))
    kind: Mapped[TagKind] = mapped_column(EnumText(TagKind))
    return_id: Mapped[int] = mapped_column(ForeignKey("return.id"), index=True)
    standard: Mapped[int]
    source: Mapped[TagSource] = mapped_column(EnumText(TagSource))
    requirement: Mapped[str] = mapped_column(String(20), default="")
    rating_id: Mapped[int | None] = mapped_column(ForeignKey("rating.id"), index=True)
    passage: Mapped[str] = mapped_column(Text)
    passage_hash: Mapped[str] = mapped_column(String(64))
    public_text: Mapped[str] = mapped_column(Text, default="")
    public_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tagged_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    tagged_at: Mapped[datetime] = mapped_column(UtcDateTime)

    theme: Mapped[Theme] = relationship()
    return_: Mapped[Return] = relationship()
    rating: Mapped[Rating | None] = relationship()
    tagged_by: Mapped[User | None] = relationship()
