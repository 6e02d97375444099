"""Meetings of a board: its executive's programme of returns, and the QA sub-group's work."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from s11audit.domain.enums import AttendanceKind, LineBasis, MeetingKind
from s11audit.models.accounts import User
from s11audit.models.agencies import Membership
from s11audit.models.base import Base, EnumText, UtcDateTime, one_of
from s11audit.models.boards import Board
from s11audit.models.returns import Return


class Meeting(Base):
    """A meeting of the board's executive or of its QA sub-group. `notes` are the minutes' own
    text; `other_items` is what else comes to it, a line each."""

    __tablename__ = "meeting"
    __table_args__ = (
        UniqueConstraint("board_id", "kind", "held_on"),
        one_of("kind", MeetingKind),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    board_id: Mapped[int] = mapped_column(ForeignKey("board.id"))
    kind: Mapped[MeetingKind] = mapped_column(EnumText(MeetingKind))
    held_on: Mapped[date]
    starts_at: Mapped[str] = mapped_column(String(20), default="")
    place: Mapped[str] = mapped_column(String(200), default="")
    title: Mapped[str] = mapped_column(String(200))
    other_items: Mapped[str] = mapped_column(Text, default="")
    notes: Mapped[str] = mapped_column(Text, default="")
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)

    board: Mapped[Board] = relationship()


class ProgrammeItem(Base):
    """A return that comes to a meeting of the executive: an agency once a stage."""

    __tablename__ = "programme_item"
    __table_args__ = (CheckConstraint("position >= 1", name="position_from_one"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    return_id: Mapped[int] = mapped_column(ForeignKey("return.id"), unique=True)
    position: Mapped[int]
    note: Mapped[str] = mapped_column(Text, default="")
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)

    meeting: Mapped[Meeting] = relationship()
    return_: Mapped[Return] = relationship()


class EnquiryLine(Base):
    """A line of enquiry for a QA meeting: drafted from screening, the return or ratings, or
    written by hand. `draft_key` keeps a draft from being made twice, edited or not."""

    __tablename__ = "enquiry_line"
    __table_args__ = (
        UniqueConstraint("meeting_id", "return_id", "standard", "draft_key"),
        one_of("basis", LineBasis),
        CheckConstraint("text <> ''", name="text_some"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    return_id: Mapped[int] = mapped_column(ForeignKey("return.id"), index=True)
    standard: Mapped[int]
    basis: Mapped[LineBasis] = mapped_column(EnumText(LineBasis))
    draft_key: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    removed: Mapped[bool] = mapped_column(default=False)
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    return_: Mapped[Return] = relationship()


class Attendance(Base):
    """Who was at a meeting, or sent apologies."""

    __tablename__ = "attendance"
    __table_args__ = (
        UniqueConstraint("meeting_id", "name_key"),
        one_of("kind", AttendanceKind),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(String(250))
    from_where: Mapped[str] = mapped_column(String(200), default="")
    kind: Mapped[AttendanceKind] = mapped_column(EnumText(AttendanceKind))


class ConflictOfInterest(Base):
    """A person at a meeting who has an interest in an agency, such as working for it."""

    __tablename__ = "conflict_of_interest"
    __table_args__ = (UniqueConstraint("attendance_id", "membership_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    attendance_id: Mapped[int] = mapped_column(ForeignKey("attendance.id"))
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)

    attendance: Mapped[Attendance] = relationship()
    membership: Mapped[Membership] = relationship()


class MeetingDecision(Base):
    """What a meeting decided: about which return and standard, who does it, by when."""

    __tablename__ = "meeting_decision"
    __table_args__ = (
        UniqueConstraint("meeting_id", "number"),
        CheckConstraint("text <> ''", name="text_some"),
        CheckConstraint("standard IS NULL OR return_id IS NOT NULL", name="standard_of_return"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    number: Mapped[int]
    return_id: Mapped[int | None] = mapped_column(ForeignKey("return.id"), index=True)
    standard: Mapped[int | None]
    text: Mapped[str] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(String(200), default="")
    due_on: Mapped[date | None]
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    return_: Mapped[Return | None] = relationship()
    recorded_by: Mapped[User | None] = relationship()


class Minutes(Base):
    """The minutes of a meeting as they were approved: a frozen copy."""

    __tablename__ = "minutes"

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), unique=True)
    approved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSON, deferred=True)

    approved_by: Mapped[User | None] = relationship()
