"""The record of every change: a chain a board and one for the installation."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Connection,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from s11audit.models.base import Base, UtcDateTime
from s11audit.models.log_guards import GUARDS

INSTALLATION_CHAIN = "installation"


def chain_of(board_id: int | None) -> str:
    """Return the name of a board's chain, or of the installation's."""
    return INSTALLATION_CHAIN if board_id is None else f"board:{board_id}"


def board_of(chain: str) -> int | None:
    """Return the id of the board whose chain it is; None for the installation's."""
    number = chain.partition(":")[2]
    return int(number) if number else None


class AuditLog(Base):
    """One change. `hash` covers every other column but the ids, and the row before it in its
    chain; `payload_hash` covers the before and after and the name of who did it, which stand apart
    so that a passage can be redacted, and a name erased, later without breaking the chain.

    `who` is "account 12" here. Rows of `version` 1 are those of s11audit 0.1.0. The database
    refuses to change or delete a row (`models.log_guards`).
    """

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
    address: Mapped[str | None] = mapped_column(String(45))
    version: Mapped[int] = mapped_column(server_default="1")


class AuditPayload(Base):
    """The before and after of one change, as canonical JSON text, and who did it, by name.

    `salt` keeps what is redacted from being guessed by its hash. The database refuses to delete a
    row, and to change one but by a redaction: see `services.log_payloads`.
    """

    __tablename__ = "audit_payload"
    __table_args__ = (
        CheckConstraint("redactions >= 0", name="redactions_counted"),
        CheckConstraint("(redactions = 0) = (redacted_at IS NULL)", name="redacted_has_day"),
    )

    log_id: Mapped[int] = mapped_column(ForeignKey("audit_log.id"), primary_key=True)
    document: Mapped[str] = mapped_column(Text)
    who: Mapped[str] = mapped_column(String(300), server_default=text("''"))
    salt: Mapped[str] = mapped_column(String(32), server_default=text("''"))
    redactions: Mapped[int] = mapped_column(server_default="0")
    redacted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def _guard(table: Table, connection: Connection, **_: Any) -> None:
    """Put up the triggers of a table that was just made."""
    for statement in GUARDS[connection.dialect.name][table.name]:
        connection.exec_driver_sql(statement)


for _model in (AuditLog, AuditPayload):
    event.listen(_model.__table__, "after_create", _guard)
