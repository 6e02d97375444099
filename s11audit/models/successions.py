"""Agencies that merge, split, are renamed or close, and the names that history keeps."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from s11audit.domain.enums import SuccessionKind
from s11audit.models.base import Base, EnumText, UtcDateTime, one_of


class Succession(Base):
    """A membership passed to another, was renamed, or closed. A split has a row a successor."""

    __tablename__ = "succession"
    __table_args__ = (
        one_of("kind", SuccessionKind),
        Index(
            "uq_succession_once",
            "predecessor_id",
            "successor_id",
            "on",
            unique=True,
            sqlite_where=text("kind <> 'renamed'"),
            postgresql_where=text("kind <> 'renamed'"),
        ),
        CheckConstraint("(kind = 'closed') = (successor_id IS NULL)", name="closed_has_none"),
        CheckConstraint(
            "successor_id IS NULL OR (kind = 'renamed') = (predecessor_id = successor_id)",
            name="renamed_is_itself",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    predecessor_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"), index=True)
    kind: Mapped[SuccessionKind] = mapped_column(EnumText(SuccessionKind))
    on: Mapped[date]
    reason: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class FormerName(Base):
    """Under which name a membership, or a return that passed to a successor, went until then:
    reports as at an earlier day show it."""

    __tablename__ = "former_name"
    __table_args__ = (
        CheckConstraint("(membership_id IS NULL) <> (return_id IS NULL)", name="of_one_thing"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    membership_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"), index=True)
    return_id: Mapped[int | None] = mapped_column(ForeignKey("return.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    until: Mapped[datetime] = mapped_column(UtcDateTime)
