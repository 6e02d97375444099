"""Cycles and their stages."""

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from s11audit.domain.enums import Basis
from s11audit.models.base import Base, EnumText, UtcDateTime, one_of
from s11audit.models.boards import Board
from s11audit.models.tools import ToolVersion


class Cycle(Base):
    """A run of one tool over one or more stages. `recorded` marks imported history.

    `retain_years`: for how many years after its last stage was closed what agencies wrote is kept;
    None is the service's default. `contents_removed_at`: when it was removed (domain rule 79).
    """

    __tablename__ = "cycle"
    __table_args__ = (
        UniqueConstraint("board_id", "name_key"),
        one_of("basis", Basis),
        CheckConstraint("retain_years BETWEEN 1 AND 50", name="retain_years_range"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    board_id: Mapped[int] = mapped_column(ForeignKey("board.id"))
    name: Mapped[str] = mapped_column(String(100))
    name_key: Mapped[str] = mapped_column(String(150))
    tool_version_id: Mapped[int] = mapped_column(ForeignKey("tool_version.id"), index=True)
    basis: Mapped[Basis] = mapped_column(EnumText(Basis))
    include_advisory: Mapped[bool]
    recorded: Mapped[bool] = mapped_column(default=False)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    retain_years: Mapped[int | None]
    contents_removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    board: Mapped[Board] = relationship()
    tool_version: Mapped[ToolVersion] = relationship()
    stages: Mapped[list["Stage"]] = relationship(back_populates="cycle", order_by="Stage.number")


class Stage(Base):
    """One year's asking. Open from `opens_on`, or from `opened_at` where opened by hand,
    until the office closes it. A scope of None is everything."""

    __tablename__ = "stage"
    __table_args__ = (
        UniqueConstraint("cycle_id", "number"),
        CheckConstraint("number BETWEEN 1 AND 9", name="number_range"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"))
    number: Mapped[int]
    opens_on: Mapped[date]
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_on: Mapped[date]
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    scope_standards: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))
    scope_categories: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))

    cycle: Mapped[Cycle] = relationship(back_populates="stages")
