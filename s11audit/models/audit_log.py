"""The record of every change: a chain a board and one for the installation."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from s11audit.models.base import Base, UtcDateTime


class AuditLog(Base):
    """One change. `hash` covers every other column but the ids, and the row before it in its
    chain; `payload_hash` covers the before and after, which stand apart so that a passage can be
    redacted later without breaking the chain."""

    __tablename__ = "audit_log"
    __table_args__ = (
        UniqueConstraint("chain", "sequence"),
        Index("ix_audit_log_subject", "subject", "subject_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    chain: Mapped[str] = mapped_column(String(40))
    sequence: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    who: Mapped[str] = mapped_column(String(300))
    role: Mapped[str] = mapped_column(String(20))
    what: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int | None]
    return_id: Mapped[int | None] = mapped_column(ForeignKey("return.id"), index=True)
    payload_hash: Mapped[str] = mapped_column(String(64))
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)


class AuditPayload(Base):
    """The before and after of one change, as canonical JSON text."""

    __tablename__ = "audit_payload"

    log_id: Mapped[int] = mapped_column(ForeignKey("audit_log.id"), primary_key=True)
    document: Mapped[str] = mapped_column(Text)
