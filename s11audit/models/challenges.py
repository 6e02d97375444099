"""Challenge: a meeting with an agency about its return."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from s11audit.models.accounts import User
from s11audit.models.base import Base, UtcDateTime
from s11audit.models.returns import Return


class Challenge(Base):
    """A meeting about a return. The agency sees day, place, panel and questions once it is shared,
    and the answers, outcome and actions once it is finished."""

    __tablename__ = "challenge"
    __table_args__ = (
        UniqueConstraint("return_id", "number"),
        CheckConstraint("finished_at IS NULL OR outcome <> ''", name="finished_has_outcome"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    return_id: Mapped[int] = mapped_column(ForeignKey("return.id"))
    number: Mapped[int]
    held_on: Mapped[date]
    place: Mapped[str] = mapped_column(String(300), default="")
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    shared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(Text, default="")
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    return_: Mapped[Return] = relationship()
    made_by: Mapped[User | None] = relationship(foreign_keys=[made_by_id])
    members: Mapped[list["ChallengeMember"]] = relationship(
        order_by="ChallengeMember.number", cascade="all, delete-orphan"
    )
    questions: Mapped[list["ChallengeQuestion"]] = relationship(
        order_by="ChallengeQuestion.number", cascade="all, delete-orphan"
    )
    actions: Mapped[list["ChallengeAction"]] = relationship(order_by="ChallengeAction.number")


class ChallengeMember(Base):
    """Somebody on the panel, by name and post."""

    __tablename__ = "challenge_member"

    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenge.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    post: Mapped[str] = mapped_column(String(200), default="")


class ChallengeQuestion(Base):
    """A question to the agency, about a standard or none, and what it answered. `source` names the
    rule that drafted it; it is empty for one by hand."""

    __tablename__ = "challenge_question"
    __table_args__ = (UniqueConstraint("challenge_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenge.id"))
    number: Mapped[int]
    standard: Mapped[int | None]
    source: Mapped[str] = mapped_column(String(30), default="")
    text: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text, default="")


class ChallengeAction(Base):
    """What was agreed to be done, by whom and by when, and when it was."""

    __tablename__ = "challenge_action"
    __table_args__ = (UniqueConstraint("challenge_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenge.id"))
    number: Mapped[int]
    what: Mapped[str] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(String(200))
    due_on: Mapped[date]
    done_on: Mapped[date | None]
    done_note: Mapped[str] = mapped_column(Text, default="")
