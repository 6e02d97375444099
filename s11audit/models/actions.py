"""Improvements that QA requires, and the agency's plan to make them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from s11audit.domain.enums import ActionEventKind, ActionState
from s11audit.models.accounts import User
from s11audit.models.base import Base, EnumText, UtcDateTime, one_of
from s11audit.models.reviews import Rating


class Improvement(Base):
    """What QA requires where an agreed rating is amber or red, by `due_on` if a date was set. It
    outlives the cycle.

    `no_action_reason` is the agency's reason for taking no action;
    `no_action_accepted_at` is when QA accepted it with the plan.
    """

    __tablename__ = "improvement"

    id: Mapped[int] = mapped_column(primary_key=True)
    rating_id: Mapped[int] = mapped_column(ForeignKey("rating.id"), unique=True)
    return_id: Mapped[int] = mapped_column(ForeignKey("return.id"), index=True)
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    standard: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date | None]
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    no_action_reason: Mapped[str] = mapped_column(Text, default="")
    no_action_accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # The same standard fell short again in a later stage: the work goes on there (rule 26).
    superseded_by_id: Mapped[int | None] = mapped_column(ForeignKey("improvement.id"), index=True)

    rating: Mapped[Rating] = relationship()
    actions: Mapped[list["Action"]] = relationship(
        back_populates="improvement", order_by="Action.number"
    )


class Action(Base):
    """What an agency will do about an improvement: what, owner, due date, state."""

    __tablename__ = "action"
    __table_args__ = (
        UniqueConstraint("improvement_id", "number"),
        one_of("state", ActionState),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    improvement_id: Mapped[int] = mapped_column(ForeignKey("improvement.id"))
    number: Mapped[int]
    what: Mapped[str] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(String(200))
    due_on: Mapped[date]
    state: Mapped[ActionState] = mapped_column(EnumText(ActionState))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # The action of an earlier stage that this one carries on.
    continues_id: Mapped[int | None] = mapped_column(ForeignKey("action.id"), unique=True)

    improvement: Mapped[Improvement] = relationship(back_populates="actions")


class ActionEvent(Base):
    """Something that happened to an action: progress, a report, a verification. Only added to."""

    __tablename__ = "action_event"
    __table_args__ = (one_of("kind", ActionEventKind),)

    id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("action.id"), index=True)
    kind: Mapped[ActionEventKind] = mapped_column(EnumText(ActionEventKind))
    note: Mapped[str] = mapped_column(Text, default="")
    effective_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    by: Mapped[User | None] = relationship()


class PlanSubmission(Base):
    """The agency returned its action plan; `snapshot` is the plan as it then stood."""

    __tablename__ = "plan_submission"
    __table_args__ = (UniqueConstraint("return_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    return_id: Mapped[int] = mapped_column(ForeignKey("return.id"))
    number: Mapped[int]
    effective_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSON, deferred=True)

    submitted_by: Mapped[User | None] = relationship()
    decision: Mapped["PlanDecision | None"] = relationship()


class PlanDecision(Base):
    """QA accepted a returned plan, or asked again with a reason."""

    __tablename__ = "plan_decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_submission_id: Mapped[int] = mapped_column(ForeignKey("plan_submission.id"), unique=True)
    accepted: Mapped[bool]
    reason: Mapped[str] = mapped_column(Text, default="")
    effective_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    decided_by: Mapped[User | None] = relationship()
