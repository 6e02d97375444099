"""The log: a row for every change, written in the change's own transaction, chained.

Services call `record`; the rows are appended to their chains when the transaction commits, so
that a chain is locked for the moment of the commit only. Each board has a chain, the installation
another.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import bindparam, event, insert, select, text
from sqlalchemy.orm import Session

from s11audit.domain.enums import Role
from s11audit.domain.policy import Actor
from s11audit.models import Return
from s11audit.models.audit_log import AuditLog, AuditPayload

# Sent with every change, under the write lock: put together once, and past the ORM.
_HEAD = (
    select(AuditLog.sequence, AuditLog.hash)
    .where(AuditLog.chain == bindparam("chain"))
    .order_by(AuditLog.sequence.desc())
    .limit(1)
)
_ADD_ROWS = insert(AuditLog).returning(AuditLog.id, sort_by_parameter_order=True)
_ADD_PAYLOADS = insert(AuditPayload)

INSTALLATION_CHAIN = "installation"
FIRST_HASH = "0" * 64


@dataclass(frozen=True)
class Entry:
    """One change that waits for the commit."""

    chain: str
    at: datetime
    user_id: int | None
    who: str
    role: str
    what: str
    subject: str
    subject_id: int | None
    return_id: int | None
    document: str


def chain_of(board_id: int | None) -> str:
    """Return the name of a board's chain, or of the installation's."""
    return INSTALLATION_CHAIN if board_id is None else f"board:{board_id}"


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
            who=actor.who,
            role=role.value if role else "",
            what=what,
            subject=subject,
            subject_id=subject_id,
            return_id=return_id,
            document=canonical(payload),
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


def canonical(value: Any) -> str:
    """Return `value` as JSON that has one form: sorted keys, no white space."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain
    )


def row_hash(previous: str, fields: Mapping[str, Any]) -> str:
    """Return the hash of a log row: over the hash before it and its own columns."""
    return sha256((previous + canonical(fields)).encode()).hexdigest()


def hashed_fields(row: Any, payload_hash: str, sequence: int) -> dict[str, Any]:
    """Return the columns that a row's hash covers."""
    return {
        "chain": row.chain,
        "sequence": sequence,
        "at": row.at.astimezone(UTC).isoformat(),
        "user_id": row.user_id,
        "who": row.who,
        "role": row.role,
        "what": row.what,
        "subject": row.subject,
        "subject_id": row.subject_id,
        "return_id": row.return_id,
        "payload_hash": payload_hash,
    }


def document_hash(document: str) -> str:
    """Return the hash of a payload as it is stored."""
    return sha256(document.encode()).hexdigest()


@dataclass(frozen=True)
class Break:
    """Where a chain does not hold: the row's place in it and what is wrong."""

    chain: str
    sequence: int
    reason: str


def verify(session: Session) -> tuple[int, Break | None]:
    """Check every chain. Returns the number of rows read and the first break found, if any."""
    count = 0
    expected_chain, expected_sequence, previous = "", 1, FIRST_HASH
    for row, document in _rows(session):
        count += 1
        if row.chain != expected_chain:
            expected_chain, expected_sequence, previous = row.chain, 1, FIRST_HASH
        reason = _fault(row, document, expected_sequence, previous)
        if reason:
            return count, Break(row.chain, row.sequence, reason)
        expected_sequence, previous = row.sequence + 1, row.hash
    return count, None


def _rows(session: Session) -> Iterator[Any]:
    return session.execute(
        select(AuditLog, AuditPayload.document)
        .outerjoin(AuditPayload, AuditPayload.log_id == AuditLog.id)
        .order_by(AuditLog.chain, AuditLog.sequence)
        .execution_options(yield_per=500)
    )


def _fault(row: AuditLog, document: str | None, sequence: int, previous: str) -> str:
    if row.sequence != sequence:
        return f"row {sequence} is missing"
    if row.previous_hash != previous:
        return "it does not follow the row before it"
    if row.hash != row_hash(previous, hashed_fields(row, row.payload_hash, row.sequence)):
        return "the row was altered"
    if document is None:
        return "its before and after are missing"
    if document_hash(document) != row.payload_hash:
        return "its before and after were altered"
    return ""


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | set | frozenset):
        return sorted(value) if not isinstance(value, tuple) else list(value)
    raise TypeError(f"{type(value).__name__} cannot be logged.")


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
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:chain))"), {"chain": chain})
    head = session.execute(_HEAD, {"chain": chain}).one_or_none()
    sequence, previous = head if head else (0, FIRST_HASH)
    rows = []
    for entry in entries:
        sequence += 1
        payload_hash = document_hash(entry.document)
        fields = hashed_fields(entry, payload_hash, sequence)
        digest = row_hash(previous, fields)
        rows.append(fields | {"at": entry.at, "previous_hash": previous, "hash": digest})
        previous = digest
    connection = session.connection()
    ids = connection.scalars(_ADD_ROWS, rows)
    connection.execute(
        _ADD_PAYLOADS,
        [
            {"log_id": log_id, "document": entry.document}
            for log_id, entry in zip(ids, entries, strict=True)
        ],
    )
