"""Ratings, publications and monitoring flags: all of them only ever added to."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from s11audit.domain.enums import Rag, RatingRole
from s11audit.models.accounts import User
from s11audit.models.base import Base, EnumText, UtcDateTime, one_of


class Publication(Base):
    """The moment when a return's agreed ratings become visible and count."""

    __tablename__ = "publication"
    __table_args__ = (UniqueConstraint("return_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    return_id: Mapped[int] = mapped_column(ForeignKey("return.id"))
    number: Mapped[int]
    effective_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class Rating(Base):
    """A rating of one standard of a return, in a role; never changed, only superseded (rule 7).

    A self rating belongs to the submission it was sent in with, or to the confirmation by which the
    agency confirmed or corrected it; an agreed one to its publication.
    `improvement` is what QA requires (amber and red), `disputed` says that the agency disputed an
    agreed rating, whether it was then kept or changed, `monitor` asks for a monitoring flag, and
    `reason` says why a later rating replaces an earlier one.
    """

    __tablename__ = "rating"
    __table_args__ = (
        one_of("role", RatingRole),
        one_of("rag", Rag),
        CheckConstraint(
            "(role = 'agreed') = (publication_id IS NOT NULL)", name="agreed_is_published"
        ),
        CheckConstraint(
            "(role = 'self') = (submission_id IS NOT NULL OR confirmation_id IS NOT NULL)"
            " AND (submission_id IS NULL OR confirmation_id IS NULL)",
            name="self_is_submitted_or_confirmed",
        ),
        CheckConstraint("rag <> 'na' OR na_reason <> ''", name="na_has_reason"),
        CheckConstraint(
            "role <> 'agreed' OR rag IN ('green', 'na') OR improvement <> ''",
            name="shortfall_has_improvement",
        ),
        Index("ix_rating_return_id_standard_role", "return_id", "standard", "role"),
        # All that reports read of agreed ratings, so that they need not open the rows.
        Index(
            "ix_rating_publication_id_standard_rag_disputed",
            "publication_id",
            "standard",
            "rag",
            "disputed",
        ),
        CheckConstraint("role = 'agreed' OR NOT disputed", name="disputed_is_agreed"),
        Index(
            "uq_rating_first_agreed",
            "return_id",
            "standard",
            unique=True,
            sqlite_where=text("role = 'agreed' AND supersedes_id IS NULL"),
            postgresql_where=text("role = 'agreed' AND supersedes_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    return_id: Mapped[int] = mapped_column(ForeignKey("return.id"))
    standard: Mapped[int]
    role: Mapped[RatingRole] = mapped_column(EnumText(RatingRole))
    rater_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    label: Mapped[str] = mapped_column(String(60))
    rag: Mapped[Rag] = mapped_column(EnumText(Rag))
    na_reason: Mapped[str] = mapped_column(Text, default="")
    comment: Mapped[str] = mapped_column(Text, default="")
    improvement: Mapped[str] = mapped_column(Text, default="")
    improvement_due_on: Mapped[date | None]
    disputed: Mapped[bool] = mapped_column(default=False)
    monitor: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(Text, default="")
    rated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    supersedes_id: Mapped[int | None] = mapped_column(ForeignKey("rating.id"), unique=True)
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submission.id"), index=True)
    confirmation_id: Mapped[int | None] = mapped_column(ForeignKey("confirmation.id"), index=True)
    publication_id: Mapped[int | None] = mapped_column(ForeignKey("publication.id"))

    rater: Mapped[User | None] = relationship()
    publication: Mapped[Publication | None] = relationship()


class MonitoringFlag(Base):
    """QA flagged a standard or an action for monitoring, or lifted the flag. The latest counts."""

    __tablename__ = "monitoring_flag"

    id: Mapped[int] = mapped_column(primary_key=True)
    return_id: Mapped[int] = mapped_column(ForeignKey("return.id"), index=True)
    standard: Mapped[int]
    action_id: Mapped[int | None] = mapped_column(ForeignKey("action.id"), index=True)
    raised: Mapped[bool]
    reason: Mapped[str] = mapped_column(Text, default="")
    effective_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    flagged_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
