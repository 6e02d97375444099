"""Visits: who goes when, the worksheet, and what was found of each standard."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from s11audit.domain.enums import ItemKind, Rag, VisitResult
from s11audit.models.accounts import Invitation, User
from s11audit.models.base import Base, EnumText, UtcDateTime, one_of
from s11audit.models.draws import Draw
from s11audit.models.returns import Return


class Visit(Base):
    """A visit that tests one return. It is arranged, then finished or cancelled; what a finished
    one found may be shared with the agency. `alone` says that the board's coordinator
    (`coordinator`) goes without a team. `draw_id` names the draw that took the agency."""

    __tablename__ = "visit"
    __table_args__ = (
        UniqueConstraint("return_id", "number"),
        CheckConstraint("number >= 1", name="number_from_one"),
        CheckConstraint(
            "finished_at IS NULL OR cancelled_at IS NULL", name="finished_or_cancelled"
        ),
        CheckConstraint(
            "shared_at IS NULL OR finished_at IS NOT NULL", name="shared_once_finished"
        ),
        CheckConstraint(
            "(cancelled_at IS NULL) = (cancelled_reason = '')", name="cancelled_with_reason"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    return_id: Mapped[int] = mapped_column(ForeignKey("return.id"))
    number: Mapped[int]
    draw_id: Mapped[int | None] = mapped_column(ForeignKey("draw.id"), index=True)
    visit_on: Mapped[date]
    place: Mapped[str] = mapped_column(String(300), default="")
    alone: Mapped[bool] = mapped_column(default=False)
    coordinator_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    arranged_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    shared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    shared_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_reason: Mapped[str] = mapped_column(Text, default="")

    return_: Mapped[Return] = relationship()
    draw: Mapped[Draw | None] = relationship()
    coordinator: Mapped[User | None] = relationship(foreign_keys=[coordinator_id])

    @property
    def is_open(self) -> bool:
        """Whether the visit is neither finished nor cancelled."""
        return self.finished_at is None and self.cancelled_at is None


class VisitMember(Base):
    """A peer in a visit's team: someone with an account, or invited by e-mail."""

    __tablename__ = "visit_member"
    __table_args__ = (
        Index(
            "uq_visit_member_email",
            "visit_id",
            "email",
            unique=True,
            sqlite_where=text("removed_at IS NULL"),
            postgresql_where=text("removed_at IS NULL"),
        ),
        CheckConstraint(
            "(user_id IS NULL) <> (invitation_id IS NULL)", name="account_or_invitation"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visit.id"))
    email: Mapped[str] = mapped_column(String(255))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitation.id"), index=True)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    user: Mapped[User | None] = relationship()
    invitation: Mapped[Invitation | None] = relationship()

    @property
    def person(self) -> User | None:
        """Whose account it is; None while an invitation waits."""
        return self.invitation.accepted_by if self.invitation else self.user

    @property
    def name(self) -> str:
        """The person's name, or the address of one who has not accepted yet."""
        return self.person.name if self.person else self.email


class VisitItem(Base):
    """A line of a visit's worksheet: what to see, to test, or to whom to speak, ticked once it was
    done, with what was seen."""

    __tablename__ = "visit_item"
    __table_args__ = (one_of("kind", ItemKind), Index("ix_visit_item_visit_id", "visit_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visit.id"))
    standard: Mapped[int]
    place: Mapped[int]
    kind: Mapped[ItemKind] = mapped_column(EnumText(ItemKind))
    text: Mapped[str] = mapped_column(Text)
    done: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(Text, default="")


class VisitFinding(Base):
    """What a visit found of one standard; `version` rises with every save. Where a claim did not
    stand a rating may be proposed, which QA takes over into its own or sets aside with a reason:
    it changes nothing by itself."""

    __tablename__ = "visit_finding"
    __table_args__ = (
        UniqueConstraint("visit_id", "standard"),
        one_of("result", VisitResult),
        one_of("proposed_rag", Rag),
        CheckConstraint(
            "(proposed_label IS NULL) = (proposed_rag IS NULL)", name="proposal_has_rag"
        ),
        CheckConstraint(
            "(set_aside_at IS NULL) = (set_aside_reason = '')", name="set_aside_with_reason"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visit.id"))
    standard: Mapped[int]
    version: Mapped[int] = mapped_column(default=0)
    result: Mapped[VisitResult | None] = mapped_column(EnumText(VisitResult))
    seen: Mapped[str] = mapped_column(Text, default="")
    spoken_to: Mapped[str] = mapped_column(Text, default="")
    proposed_label: Mapped[str | None] = mapped_column(String(60))
    proposed_rag: Mapped[Rag | None] = mapped_column(EnumText(Rag))
    proposed_reason: Mapped[str] = mapped_column(Text, default="")
    proposed_improvement: Mapped[str] = mapped_column(Text, default="")
    saved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    saved_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    set_aside_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    set_aside_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    set_aside_reason: Mapped[str] = mapped_column(Text, default="")

    saved_by: Mapped[User | None] = relationship(foreign_keys=[saved_by_id])
    set_aside_by: Mapped[User | None] = relationship(foreign_keys=[set_aside_by_id])
