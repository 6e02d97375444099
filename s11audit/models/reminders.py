"""Reminders: a board's schedule, the digests that went to people, and what each was about."""

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from s11audit.domain.enums import ReminderKind
from s11audit.models.base import Base, EnumText, UtcDateTime, one_of


class ReminderSchedule(Base):
    """When a board reminds people, and in which words. A board without one has the default, and
    an empty subject or text stands for the default's."""

    __tablename__ = "reminder_schedule"
    __table_args__ = (CheckConstraint("every_days BETWEEN 0 AND 365", name="every_days_range"),)

    board_id: Mapped[int] = mapped_column(ForeignKey("board.id"), primary_key=True)
    returns_on: Mapped[bool]
    actions_on: Mapped[bool]
    weekly_on: Mapped[bool]
    days_before: Mapped[list[int]] = mapped_column(JSON)
    every_days: Mapped[int]
    subject: Mapped[str] = mapped_column(String(200), default="")
    text: Mapped[str] = mapped_column(Text, default="")


class DigestDay(Base):
    """How far a day's digests are: everybody up to that id has been seen to. A digest is written
    in the transaction that moves `upto_user_id` past its person."""

    __tablename__ = "digest_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    upto_user_id: Mapped[int] = mapped_column(default=0)
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Digest(Base):
    """The one e-mail with reminders that a person is sent on a day (London's)."""

    __tablename__ = "digest"
    __table_args__ = (UniqueConstraint("user_id", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    day: Mapped[date] = mapped_column(index=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Reminder(Base):
    """One thing that a digest reminded of; only ever added to.

    `subject_id` is the id of what it is about: a return, an action, or for weekly ones the board.
    `step` is the day of the schedule, counted from the due date: -14 is two weeks before. Nobody
    is reminded twice of the same step.
    """

    __tablename__ = "reminder"
    __table_args__ = (
        UniqueConstraint("user_id", "kind", "subject_id", "due_on", "step"),
        one_of("kind", ReminderKind),
        Index("ix_reminder_board_id_digest_id", "board_id", "digest_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    digest_id: Mapped[int] = mapped_column(ForeignKey("digest.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    board_id: Mapped[int] = mapped_column(ForeignKey("board.id"))
    kind: Mapped[ReminderKind] = mapped_column(EnumText(ReminderKind))
    subject_id: Mapped[int]
    return_id: Mapped[int | None] = mapped_column(ForeignKey("return.id"), index=True)
    due_on: Mapped[date]
    step: Mapped[int]


class DigestChoice(Base):
    """Whether a person wants the digests; who has chosen nothing gets them."""

    __tablename__ = "digest_choice"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    wanted: Mapped[bool]
    chosen_at: Mapped[datetime] = mapped_column(UtcDateTime)
