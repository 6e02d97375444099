"""What was taken out of the record: passages, files, and the details of a person's account."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from s11audit.domain.enums import RedactionKind
from s11audit.models.accounts import User
from s11audit.models.base import Base, EnumText, UtcDateTime, one_of
from s11audit.models.boards import Board


class Redaction(Base):
    """One redaction. Of a passage only a keyed hash is kept, with its length and number of words:
    by it the passage is found again in a backup that is restored (domain rule 82). Of a person, a
    keyed hash of the e-mail address, so that nobody else's account is taken for theirs. `board` is
    None where it reaches every board. `places` counts what was changed, by the board's id as text
    and what the places are called to people. `gone_at` says when a file had left the store.
    """

    __tablename__ = "redaction"
    __table_args__ = (
        one_of("kind", RedactionKind),
        CheckConstraint(
            "(kind = 'file') = (digest IS NULL) AND (kind = 'file') = (salt IS NULL)",
            name="words_have_print",
        ),
        CheckConstraint(
            "(kind = 'passage') = (length IS NOT NULL)"
            " AND (kind = 'passage') = (words IS NOT NULL)",
            name="passage_has_length",
        ),
        CheckConstraint("(kind = 'file') = (blob_sha256 IS NOT NULL)", name="file_has_hash"),
        CheckConstraint("(kind = 'person') = (user_id IS NOT NULL)", name="person_has_account"),
        CheckConstraint("gone_at IS NULL OR kind = 'file'", name="gone_is_file"),
        CheckConstraint("reason <> ''", name="reason_some"),
        Index("ix_redaction_board_id_made_at", "board_id", "made_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True)
    kind: Mapped[RedactionKind] = mapped_column(EnumText(RedactionKind))
    board_id: Mapped[int | None] = mapped_column(ForeignKey("board.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    blob_sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    salt: Mapped[str | None] = mapped_column(String(32))
    digest: Mapped[str | None] = mapped_column(String(64))
    length: Mapped[int | None]
    words: Mapped[int | None]
    tombstone: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(Text)
    places: Mapped[dict[str, dict[str, int]]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    by_role: Mapped[str] = mapped_column(String(20))
    gone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    board: Mapped[Board | None] = relationship()
    by: Mapped[User | None] = relationship(foreign_keys=[by_id])
