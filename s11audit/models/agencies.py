"""Agencies and their memberships of boards."""

import unicodedata
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from s11audit.domain.enums import Category, Duty, Participation
from s11audit.models.base import Base, CategorySet, EnumText, UtcDateTime, one_of
from s11audit.models.boards import Board


def name_key(name: str) -> str:
    """Return what two spellings of one name share: trimmed, inner runs of white space as one
    space, NFC, casefolded."""
    return unicodedata.normalize("NFC", " ".join(name.split())).casefold()


class Agency(Base):
    """An organisation under the duty, whichever boards it sits on."""

    __tablename__ = "agency"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Membership(Base):
    """An agency on a board, under the name and in the categories it has there."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("board_id", "agency_id"),
        UniqueConstraint("board_id", "name_key"),
        one_of("participation", Participation),
        one_of("duty", Duty),
        CheckConstraint("categories LIKE ';%;'", name="categories_some"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="ends_after_start"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    board_id: Mapped[int] = mapped_column(ForeignKey("board.id"))
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(String(250))
    categories: Mapped[tuple[Category, ...]] = mapped_column(CategorySet)
    participation: Mapped[Participation] = mapped_column(EnumText(Participation))
    duty: Mapped[Duty] = mapped_column(EnumText(Duty))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]

    board: Mapped[Board] = relationship()
    agency: Mapped[Agency] = relationship()
