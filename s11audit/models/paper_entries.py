"""Returns that came on paper or in Word and are entered by the board office."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from s11audit.domain.enums import EntryForm
from s11audit.models.accounts import User
from s11audit.models.base import Base, EnumText, UtcDateTime, one_of
from s11audit.models.evidence import Blob


class PaperEntry(Base):
    """The board office enters a return from its original, which is kept with it. It ends with the
    submission, or without one where the office stops. A return has one at a time."""

    __tablename__ = "paper_entry"
    __table_args__ = (
        one_of("form", EntryForm),
        Index(
            "uq_paper_entry_open",
            "return_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    return_id: Mapped[int] = mapped_column(ForeignKey("return.id"), index=True)
    form: Mapped[EntryForm] = mapped_column(EnumText(EntryForm))
    received_on: Mapped[date]
    blob_sha256: Mapped[str] = mapped_column(ForeignKey("blob.sha256"), index=True)
    filename: Mapped[str] = mapped_column(String(200))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submission.id"), unique=True)

    blob: Mapped[Blob] = relationship()
    started_by: Mapped[User | None] = relationship()
