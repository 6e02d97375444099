"""Mail that waits to be sent, and mail that was."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from s11audit.models.base import Base, UtcDateTime

MOST_ATTEMPTS = 20  # refused so often: given up, until somebody has it tried again
# Why a message is not tried after a backup was restored, until somebody has it sent.
HELD_BACK = "Held back: this was waiting when the backup was made, and may have been sent since."


class OutboxMessage(Base):
    """One e-mail to one person, written in the transaction of the change it tells of.

    `secret` marks a body with a one-time link: it is cleared once sent.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_waiting",
            "next_attempt_at",
            sqlite_where=text("sent_at IS NULL"),
            postgresql_where=text("sent_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(String(200), unique=True)
    board_id: Mapped[int | None] = mapped_column(ForeignKey("board.id"), index=True)
    to_email: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text)
    secret: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_attempt_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(Text, default="")
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def is_held_back(self) -> bool:
        """Whether it waits for somebody to decide, since a backup was restored."""
        return self.attempts >= MOST_ATTEMPTS and self.last_error == HELD_BACK
