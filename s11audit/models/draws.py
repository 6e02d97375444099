"""Draws: a frozen pool, then a seed, then the picks. Nothing of it changes afterwards."""

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from s11audit.domain.enums import Category, SeedSource
from s11audit.models.accounts import User
from s11audit.models.base import Base, EnumText, UtcDateTime, one_of
from s11audit.models.cycles import Stage

_WAITING = text("drawn_at IS NULL AND given_up_at IS NULL")


class Draw(Base):
    """A random sample of a stage's agencies. The pool is frozen first; `seed` comes afterwards,
    but for one from the command line, which does both at once. A draw that waits for its seed may
    be given up; at most one of a stage waits."""

    __tablename__ = "draw"
    __table_args__ = (
        UniqueConstraint("stage_id", "number"),
        Index(
            "uq_draw_waiting",
            "stage_id",
            unique=True,
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
        one_of("seed_source", SeedSource),
        CheckConstraint("number >= 1", name="number_from_one"),
        CheckConstraint("seed <> ''", name="seed_given"),
        CheckConstraint("(seed IS NULL) = (drawn_at IS NULL)", name="drawn_by_seed"),
        CheckConstraint("drawn_at IS NULL OR drawn_at >= frozen_at", name="frozen_first"),
        CheckConstraint("drawn_at IS NULL OR given_up_at IS NULL", name="drawn_or_given_up"),
        CheckConstraint(
            "(given_up_at IS NULL) = (given_up_reason = '')", name="given_up_with_reason"
        ),
        CheckConstraint(
            "(seed_source = 'public') = (public_draw IS NOT NULL AND public_on IS NOT NULL)",
            name="public_is_named",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stage_id: Mapped[int] = mapped_column(ForeignKey("stage.id"))
    number: Mapped[int]
    seed_source: Mapped[SeedSource] = mapped_column(EnumText(SeedSource))
    public_draw: Mapped[str | None] = mapped_column(String(200))
    public_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(Text, default="")
    frozen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    frozen_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    seed: Mapped[str | None] = mapped_column(String(200))
    drawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    drawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    given_up_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    given_up_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    given_up_reason: Mapped[str] = mapped_column(Text, default="")

    stage: Mapped[Stage] = relationship()
    frozen_by: Mapped[User | None] = relationship(foreign_keys=[frozen_by_id])
    drawn_by: Mapped[User | None] = relationship(foreign_keys=[drawn_by_id])
    strata: Mapped[list["DrawStratum"]] = relationship(order_by="DrawStratum.number")


class DrawStratum(Base):
    """A part of a draw: agencies of a category, statutory ones only where it says so, and how
    many of them are taken."""

    __tablename__ = "draw_stratum"
    __table_args__ = (
        one_of("category", Category),
        CheckConstraint("wanted >= 1", name="wanted_some"),
        CheckConstraint("category IS NOT NULL OR statutory", name="narrowed"),
    )

    draw_id: Mapped[int] = mapped_column(ForeignKey("draw.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    category: Mapped[Category | None] = mapped_column(EnumText(Category))
    statutory: Mapped[bool]
    wanted: Mapped[int]

    pool: Mapped[list["DrawCandidate"]] = relationship(order_by="DrawCandidate.place")


class DrawCandidate(Base):
    """An agency in a stratum's frozen pool: its place in report order and its name as it was.
    `digest` and `drawn_place`, its place by hash, come with the seed."""

    __tablename__ = "draw_candidate"
    __table_args__ = (
        ForeignKeyConstraint(
            ["draw_id", "stratum"], ["draw_stratum.draw_id", "draw_stratum.number"]
        ),
        UniqueConstraint("draw_id", "stratum", "return_id"),
        UniqueConstraint("draw_id", "stratum", "drawn_place"),
        CheckConstraint("(digest IS NULL) = (drawn_place IS NULL)", name="placed_by_digest"),
    )

    draw_id: Mapped[int] = mapped_column(primary_key=True)
    stratum: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    return_id: Mapped[int] = mapped_column(ForeignKey("return.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str | None] = mapped_column(String(64))
    drawn_place: Mapped[int | None]
