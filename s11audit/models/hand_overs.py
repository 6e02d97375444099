"""A lead's role that passes to a successor, and what the outgoing lead leaves to be read."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from s11audit.models.accounts import Invitation, User
from s11audit.models.base import Base, UtcDateTime


class HandOver(Base):
    """One lead's role on its way to a successor, by an invitation (domain rule 69). It waits, was
    accepted or was taken back as the invitation was.

    `stays_until`: the last day of the outgoing lead's role; none: it ends on acceptance.
    `by_office`: the board office replaced a lead who had left, whose role ended at once.
    """

    __tablename__ = "hand_over"
    __table_args__ = (
        CheckConstraint("NOT by_office OR stays_until IS NULL", name="office_ends_at_once"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    from_user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitation.id"), unique=True)
    stays_until: Mapped[date | None]
    by_office: Mapped[bool]
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)

    from_user: Mapped[User] = relationship()
    invitation: Mapped[Invitation] = relationship()


class HandOverNote(Base):
    """What a lead leaves to whoever comes after them; one of each lead of an agency."""

    __tablename__ = "hand_over_note"
    __table_args__ = (UniqueConstraint("membership_id", "author_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)

    author: Mapped[User] = relationship()
