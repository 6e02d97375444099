"""How rows of the log and their payloads are hashed. Pure; docs/formats.md says it in words, with
a short program that proves an export by it."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

FIRST_HASH = "0" * 64
# Rows of s11audit 0.1.0: hashed with the name of who did it, and their payloads without a salt.
FIRST_VERSION = 1
VERSION = 2


def canonical(value: Any) -> str:
    """Return `value` as JSON that has one form: sorted keys, no white space."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain
    )


def digest(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hexadecimal digits."""
    return sha256(text.encode()).hexdigest()


def row_hash(previous: str, fields: Mapping[str, Any]) -> str:
    """Return the hash of a log row: over the hash before it and its own columns."""
    return digest(previous + canonical(fields))


def hashed_fields(
    row: Any, payload_hash: str, sequence: int, *, who: str | None = None
) -> dict[str, Any]:
    """Return the columns that a row's hash covers: `address` where there is one, `version` from 2
    on. A row of version 1 was hashed with a name, `who`."""
    fields = {
        "chain": row.chain,
        "sequence": sequence,
        "at": row.at.astimezone(UTC).isoformat(),
        "user_id": row.user_id,
        "who": row.who if who is None else who,
        "role": row.role,
        "what": row.what,
        "subject": row.subject,
        "subject_id": row.subject_id,
        "return_id": row.return_id,
        "payload_hash": payload_hash,
    }
    if row.address is not None:
        fields["address"] = row.address
    if row.version > FIRST_VERSION:
        fields["version"] = row.version
    return fields


def payload_hash(document: str, who: str, salt: str) -> str:
    """Return the hash of a payload: over the document alone where there is no salt (version 1,
    not redacted), else over document, name and salt."""
    if not salt:
        return digest(document)
    return digest(canonical({"document": document, "salt": salt, "who": who}))


def account(user_id: int) -> str:
    """Return how an account is named where its person is not: "account 12"."""
    return f"account {user_id}"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | set | frozenset):
        return sorted(value) if not isinstance(value, tuple) else list(value)
    raise TypeError(f"{type(value).__name__} cannot be logged.")
