"""An entry in each chain that was begun under 0.1.0: up to here, entries are of version 1.

Of entries whose name was erased the proof believes more where they are of version 1. This one says,
sealed by every entry after it, which these are.

Revision: 0010
After: 0009
"""

import json
from datetime import UTC, datetime
from hashlib import sha256
from secrets import token_hex

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: tuple[str, ...] | None = ()
depends_on: str | None = None

HEADS = """
    SELECT chain, sequence, hash FROM audit_log AS last WHERE version = 1 AND sequence =
    (SELECT max(sequence) FROM audit_log WHERE chain = last.chain) ORDER BY chain
"""
ROWS = sa.table(
    "audit_log",
    sa.column("id", sa.Integer),
    *(sa.column(name) for name in ("chain", "sequence", "who", "role", "what", "subject")),
    *(sa.column(name) for name in ("payload_hash", "previous_hash", "hash", "version")),
    sa.column("at", sa.DateTime(timezone=True)),
)
PAYLOADS = sa.table(
    "audit_payload", *(sa.column(name) for name in ("log_id", "document", "who", "salt"))
)


def upgrade() -> None:
    connection = op.get_bind()
    moment = datetime.now(UTC)
    for chain, sequence, head in connection.execute(sa.text(HEADS)).all():
        payload = {
            "document": _text({"after": {"entries": sequence}, "before": {}}),
            "salt": token_hex(16),
            "who": "operator",
        }
        row = {
            "chain": chain,
            "sequence": sequence + 1,
            "who": "operator",
            "role": "admin",
            "what": "log.upgraded",
            "subject": "log",
            "payload_hash": _digest(_text(payload)),
            "version": 2,
        }
        nobody = {"user_id": None, "subject_id": None, "return_id": None}
        sealed = _digest(head + _text(row | nobody | {"at": moment.isoformat()}))
        connection.execute(ROWS.insert().values(**row, at=moment, previous_hash=head, hash=sealed))
        made = sa.select(ROWS.c.id).where(ROWS.c.hash == sealed)
        connection.execute(PAYLOADS.insert().values(log_id=connection.scalar(made), **payload))


def downgrade() -> None:
    """The log keeps what it says."""


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
