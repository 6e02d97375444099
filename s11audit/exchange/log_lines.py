"""The log as JSON lines: every row of a chain with its payload, so that anybody can prove it
without this program. docs/formats.md describes it."""

import json
from collections.abc import Iterator
from datetime import UTC
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.models import AuditLog, AuditPayload

_READ_AT_ONCE = 500


def log_lines(session: Session, chain: str | None = None) -> Iterator[str]:
    """Yield the rows of a chain (None: of every chain, one after the other) in their order, each
    as one line of JSON without its end. A few hundred rows are in memory at a time."""
    rows = (
        select(
            *AuditLog.__table__.columns,
            AuditPayload.document,
            AuditPayload.who.label("name"),
            AuditPayload.salt,
            AuditPayload.redactions,
            AuditPayload.redacted_at,
        )
        .outerjoin(AuditPayload, AuditPayload.log_id == AuditLog.id)
        .order_by(AuditLog.chain, AuditLog.sequence)
        .execution_options(yield_per=_READ_AT_ONCE)
    )
    if chain is not None:
        rows = rows.where(AuditLog.chain == chain)
    with session.execute(rows) as found:
        for row in found:
            yield json.dumps(_line(row), ensure_ascii=False)


def _line(row: Any) -> dict[str, Any]:
    line = {
        "chain": row.chain,
        "sequence": row.sequence,
        "version": row.version,
        "at": row.at.astimezone(UTC).isoformat(),
        "user_id": row.user_id,
        "who": row.who,
        "role": row.role,
        "what": row.what,
        "subject": row.subject,
        "subject_id": row.subject_id,
        "return_id": row.return_id,
        "payload_hash": row.payload_hash,
        "previous_hash": row.previous_hash,
        "hash": row.hash,
        "payload": None,
    }
    if row.address is not None:
        line["address"] = row.address
    if row.document is not None:
        line["payload"] = {
            "document": row.document,
            "who": row.name,
            "salt": row.salt,
            "redactions": row.redactions,
            "redacted_at": row.redacted_at and row.redacted_at.astimezone(UTC).isoformat(),
        }
    return line
