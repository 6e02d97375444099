"""What the QA sub-group agreed, and the agency's right of reply. Rows are only added; a sharing
gets its publication when it becomes final."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from s11audit.domain.enums import Rag
from s11audit.models.accounts import User
from s11audit.models.base import Base, EnumText, UtcDateTime, one_of
from s11audit.models.evidence import Evidence
from s11audit.models.reviews import Publication


class Agreement(Base):
    """The rating of one standard that the sub-group agreed, and why; it counts once published.

    It belongs to a round: the ratings of one submission, after so many (`round`) sharings with the
    agency have become final. A later one of the round supersedes it.
    """

    __tablename__ = "agreement"
    __table_args__ = (
        one_of("rag", Rag),
        CheckConstraint("rag <> 'na' OR na_reason <> ''", name="na_has_reason"),
        CheckConstraint(
            "rag IN ('green', 'na') OR improvement <> ''", name="shortfall_has_improvement"
        ),
        Index("ix_agreement_return_id_standard", "return_id", "standard"),
        Index(
            "uq_agreement_first",
            "return_id",
            "standard",
            "submission_id",
            "round",
            unique=True,
            sqlite_where=text("supersedes_id IS NULL"),
            postgresql_where=text("supersedes_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    return_id: Mapped[int] = mapped_column(ForeignKey("return.id"))
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    round: Mapped[int]
    standard: Mapped[int]
    label: Mapped[str] = mapped_column(String(60))
    rag: Mapped[Rag] = mapped_column(EnumText(Rag))
    na_reason: Mapped[str] = mapped_column(Text, default="")
    comment: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    improvement: Mapped[str] = mapped_column(Text, default="")
    improvement_due_on: Mapped[date | None]
    monitor: Mapped[bool] = mapped_column(default=False)
    agreed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    agreed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    supersedes_id: Mapped[int | None] = mapped_column(ForeignKey("agreement.id"), unique=True)

    agreed_by: Mapped[User | None] = relationship()


class Sharing(Base):
    """Agreed ratings were shown to the agency alone, which may answer until the end of `reply_by`.

    None: no reply was asked for. It is final once it has its `publication`; a return has one open
    sharing at most.
    """

    __tablename__ = "sharing"
    __table_args__ = (
        UniqueConstraint("return_id", "number"),
        Index(
            "uq_sharing_open",
            "return_id",
            unique=True,
            sqlite_where=text("publication_id IS NULL"),
            postgresql_where=text("publication_id IS NULL"),
        ),
        Index("ix_sharing_publication_id_reply_by", "publication_id", "reply_by"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    return_id: Mapped[int] = mapped_column(ForeignKey("return.id"))
    number: Mapped[int]
    shared_at: Mapped[datetime] = mapped_column(UtcDateTime)
    shared_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    reply_by: Mapped[date | None]
    publication_id: Mapped[int | None] = mapped_column(ForeignKey("publication.id"), unique=True)

    shared_by: Mapped[User | None] = relationship()
    publication: Mapped[Publication | None] = relationship()
    ratings: Mapped[list["SharedRating"]] = relationship(
        back_populates="sharing", order_by="SharedRating.standard"
    )


class SharedRating(Base):
    """An agreed rating as it was shown to the agency, with its reply if it gave one."""

    __tablename__ = "shared_rating"
    __table_args__ = (UniqueConstraint("sharing_id", "standard"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sharing_id: Mapped[int] = mapped_column(ForeignKey("sharing.id"))
    standard: Mapped[int]
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"), unique=True)

    sharing: Mapped[Sharing] = relationship(back_populates="ratings")
    agreement: Mapped[Agreement] = relationship()
    reply: Mapped["Reply | None"] = relationship(back_populates="shared")


class Reply(Base):
    """The agency accepted an agreed rating, or disputed it with a reason."""

    __tablename__ = "reply"
    __table_args__ = (CheckConstraint("accepted OR reason <> ''", name="dispute_has_reason"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    shared_rating_id: Mapped[int] = mapped_column(ForeignKey("shared_rating.id"), unique=True)
    accepted: Mapped[bool]
    reason: Mapped[str] = mapped_column(Text, default="")
    replied_at: Mapped[datetime] = mapped_column(UtcDateTime)
    replied_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    shared: Mapped[SharedRating] = relationship(back_populates="reply")
    replied_by: Mapped[User | None] = relationship()
    evidence: Mapped[list[Evidence]] = relationship(
        secondary="reply_evidence", order_by=Evidence.id
    )
    decision: Mapped["DisputeDecision | None"] = relationship(back_populates="reply")


class ReplyEvidence(Base):
    """Evidence of the return that a dispute rests on."""

    __tablename__ = "reply_evidence"

    reply_id: Mapped[int] = mapped_column(ForeignKey("reply.id"), primary_key=True)
    evidence_id: Mapped[int] = mapped_column(
        ForeignKey("evidence.id"), primary_key=True, index=True
    )


class DisputeDecision(Base):
    """The sub-group decided a dispute, and why: the rating was kept (`agreement_id` is None), or
    changed to another agreement."""

    __tablename__ = "dispute_decision"
    __table_args__ = (CheckConstraint("reason <> ''", name="has_reason"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    reply_id: Mapped[int] = mapped_column(ForeignKey("reply.id"), unique=True)
    agreement_id: Mapped[int | None] = mapped_column(ForeignKey("agreement.id"), unique=True)
    reason: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    reply: Mapped[Reply] = relationship(back_populates="decision")
    agreement: Mapped[Agreement | None] = relationship()
    decided_by: Mapped[User | None] = relationship()
