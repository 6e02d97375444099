"""Escalation: the steps taken with an agency whose return does not come."""

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from s11audit.domain.enums import EscalationKind
from s11audit.models.accounts import User
from s11audit.models.base import Base, EnumText, UtcDateTime, one_of
from s11audit.models.returns import Return


class EscalationStep(Base):
    """One step: when it is due, the letter that goes with it, and once it is done by whom, when,
    with what note and to which addresses (`sent_to`) its letter went by e-mail."""

    __tablename__ = "escalation_step"
    __table_args__ = (
        UniqueConstraint("return_id", "kind"),
        one_of("kind", EscalationKind),
        CheckConstraint("(done_on IS NULL) = (done_at IS NULL)", name="done_on_a_day"),
        Index("ix_escalation_step_done_at_due_on", "done_at", "due_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    return_id: Mapped[int] = mapped_column(ForeignKey("return.id"))
    kind: Mapped[EscalationKind] = mapped_column(EnumText(EscalationKind))
    due_on: Mapped[date]
    to_name: Mapped[str] = mapped_column(String(200), default="")
    to_email: Mapped[str] = mapped_column(String(255), default="")
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_on: Mapped[date | None]
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    note: Mapped[str] = mapped_column(Text, default="")
    sent_to: Mapped[list[str]] = mapped_column(JSON, default=list)

    return_: Mapped[Return] = relationship()
    done_by: Mapped[User | None] = relationship()
