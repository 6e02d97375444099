"""A backup: the whole database as of one moment, and the evidence that it names, in one file.

The tables are read in one transaction that only reads: nobody waits for it, and it waits for
nobody. The evidence is copied afterwards; files are never changed, so that only one that was
removed in the meantime can be missing. Then the database has let go of it too, and everything is
read again. Memory does not grow with the board.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, inspect, text

from s11audit.adapters.archives import FORMAT, KIND, LEDGER, Part, Writer, list_hash
from s11audit.adapters.storage import Storage
from s11audit.domain.errors import Invalid
from s11audit.services import database
from s11audit.services.table_rows import dump, tables_of


@dataclass(frozen=True)
class Made:
    """What a backup holds. `missing` names evidence that the database names and the store has
    not, and `damaged` what of it the store holds otherwise than it was stored."""

    path: Path
    size: int
    sha256: str
    tables: int
    rows: int
    files: int
    missing: list[str]
    damaged: list[str]


_REDACTED = "SELECT blob_sha256 FROM redaction WHERE blob_sha256 IS NOT NULL"
# What a board uses that has not redacted it, though another has (domain rule 81).
_STILL_USED = """
    SELECT used.blob_sha256 FROM (
        SELECT blob_sha256, return_id FROM evidence
        UNION ALL SELECT blob_sha256, return_id FROM paper_entry
    ) AS used
    JOIN "return" ON "return".id = used.return_id
    JOIN membership ON membership.id = "return".membership_id
    WHERE used.blob_sha256 IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM redaction
        WHERE redaction.blob_sha256 = used.blob_sha256
        AND (redaction.board_id IS NULL OR redaction.board_id = membership.board_id)
    )
"""


class _Gone(Exception):
    """An evidence file was removed while it was about to be copied."""


class _Damaged(Exception):
    """Evidence files are not what was stored under their names."""

    def __init__(self, names: set[str]) -> None:
        super().__init__()
        self.names = names


def write(
    engine: Engine,
    storage: Storage,
    path: Path,
    *,
    now: datetime,
    secret_key: str,
    ledger: Path | None = None,
    told: Callable[[int, int], None] = lambda done, of: None,
) -> Made:
    """Write a backup to `path`, check it by reading it back, and only then give it its name.

    `ledger` is the file of redactions that goes along; `told` is called with how many tables and
    files are done, of how many. Raises Invalid for a database without a schema or of a later
    version, Refused where `path` is there already, OSError where it cannot be written.
    """
    revision = database.revision()
    if revision is None:
        raise Invalid("There is nothing to back up: the database is empty.")
    if revision not in database.revisions():
        raise Invalid(database.LATER_VERSION)
    with Writer(path) as writer:
        gone, damaged = 0, set[str]()
        while True:
            try:
                manifest = _written(
                    engine, storage, writer, ledger, told, forgiving=gone > 1, damaged=damaged
                )
                break
            except _Gone:
                gone += 1
            except _Damaged as found:
                damaged |= found.names
            writer.start_again()
        size = writer.finish(
            manifest
            | {
                "kind": KIND,
                "format": FORMAT,
                "s11audit": version("s11audit"),
                "revision": revision,
                "engine": engine.dialect.name,
                "made_at": now.astimezone(UTC).isoformat(timespec="seconds"),
                "key": key_print(secret_key),
            }
        )
        return Made(
            path=path,
            size=size,
            sha256=writer.sha256,
            tables=len(manifest["rows"]),
            rows=sum(manifest["rows"].values()),
            files=manifest["evidence"]["files"],
            missing=[each for each in manifest["missing"] if each not in damaged],
            damaged=[each for each in manifest["missing"] if each in damaged],
        )


def key_print(secret_key: str, salt: str = "") -> dict[str, str]:
    """Return what tells whether a backup was made under this key, without telling the key."""
    salt = salt or os.urandom(16).hex()
    print_ = hashlib.scrypt(secret_key.encode(), salt=bytes.fromhex(salt), n=2**14, r=8, p=1)
    return {"salt": salt, "print": print_.hex()}


def _written(
    engine: Engine,
    storage: Storage,
    writer: Writer,
    ledger: Path | None,
    told: Callable[[int, int], None],
    *,
    forgiving: bool,
    damaged: set[str],
) -> dict[str, Any]:
    """Write tables, evidence without what is known to be `damaged`, and ledger; return what the
    manifest says of them. Raises _Gone, unless `forgiving`, where a file was removed since the
    tables were read, and _Damaged where one is not what was stored."""
    parts: list[Part] = []
    rows: dict[str, int] = {}
    with _reading(engine) as connection:
        tables = tables_of(connection)
        files = _files(connection)
        heads = heads_of(connection)
        for number, table in enumerate(tables):
            counted = _Counted(dump(connection, table))
            parts.append(writer.add(f"tables/{table.name}.jsonl", counted))
            rows[table.name] = counted.count - 1  # the first line names the columns
            told(number + 1, len(tables) + len(files))
    kept, total, missing = [], 0, []
    for number, name in enumerate(files):
        if name in damaged:
            missing.append(name)
            continue
        try:
            part = writer.add(f"evidence/{name}", _begun(storage.open(name)), packed=False)
        except FileNotFoundError:
            if not forgiving and not _still_named(engine, name):
                raise _Gone from None
            missing.append(name)
            continue
        if part.sha256 != name:
            raise _Damaged({name, *_damaged_of(storage, files[number + 1 :])})
        kept.append(name)
        total += part.bytes
        told(len(tables) + number + 1, len(tables) + len(files))
    if ledger is not None and ledger.exists():
        parts.append(writer.add(LEDGER, _ended(ledger)))
    return {
        "parts": [
            {"name": each.name, "bytes": each.bytes, "sha256": each.sha256} for each in parts
        ],
        "rows": rows,
        "evidence": {"files": len(kept), "bytes": total, "sha256": list_hash(kept)},
        "missing": missing,
        "log": heads,
    }


def _damaged_of(storage: Storage, names: list[str]) -> set[str]:
    """Return which of these files are not what was stored: all are read, so that everything is
    begun anew once only."""
    found = set()
    for name in names:
        with suppress(FileNotFoundError):
            if storage.hash_of(name) != name:
                found.add(name)
    return found


class _Counted:
    """Counts the lines that pass."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self.lines, self.count = lines, 0

    def __iter__(self) -> Iterator[bytes]:
        for line in self.lines:
            self.count += 1
            yield line


def _begun(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Read the first piece now: a member is begun only for a file that is there."""
    first = next(pieces, b"")
    return chain([first], pieces)


def _ended(ledger: Path) -> Iterator[bytes]:
    """The lines of the ledger that are whole: the last one may be being written."""
    with ledger.open("rb") as opened:
        yield from (line for line in opened if line.endswith(b"\n"))


@contextmanager
def _reading(engine: Engine) -> Iterator[Connection]:
    """Yield a connection that sees the database as of one moment and takes no lock."""
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        with connection.begin():
            yield connection


def _files(connection: Connection) -> list[str]:
    """Return the names of the evidence files that the store should hold, sorted: without those
    that were refused, or redacted on every board that uses them, whose bytes are on their way out.
    In SQL of its own, since an earlier schema knows less."""
    found = inspect(connection)
    said = "SELECT sha256 FROM blob WHERE scan_state <> 'infected'"
    if "bytes_removed_at" in {each["name"] for each in found.get_columns("blob")}:
        said += " AND bytes_removed_at IS NULL"
    if found.has_table("redaction"):
        said += f" AND (sha256 NOT IN ({_REDACTED}) OR sha256 IN ({_STILL_USED}))"
    return sorted(connection.scalars(text(said)))


def _still_named(engine: Engine, name: str) -> bool:
    """Return whether the database, as it is now, still has that file in the store."""
    with _reading(engine) as connection:
        return name in _files(connection)


def heads_of(connection: Connection) -> list[dict[str, Any]]:
    """Return the last entry of each chain of the log, as a manifest has it."""
    rows = connection.execute(
        text(
            "SELECT chain, sequence, hash FROM audit_log AS last WHERE sequence ="
            " (SELECT max(sequence) FROM audit_log WHERE chain = last.chain) ORDER BY chain"
        )
    )
    return [{"chain": row.chain, "entry": row.sequence, "hash": row.hash} for row in rows]
