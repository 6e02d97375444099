"""Redacting what the log holds: the one door by which a payload changes.

The row of the log stays as it is, with the hash of the payload as it was. Beside the changed
payload, an entry of the same chain names the hash that was found and the one that was left; the
proof (`services.log_proof`) follows them. No entry, no proof: a payload that was changed in any
other way is a break.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from secrets import token_hex
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from s11audit.domain.enums import Role
from s11audit.domain.errors import Refused
from s11audit.domain.policy import Actor
from s11audit.models.audit_log import AuditLog, AuditPayload, board_of
from s11audit.services.log import record
from s11audit.services.log_hashes import FIRST_VERSION, canonical, payload_hash
from s11audit.services.log_proof import REDACTED, erased_row

_AT_ONCE = 400


@dataclass(frozen=True)
class Change:
    """What becomes of one entry's payload: another document (`{"before": ..., "after": ...}`),
    another name, or both; None leaves it."""

    log_id: int
    document: Mapping[str, Any] | None = None
    who: str | None = None


def redact_all(
    session: Session,
    actor: Actor,
    role: Role | None,
    changes: Iterable[Change],
    *,
    by: str,
    reference: str = "",
    now: datetime,
) -> int:
    """Change the payloads of several entries and log it, an entry for some hundreds of one chain.
    Returns how many were changed; a change that changes nothing is left out.

    `by` says what for ("redaction", "retention", "erasure") and `reference` what it belongs to
    ("redaction 7"): both stay readable for ever, so that neither may hold what was taken out. An
    entry may be redacted again. What a redaction itself says (its after) cannot be redacted, only
    the name of who made it. The caller has asked who may. Raises Refused for an entry whose
    payload is not there.
    """
    count, pending = 0, iter(changes)
    while some := list(islice(pending, _AT_ONCE)):
        count += _redact_some(session, actor, role, some, by, reference, now)
    return count


def erase_names(
    session: Session,
    actor: Actor,
    role: Role | None,
    user_id: int,
    called: str,
    *,
    reference: str = "",
    now: datetime,
) -> int:
    """Put `called` in the place of the name of an account in every entry that it made; the role
    in which it acted stays. Returns how many entries were changed."""
    found = session.scalars(
        select(AuditPayload.log_id)
        .join(AuditLog, AuditLog.id == AuditPayload.log_id)
        .where(AuditLog.user_id == user_id, AuditPayload.who != called)
        .order_by(AuditPayload.log_id)
    ).all()
    changes = (Change(log_id, who=called) for log_id in found)
    return redact_all(session, actor, role, changes, by="erasure", reference=reference, now=now)


def _redact_some(
    session: Session,
    actor: Actor,
    role: Role | None,
    changes: list[Change],
    by: str,
    reference: str,
    now: datetime,
) -> int:
    session.flush()
    wanted = {change.log_id: change for change in changes}
    named: dict[str, list[dict[str, Any]]] = {}
    count = 0
    for row, payload in _locked(session, wanted):
        item = _redact_one(session, row, payload, wanted.pop(row.id), now)
        if item:
            named.setdefault(row.chain, []).append(item)
            count += 1
    if wanted:
        raise Refused("The log lacks what is to be redacted. Have the log checked.")
    for chain, items in named.items():
        record(
            session, actor, role, REDACTED, "log", None, now=now, board_id=board_of(chain),
            after={"by": by, "reference": reference, "entries": items},
        )  # fmt: skip
    return count


def _locked(session: Session, log_ids: Iterable[int]) -> Iterator[Any]:
    rows = session.execute(
        select(AuditLog, AuditPayload)
        .join(AuditPayload, AuditPayload.log_id == AuditLog.id)
        .where(AuditLog.id.in_(list(log_ids)))
        .order_by(AuditLog.id)
        .with_for_update(of=AuditPayload)
        .execution_options(populate_existing=True)
    )
    return iter(rows.all())


def _redact_one(
    session: Session, row: AuditLog, payload: AuditPayload, change: Change, now: datetime
) -> dict[str, Any] | None:
    document = payload.document
    if change.document is not None and row.what != REDACTED:
        document = canonical(change.document)
    who = payload.who if change.who is None else change.who
    if (document, who) == (payload.document, payload.who):
        return None
    salt = token_hex(16)
    item = {
        "entry": row.sequence,
        "from": payload_hash(payload.document, payload.who, payload.salt),
        "to": payload_hash(document, who, salt),
    }
    if row.version == FIRST_VERSION and who != payload.who:
        item["row"] = erased_row(row, who)
    session.execute(
        update(AuditPayload)
        .where(AuditPayload.log_id == row.id)
        .values(
            document=document,
            who=who,
            salt=salt,
            redactions=AuditPayload.redactions + 1,
            redacted_at=now,
        )
        .execution_options(synchronize_session=False)
    )
    return item
