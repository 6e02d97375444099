"""The log: a row for every change, written in the change's own transaction, chained.

Services call `record`; the rows are appended to their chains when the transaction commits, so
that a chain is locked for the moment of the commit only. Each board has a chain, the installation
another. The address that a change came from is `session.info["address"]`, put there by
`transactions.writing`; at the command line and in the background there is none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import Any

from sqlalchemy import bindparam, event, insert, select, text
from sqlalchemy.orm import Session

from s11audit.domain.enums import Role
from s11audit.domain.policy import Actor
from s11audit.models import Return
from s11audit.models.audit_log import AuditLog, AuditPayload, chain_of
from s11audit.services.log_hashes import (
    FIRST_HASH,
    VERSION,
    account,
    canonical,
    hashed_fields,
    payload_hash,
    row_hash,
)
from s11audit.services.log_proof import Break, prove, verify

__all__ = ["Break", "prove", "record", "record_for", "verify"]

# Sent with every change, under the write lock: put together once, and past the ORM.
_HEAD = (
    select(AuditLog.sequence, AuditLog.hash)
    .where(AuditLog.chain == bindparam("chain"))
    .order_by(AuditLog.sequence.desc())
    .limit(1)
)
_HOLD = text("SELECT pg_advisory_xact_lock(hashtext(:chain))")
_ADD_ROWS = insert(AuditLog).returning(AuditLog.id, sort_by_parameter_order=True)
_ADD_PAYLOADS = insert(AuditPayload)


@dataclass(frozen=True)
class Entry:
    """One change that waits for the commit."""

    chain: str
    at: datetime
    user_id: int | None
    name: str
    role: str
    what: str
    subject: str
    subject_id: int | None
    return_id: int | None
    document: str
    address: str | None
    version: int = VERSION

    @property
    def who(self) -> str:
        """How the row names who did it; the payload has the name."""
        return self.name if self.user_id is None else account(self.user_id)


def record(
    session: Session,
    actor: Actor,
    role: Role | None,
    what: str,
    subject: str,
    subject_id: int | None,
    *,
    now: datetime,
    board_id: int | None,
    return_id: int | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Log one change: `actor`, acting in `role`, did `what` ("response.saved") to the `subject`
    ("response") with that id. `before` and `after` hold what changed, JSON-able (dates and enums
    are turned into text). It is stored when the session commits, or not at all."""
    payload = {"before": dict(before or {}), "after": dict(after or {})}
    session.info.setdefault("log", []).append(
        Entry(
            chain=chain_of(board_id),
            at=now,
            user_id=actor.user_id,
            name=actor.who,
            role=role.value if role else "",
            what=what,
            subject=subject,
            subject_id=subject_id,
            return_id=return_id,
            document=canonical(payload),
            address=session.info.get("address"),
        )
    )


def record_for(
    session: Session,
    return_: Return,
    actor: Actor,
    role: Role | None,
    what: str,
    about: tuple[str, int] | None = None,
    *,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Log one change of a return, as `record` does, in the chain of its board; `about` is the
    subject and its id ("rating", 7) where that is not the return itself but a part of it."""
    subject, subject_id = about or ("return", return_.id)
    record(
        session, actor, role, what, subject, subject_id, now=now,
        board_id=return_.membership.board_id, return_id=return_.id, before=before, after=after,
    )  # fmt: skip


@event.listens_for(Session, "before_commit")
def _append(session: Session) -> None:
    entries: list[Entry] = session.info.pop("log", [])
    if not entries:
        return
    session.flush()
    for chain in sorted({entry.chain for entry in entries}):
        _append_to(session, chain, [entry for entry in entries if entry.chain == chain])


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop("log", None)


def _append_to(session: Session, chain: str, entries: list[Entry]) -> None:
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(_HOLD, {"chain": chain})
    head = connection.execute(_HEAD, {"chain": chain}).one_or_none()
    sequence, previous = head if head else (0, FIRST_HASH)
    rows, payloads = [], []
    for entry in entries:
        sequence += 1
        payload = {"document": entry.document, "who": entry.name, "salt": token_hex(16)}
        fields = hashed_fields(entry, payload_hash(**payload), sequence)
        digest = row_hash(previous, fields)
        # Every row names the same columns: they go to the database as one statement.
        fields |= {"address": entry.address, "at": entry.at}
        rows.append(fields | {"previous_hash": previous, "hash": digest})
        payloads.append(payload)
        previous = digest
    ids = connection.scalars(_ADD_ROWS, rows)
    connection.execute(
        _ADD_PAYLOADS,
        [{"log_id": log_id, **payload} for log_id, payload in zip(ids, payloads, strict=True)],
    )
