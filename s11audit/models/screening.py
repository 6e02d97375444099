"""The board office's first check of a return: what was found, and what became of it."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from s11audit.domain.enums import PointOrigin, PointState, ScreeningOutcome, ScreeningRule
from s11audit.models.accounts import User
from s11audit.models.base import Base, EnumText, UtcDateTime, one_of
from s11audit.models.returns import Submission


class Screening(Base):
    """The screening of one submission. It exists once its list has been drafted, so that these
    rows are also how far the background work is."""

    __tablename__ = "screening"
    __table_args__ = (
        one_of("outcome", ScreeningOutcome),
        CheckConstraint("(outcome IS NULL) = (concluded_at IS NULL)", name="concluded_when"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), unique=True)
    drafted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[ScreeningOutcome | None] = mapped_column(EnumText(ScreeningOutcome))
    concluded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    concluded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    submission: Mapped[Submission] = relationship()
    concluded_by: Mapped[User | None] = relationship()
    points: Mapped[list["ScreeningPoint"]] = relationship(back_populates="screening")


class ScreeningPoint(Base):
    """One thing to look at. `rule` is None where a person added it in words of their own; `about`
    says what a passage is like, or seems to be; `word` says why it was dismissed."""

    __tablename__ = "screening_point"
    __table_args__ = (
        one_of("rule", ScreeningRule),
        one_of("origin", PointOrigin),
        one_of("state", PointState),
        CheckConstraint("rule IS NOT NULL OR origin = 'by_hand'", name="automatic_has_rule"),
        CheckConstraint("passage <> ''", name="shows_something"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided_when"),
        CheckConstraint("state <> 'dismissed' OR word <> ''", name="dismissed_with_word"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    screening_id: Mapped[int] = mapped_column(ForeignKey("screening.id"), index=True)
    standard: Mapped[int]
    rule: Mapped[ScreeningRule | None] = mapped_column(EnumText(ScreeningRule))
    passage: Mapped[str] = mapped_column(Text)
    about: Mapped[str] = mapped_column(Text, default="")
    origin: Mapped[PointOrigin] = mapped_column(EnumText(PointOrigin))
    state: Mapped[PointState] = mapped_column(EnumText(PointState))
    word: Mapped[str] = mapped_column(Text, default="")
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    screening: Mapped[Screening] = relationship(back_populates="points")
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id])


class StatementPrint(Base):
    """One of the few hashes by which a statement finds those of its stage that are like it.

    A hash keeps the first of its holders only (`scoring.likeness.BUCKET`), so that looking up costs
    the same however many agencies use the same words.
    """

    __tablename__ = "statement_print"
    __table_args__ = (Index("ix_statement_print_return_id", "return_id"),)

    stage_id: Mapped[int] = mapped_column(ForeignKey("stage.id"), primary_key=True)
    hash: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    return_id: Mapped[int] = mapped_column(ForeignKey("return.id"), primary_key=True)
    standard: Mapped[int] = mapped_column(primary_key=True)
