"""Proves the log: every row follows the one before it, and every payload is that of its row or what
redactions named in the same chain made of it.

One statement and one pass, in the order of the chains, a few hundred rows in memory at a time. Of
redacted payloads the hashes are remembered until the chain's end, since what names them comes
later. See docs/decisions/0021-a-redaction-is-named-in-the-chain.md.
"""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Result, select
from sqlalchemy.orm import Session

from s11audit.models.audit_log import AuditLog, AuditPayload
from s11audit.services.log_hashes import (
    FIRST_HASH,
    FIRST_VERSION,
    account,
    canonical,
    digest,
    hashed_fields,
    payload_hash,
    row_hash,
)

REDACTED = "log.redacted"
_READ_AT_ONCE = 500


@dataclass(frozen=True)
class Break:
    """Where a chain does not hold: the row's place in it and what is wrong."""

    chain: str
    sequence: int
    reason: str


@dataclass(slots=True)
class _Redacted:
    """A row whose payload is no longer that of its row's hash: what the redactions read so far
    name as its hashes, and what they are."""

    named: str
    stored: str
    named_row: str = ""
    stored_row: str = ""


class _Proof:
    """The proof of one chain, a row at a time."""

    def __init__(self, chain: str) -> None:
        self.chain = chain
        self._sequence, self._previous = 1, FIRST_HASH
        self._broken: tuple[int, str] | None = None
        self._redacted: dict[int, _Redacted] = {}
        self._undone: dict[int, str] = {}

    def add(self, row: Any) -> None:
        """Check the next row. After a break the rest is read for what it says of redactions."""
        if self._broken is None:
            reason = self._fault(row)
            if reason:
                self._broken = (row.sequence, reason)
            self._sequence, self._previous = row.sequence + 1, row.hash
        if row.what == REDACTED and row.document is not None:
            for item in _items(row.document):
                self._follow(item)

    def first_break(self) -> Break | None:
        """Return the break with the lowest number, once every row was added."""
        found = {self._broken[0]: self._broken[1]} if self._broken else {}
        for sequence, reason in self._undone.items():
            found.setdefault(sequence, reason)
        for sequence, held in self._redacted.items():
            if held.named != held.stored:
                found[sequence] = "its before and after were altered"
            elif held.named_row != held.stored_row:
                found[sequence] = "the row was altered"
        return Break(self.chain, min(found), found[min(found)]) if found else None

    def _fault(self, row: Any) -> str:
        if row.sequence != self._sequence:
            return f"row {self._sequence} is missing"
        if row.previous_hash != self._previous:
            return "it does not follow the row before it"
        if row.document is None:
            sealed = row.version == FIRST_VERSION or _sealed(row, row.who)
            return "its before and after are missing" if sealed else "the row was altered"
        name = row.who
        if row.version == FIRST_VERSION:
            if row.user_id is not None and row.who != account(row.user_id):
                return "the row was altered"
            name = row.name
        stored = payload_hash(row.document, row.name, row.salt)
        sealed = _sealed(row, name)
        if not sealed and not (row.version == FIRST_VERSION and row.redactions):
            return "the row was altered"
        if stored != row.payload_hash and not row.redactions:
            return "its before and after were altered"
        if row.redactions:
            of_row = "" if sealed else erased_row(row, name)
            self._redacted[row.sequence] = _Redacted(row.payload_hash, stored, "", of_row)
        return ""

    def _follow(self, item: dict[str, Any]) -> None:
        """Follow a redaction from the hash that it found to the one that it left."""
        held = self._redacted.get(item["entry"])
        if held is None:
            self._undone[item["entry"]] = "it was redacted, and what was redacted is back"
        elif held.named != item["from"]:
            self._undone[item["entry"]] = "its before and after were altered before a redaction"
        else:
            held.named = item["to"]
            if held.stored_row:
                held.named_row = item.get("row") or held.named_row


def verify(session: Session) -> tuple[int, Break | None]:
    """Check every chain. Returns the number of rows read and the first break found, if any."""
    count = 0
    proof: _Proof | None = None
    with _rows(session) as rows:
        for row in rows:
            if proof is None or proof.chain != row.chain:
                broken = proof.first_break() if proof else None
                if broken:
                    return count, broken
                proof = _Proof(row.chain)
            count += 1
            proof.add(row)
    return count, proof.first_break() if proof else None


def erased_row(row: Any, name: str) -> str:
    """Return the hash that a redaction names for a row of version 1 whose name was erased, since
    its own hash can no longer be worked out."""
    return digest(canonical(hashed_fields(row, row.payload_hash, row.sequence, who=name)))


def _sealed(row: Any, name: str) -> bool:
    fields = hashed_fields(row, row.payload_hash, row.sequence, who=name)
    return bool(row.hash == row_hash(row.previous_hash, fields))


def _items(document: str) -> list[dict[str, Any]]:
    try:
        return list(json.loads(document)["after"]["entries"])
    except (ValueError, KeyError, TypeError):
        return []


def _rows(session: Session) -> Result[Any]:
    return session.execute(
        select(
            *(column for column in AuditLog.__table__.columns),
            AuditPayload.document,
            AuditPayload.who.label("name"),
            AuditPayload.salt,
            AuditPayload.redactions,
        )
        .outerjoin(AuditPayload, AuditPayload.log_id == AuditLog.id)
        .order_by(AuditLog.chain, AuditLog.sequence)
        .execution_options(yield_per=_READ_AT_ONCE)
    )
