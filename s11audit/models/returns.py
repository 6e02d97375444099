"""Returns, what they answer, and their submissions."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from s11audit.domain.enums import (
    Ask,
    Category,
    Participation,
    Rag,
    ReturnKind,
    ReturnState,
    Standing,
)
from s11audit.models.accounts import User
from s11audit.models.agencies import Membership
from s11audit.models.base import Base, CategorySet, EnumText, UtcDateTime, one_of
from s11audit.models.cycles import Stage

if TYPE_CHECKING:
    from s11audit.models.reviews import Rating


class Return(Base):
    """One membership's answer for one stage.

    Categories and participation are copied from the membership when the return is made (domain
    rule 5). `standing` is the latest of its `standing_change` rows. `first_due_on` keeps the due
    date from before any extension. `entered_by_office`: it came on paper, and the board office is
    entering it (see `PaperEntry`).
    """

    __tablename__ = "return"
    __table_args__ = (
        UniqueConstraint("stage_id", "membership_id"),
        Index("ix_return_stage_id_state", "stage_id", "state"),
        one_of("kind", ReturnKind),
        one_of("state", ReturnState),
        one_of("standing", Standing),
        one_of("participation", Participation),
        CheckConstraint("categories LIKE ';%;'", name="categories_some"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stage_id: Mapped[int] = mapped_column(ForeignKey("stage.id"))
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    kind: Mapped[ReturnKind] = mapped_column(EnumText(ReturnKind))
    state: Mapped[ReturnState] = mapped_column(EnumText(ReturnState))
    standing: Mapped[Standing] = mapped_column(EnumText(Standing), default=Standing.ASKED)
    categories: Mapped[tuple[Category, ...]] = mapped_column(CategorySet)
    participation: Mapped[Participation] = mapped_column(EnumText(Participation))
    first_due_on: Mapped[date]
    due_on: Mapped[date]
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    carried_from_id: Mapped[int | None] = mapped_column(ForeignKey("return.id"))
    entered_by_office: Mapped[bool] = mapped_column(default=False)

    stage: Mapped[Stage] = relationship()
    membership: Mapped[Membership] = relationship()


class Extension(Base):
    """A later due date that the board office gave a return, and why."""

    __tablename__ = "extension"
    __table_args__ = (CheckConstraint("due_on > was_due_on", name="later"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    return_id: Mapped[int] = mapped_column(ForeignKey("return.id"), index=True)
    was_due_on: Mapped[date]
    due_on: Mapped[date]
    reason: Mapped[str] = mapped_column(Text)
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    given_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class StandingChange(Base):
    """A return was excused, said to be nil, withdrawn, declined, or asked for again."""

    __tablename__ = "standing_change"
    __table_args__ = (one_of("standing", Standing),)

    id: Mapped[int] = mapped_column(primary_key=True)
    return_id: Mapped[int] = mapped_column(ForeignKey("return.id"), index=True)
    standing: Mapped[Standing] = mapped_column(EnumText(Standing))
    reason: Mapped[str] = mapped_column(Text)
    effective_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class RecordedOutcome(Base):
    """Imported history: the six cells of a published compliance table, as they were printed."""

    __tablename__ = "recorded_outcome"

    return_id: Mapped[int] = mapped_column(ForeignKey("return.id"), primary_key=True)
    completed: Mapped[str] = mapped_column(String(20))
    self_assessed: Mapped[str] = mapped_column(String(20))
    plan_returned: Mapped[str] = mapped_column(String(20))
    actions_completed: Mapped[str] = mapped_column(String(20))
    monitored: Mapped[str] = mapped_column(String(20))
    current: Mapped[str] = mapped_column(String(20))


class Submission(Base):
    """A numbered, frozen copy of a return as it was sent in.

    `snapshot` is the whole return as shown and downloaded; `self_ratings` maps each applicable
    standard's number (as text) to its self rating or null, so that reports need not open it.
    """

    __tablename__ = "submission"
    __table_args__ = (
        UniqueConstraint("return_id", "number"),
        CheckConstraint("number >= 1", name="number_from_one"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    return_id: Mapped[int] = mapped_column(ForeignKey("return.id"))
    number: Mapped[int]
    reference: Mapped[str] = mapped_column(String(40), unique=True)
    self_ratings: Mapped[dict[str, str | None]] = mapped_column(JSON)
    signatory_name: Mapped[str] = mapped_column(String(200))
    signatory_designation: Mapped[str] = mapped_column(String(200))
    signatory_email: Mapped[str] = mapped_column(String(255))
    late: Mapped[bool]
    effective_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    entered_for: Mapped[str | None] = mapped_column(String(200))
    # Last, so that SQLite does not walk its pages to read the columns after it.
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSON, deferred=True)


class SendBack(Base):
    """The board office gave a submission back to the agency, and why."""

    __tablename__ = "send_back"

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), unique=True)
    reason: Mapped[str] = mapped_column(Text)
    effective_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_back_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class Response(Base):
    """A return's part for one standard. `version` rises by one with every save; `complete` says
    whether, as it was saved, nothing of it was lacking to be sent in.

    `taken_over` names the parts (statement, answer:5.2 ...) that came from an earlier response and
    were neither changed nor confirmed since. `ask` is how the standard is asked, in a later stage
    on the strength of the rating `asked_on`; one that is only asked whether it is still true says
    who confirmed that and when.
    """

    __tablename__ = "response"
    __table_args__ = (
        UniqueConstraint("return_id", "standard"),
        one_of("self_rag", Rag),
        one_of("ask", Ask),
        CheckConstraint("ask = 'full' OR asked_on_id IS NOT NULL", name="asked_on_a_rating"),
        CheckConstraint(
            "(still_true_at IS NULL) = (still_true_by = '')", name="still_true_has_name"
        ),
        CheckConstraint("still_true_at IS NULL OR ask = 'still_true'", name="still_true_was_asked"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    return_id: Mapped[int] = mapped_column(ForeignKey("return.id"))
    standard: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)
    complete: Mapped[bool] = mapped_column(default=False)
    statement: Mapped[str] = mapped_column(Text, default="")
    self_label: Mapped[str | None] = mapped_column(String(60))
    self_rag: Mapped[Rag | None] = mapped_column(EnumText(Rag))
    na_reason: Mapped[str] = mapped_column(Text, default="")
    assigned_to_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    taken_over_from_id: Mapped[int | None] = mapped_column(ForeignKey("response.id"))
    taken_over: Mapped[list[str]] = mapped_column(JSON, default=list)
    ask: Mapped[Ask] = mapped_column(EnumText(Ask), default=Ask.FULL)
    asked_on_id: Mapped[int | None] = mapped_column(ForeignKey("rating.id"))
    progress: Mapped[str] = mapped_column(Text, default="")
    still_true_by: Mapped[str] = mapped_column(String(200), default="")
    still_true_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    still_true_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    saved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    saved_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    assigned_to: Mapped[User | None] = relationship(foreign_keys=[assigned_to_id])
    saved_by: Mapped[User | None] = relationship(foreign_keys=[saved_by_id])
    asked_on: Mapped["Rating | None"] = relationship()
    answers: Mapped[list["Answer"]] = relationship(
        order_by="Answer.requirement", cascade="all, delete-orphan"
    )
    proposed_actions: Mapped[list["ProposedAction"]] = relationship(
        order_by="ProposedAction.number"
    )


class Answer(Base):
    """The answer to one requirement; `value` is what its answer class stores."""

    __tablename__ = "answer"

    response_id: Mapped[int] = mapped_column(ForeignKey("response.id"), primary_key=True)
    requirement: Mapped[str] = mapped_column(String(20), primary_key=True)
    value: Mapped[dict[str, Any]] = mapped_column(JSON)


class ProposedAction(Base):
    """What an agency says at once that it will do about a red or amber self rating."""

    __tablename__ = "proposed_action"

    response_id: Mapped[int] = mapped_column(ForeignKey("response.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(String(200))
    due_on: Mapped[date | None]
