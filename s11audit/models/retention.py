"""What was removed of a cycle once its retention had ended."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from s11audit.models.accounts import User
from s11audit.models.base import Base, UtcDateTime
from s11audit.models.cycles import Cycle


class RetentionRun(Base):
    """One removal of a cycle's contents (domain rule 79): who approved it, in which role, and how
    many were removed and kept of each kind, by what the places are called to people. `digest` is
    that of the list that was approved."""

    __tablename__ = "retention_run"
    __table_args__ = (CheckConstraint("files >= 0", name="files_counted"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"), index=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    by_role: Mapped[str] = mapped_column(String(20))
    digest: Mapped[str] = mapped_column(String(64))
    removed: Mapped[dict[str, int]] = mapped_column(JSON)
    kept: Mapped[dict[str, int]] = mapped_column(JSON)
    files: Mapped[int]

    cycle: Mapped[Cycle] = relationship()
    by: Mapped[User | None] = relationship()
