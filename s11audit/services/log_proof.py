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

from s11audit.models import Board
from s11audit.models.audit_log import AuditLog, AuditPayload, chain_of
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
UPGRADED = "log.upgraded"  # the first entry after those of 0.1.0, by the migration 0010
ALTERED = "the row was altered"
UNREADABLE = "of some hundred rows from there on one cannot be read"
PASSES = "the rows before it pass for those of s11audit 0.1.0"
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
        self._newer = False  # whether a row came that is not of 0.1.0
        self._broken: tuple[int, str] | None = None
        self._redacted: dict[int, _Redacted] = {}
        self._undone: dict[int, str] = {}

    def add(self, row: Any) -> None:
        """Check the next row. After a break the rest is read for what it says of redactions."""
        if self._broken is None:
            try:
                reason = self._fault(row)
            except (AttributeError, TypeError, ValueError):  # SQLite keeps any value in any column
                reason = ALTERED
            if reason:
                number = row.sequence if isinstance(row.sequence, int) else self._sequence
                self._broken = (number, reason)
            self._sequence, self._previous = self._sequence + 1, row.hash
        if row.what == REDACTED and row.document is not None:
            for item in _items(row.document):
                self._follow(item)

    def first_break(self) -> Break | None:
        """Return the break with the lowest number, once every row was added."""
        found = {self._broken[0]: self._broken[1]} if self._broken else {}
        if not (found or self._newer):
            found[self._sequence] = PASSES
        for sequence, reason in self._undone.items():
            found.setdefault(sequence, reason)
        for sequence, held in self._redacted.items():
            if held.named != held.stored:
                found[sequence] = "its before and after were altered"
            elif held.named_row != held.stored_row:
                found[sequence] = ALTERED
        return Break(self.chain, min(found), found[min(found)]) if found else None

    def _fault(self, row: Any) -> str:
        if row.sequence != self._sequence:
            return f"row {self._sequence} is missing"
        if row.previous_hash != self._previous:
            return "it does not follow the row before it"
        if row.document is None:
            sealed = row.version == FIRST_VERSION or _sealed(row, row.who)
            return "its before and after are missing" if sealed else ALTERED
        name = row.who
        if row.version != FIRST_VERSION and not self._newer:
            self._newer = True
            if self._sequence > 1 and row.what != UPGRADED:
                return PASSES
        if row.version == FIRST_VERSION:
            # A later row that calls itself one of 0.1.0 wants the excuse that those have.
            if self._newer or (row.user_id is not None and row.who != account(row.user_id)):
                return ALTERED
            name = row.name
        stored = payload_hash(row.document, row.name, row.salt)
        sealed = _sealed(row, name)
        if not sealed and (self._newer or not row.redactions):
            return ALTERED
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
        try:
            for row in rows:
                if proof is None or proof.chain != row.chain:
                    broken = proof.first_break() if proof else None
                    if broken:
                        return count, broken
                    proof = _Proof(row.chain)
                count += 1
                proof.add(row)
        except ValueError:  # SQLite may hold as a moment what is none
            chain = proof.chain if proof else "the first chain"
            return count, Break(chain, count + 1, UNREADABLE)
    return count, proof.first_break() if proof else None


def prove(session: Session) -> tuple[int, Break | None]:
    """Do what `verify` does, and look for a chain that is missing as a whole: that of every board
    begins with the board."""
    count, broken = verify(session)
    if broken is None:
        begun = {chain for (chain,) in session.execute(select(AuditLog.chain).distinct())}
        boards = session.scalars(select(Board.id).order_by(Board.id))
        lost = next((each for each in map(chain_of, boards) if each not in begun), None)
        broken = Break(lost, 1, "row 1 is missing") if lost else None
    return count, broken


def erased_row(row: Any, name: str) -> str:
    """Return the hash that a redaction names for a row of version 1 whose name was erased, since
    its own hash can no longer be worked out."""
    return digest(canonical(hashed_fields(row, row.payload_hash, row.sequence, who=name)))


def _sealed(row: Any, name: str) -> bool:
    fields = hashed_fields(row, row.payload_hash, row.sequence, who=name)
    return bool(row.hash == row_hash(row.previous_hash, fields))


def _items(document: str) -> list[dict[str, Any]]:
    """Return what an entry says that it redacted. What is not said as the service says it was not
    said by it, and excuses nothing."""
    try:
        found = json.loads(document)["after"]["entries"]
        return [each for each in found if _is_item(each)]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []


def _is_item(item: Any) -> bool:
    return (
        isinstance(item, dict)
        and isinstance(item.get("entry"), int)
        and all(isinstance(item.get(name), str) for name in ("from", "to"))
    )


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
