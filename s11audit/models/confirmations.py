"""The confirmed way: the office returns a self-assessed result, the agency confirms or corrects it.

The ratings that the agency confirmed are rows of `rating` in the role self that carry the
confirmation's id.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from s11audit.models.accounts import User
from s11audit.models.base import Base, UtcDateTime
from s11audit.models.returns import Submission


class ReturnedResult(Base):
    """The board office returned to the agency what a submission comes to."""

    __tablename__ = "returned_result"

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), unique=True)
    effective_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    returned_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    returned_by: Mapped[User | None] = relationship()


class Confirmation(Base):
    """The agency confirmed the result that was returned to it; `name` and `designation` say who
    answers for that. One a result."""

    __tablename__ = "confirmation"
    __table_args__ = (CheckConstraint("name <> '' AND designation <> ''", name="by_name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    return_id: Mapped[int] = mapped_column(ForeignKey("return.id"), index=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    designation: Mapped[str] = mapped_column(String(200))
    effective_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    confirmed_by: Mapped[User | None] = relationship()
    submission: Mapped[Submission] = relationship()
