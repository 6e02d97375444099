"""Who reviews which return, and whether they have finished."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from s11audit.models.accounts import User
from s11audit.models.base import Base, UtcDateTime


class Allotment(Base):
    """A person reviews a return until `ended_at`: somebody else took it over, for `reason`.

    Their ratings are theirs alone until everybody allotted has finished. They have finished in the
    round named by `finished_submission_id` and `finished_round` (see `Opening`); in any other they
    have not.
    """

    __tablename__ = "allotment"
    __table_args__ = (
        Index(
            "uq_allotment_live",
            "return_id",
            "reviewer_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        CheckConstraint("ended_at IS NULL OR reason <> ''", name="end_has_reason"),
        CheckConstraint(
            "(finished_at IS NULL) = (finished_submission_id IS NULL)"
            " AND (finished_at IS NULL) = (finished_round IS NULL)",
            name="finished_in_a_round",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    return_id: Mapped[int] = mapped_column(ForeignKey("return.id"), index=True)
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    allotted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    allotted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_submission_id: Mapped[int | None] = mapped_column(ForeignKey("submission.id"))
    finished_round: Mapped[int | None]
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    reason: Mapped[str] = mapped_column(Text, default="")

    reviewer: Mapped[User] = relationship(foreign_keys=[reviewer_id])


class Opening(Base):
    """The chair opened the moderation of a return before every reviewer had finished, and why.

    It holds for one round: the ratings of one submission, after so many (`round`) sharings with the
    agency have become final.
    """

    __tablename__ = "moderation_opening"
    __table_args__ = (
        UniqueConstraint("return_id", "submission_id", "round"),
        CheckConstraint("reason <> ''", name="has_reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    return_id: Mapped[int] = mapped_column(ForeignKey("return.id"))
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    round: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
