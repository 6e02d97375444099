"""Puts a backup into an empty place, on either engine.

The whole archive is read and checked before anything is touched. Evidence goes into the store
first, under its hash, where nothing names it yet; then everything of the database happens in one
transaction: the schema that the backup was made at, its rows, the upgrade to the schema of today.
What is cut off before its end leaves a database without tables, and files that the next try puts
there again.
"""

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from s11audit.adapters.archives import LEDGER, Archive
from s11audit.adapters.storage import Storage
from s11audit.domain.enums import Role
from s11audit.domain.errors import Invalid, Refused
from s11audit.domain.policy import OPERATOR
from s11audit.services import database, log, starting_again
from s11audit.services.backups import heads_of, key_print
from s11audit.services.log import Break
from s11audit.services.redactions import apply_ledger, read_ledger
from s11audit.services.table_rows import VERSIONS, Unreadable, load, set_sequences, tables_of

NOT_EMPTY = "A backup is restored into an empty place only. Nothing was changed."
Told = Callable[[int, int], None]


def _quiet(_done: int, _of: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Restored:
    """What was restored. `broken` is where the log does not hold, as it did not when the backup
    was made; `same_key` tells whether the secret key here is the one of then; `redacted` counts
    the redactions that were done again."""

    made_at: str
    tables: int
    rows: int
    files: int
    missing: list[str]
    entries: int
    broken: Break | None
    redacted: int
    same_key: bool


def restore(
    engine: Engine,
    storage: Storage,
    path: Path,
    *,
    now: datetime,
    secret_key: str,
    ledgers: Sequence[Path] = (),
    told: Told = _quiet,
) -> Restored:
    """Restore the backup at `path` into the database of `engine` and into `storage`, and apply
    the ledgers of redactions that there are at `ledgers`, and the backup's own.

    Raises Invalid for a file that is no backup, is damaged or of a later version, and Refused where
    the place is not empty; the place is as it was then.
    """
    with Archive(path) as archive:
        entries = _checked(archive, ledgers)
        _refuse_used(engine, storage, archive)
        steps = len(archive.evidence()) + len(archive.tables())
        for number, (name, _size) in enumerate(archive.evidence(), 1):
            with archive.open_evidence(name) as opened:
                storage.put(opened)
            told(number, steps)
        with database.changing() as connection:
            _refuse_rows(connection)
            rows = fill(connection, archive, told, steps)
            same = _same_heads(connection, archive)
            database.migrate(connection)
            with Session(bind=connection, join_transaction_mode="rollback_only") as session:
                session.info["base_url"] = ""
                starting_again.end_what_was_open(session, now=now)
                log.record(
                    session, OPERATOR, Role.ADMIN, "backup.restored", "installation", None,
                    now=now, board_id=None, after={"made_at": archive.manifest["made_at"]},
                )  # fmt: skip
                session.commit()
                done = _redacted_again(session, entries, now)
                count, broken = log.verify(session)
            if not same:
                raise archive.damaged("its log does not end where the manifest says")
        return Restored(
            made_at=archive.manifest["made_at"],
            tables=len(archive.tables()),
            rows=rows,
            files=len(archive.evidence()),
            missing=list(archive.manifest["missing"]),
            entries=count,
            broken=broken,
            redacted=done,
            same_key=_same_key(archive, secret_key),
        )


def _checked(archive: Archive, ledgers: Sequence[Path]) -> list[dict[str, Any]]:
    """Check everything that can be checked before anything is touched; return the ledgers."""
    if archive.manifest["revision"] not in database.revisions():
        raise archive.later()
    archive.check()
    return _entries(archive, [path for path in ledgers if path.exists()])


def _entries(archive: Archive, ledgers: Sequence[Path]) -> list[dict[str, Any]]:
    """Return the redactions of the ledgers and of the backup's own, each once."""
    own = any(part.name == LEDGER for part in archive.parts())
    if not ledgers and not own:
        return []
    found: dict[str, dict[str, Any]] = {}
    with TemporaryDirectory() as folder:
        copy = Path(folder) / f"the ledger in {archive.path.name}"
        if own:
            copy.write_bytes(b"".join(line + b"\n" for line in archive.lines(LEDGER)))
        for path in (*ledgers, copy):
            found.update((each["uid"], each) for each in read_ledger(path))
    return list(found.values())


def _redacted_again(session: Session, entries: list[dict[str, Any]], now: datetime) -> int:
    if not entries:
        return 0
    done = apply_ledger(session, entries, now=now).redactions
    session.commit()
    return done


def _refuse_used(engine: Engine, storage: Storage, archive: Archive) -> None:
    with engine.connect() as connection:
        _refuse_rows(connection)
    ours = dict(archive.evidence())
    for listed in storage.listing():
        if ours.get(listed.sha256) != listed.size:
            raise Refused(f"The evidence store holds other files. {NOT_EMPTY}")


def _refuse_rows(connection: Connection) -> None:
    """Raise Refused where the database has a row, or a table that is none of ours."""
    names = inspect(connection).get_table_names()
    if names and VERSIONS not in names:
        raise Refused(f"The database holds tables of another program. {NOT_EMPTY}")
    for table in tables_of(connection):
        if connection.execute(table.select().limit(1)).first():
            raise Refused(f"The database is not empty. {NOT_EMPTY}")


def fill(connection: Connection, archive: Archive, told: Told = _quiet, steps: int = 0) -> int:
    """Build the schema that the backup was made at and fill it; return the number of rows."""
    _drop_all(connection)
    database.migrate(connection, archive.manifest["revision"])
    tables = {table.name: table for table in tables_of(connection)}
    if sorted(tables) != sorted(archive.tables()):
        raise archive.damaged("it does not hold the tables of its version")
    keys = _without_foreign_keys(connection)
    rows = 0
    for number, (name, table) in enumerate(tables.items(), 1):
        try:
            count = load(connection, table, archive.lines(f"tables/{name}.jsonl"))
        except Unreadable as error:
            raise archive.damaged(f"the table {name}: {error}") from None
        except DBAPIError as error:
            reason = str(error.orig).strip().splitlines()[0]
            raise Invalid(
                f"{archive.path}: the table {name} cannot be restored here: {reason}. "
                "Nothing was restored."
            ) from error
        if count != archive.manifest["rows"].get(name):
            raise archive.damaged(f"the table {name} has another number of rows")
        rows += count
        told(steps - len(tables) + number, steps)
    for statement in keys:
        connection.exec_driver_sql(statement)
    if connection.dialect.name == "postgresql":
        set_sequences(connection, tables.values())
    return rows


def _drop_all(connection: Connection) -> None:
    """Take away the empty tables that `s11audit init` made."""
    cascade = " CASCADE" if connection.dialect.name == "postgresql" else ""
    for name in inspect(connection).get_table_names():
        connection.exec_driver_sql(f'DROP TABLE "{name}"{cascade}')
    if cascade:
        functions = connection.scalars(
            text(
                "SELECT oid::regprocedure::text FROM pg_proc"
                " WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 's11audit%'"
            )
        ).all()
        for name in functions:
            connection.exec_driver_sql(f"DROP FUNCTION {name} CASCADE")


def _without_foreign_keys(connection: Connection) -> list[str]:
    """Take the foreign keys away, so that rows may come in any order, and return the statements
    that put them back and check every row. On SQLite they are off already, and checked at the
    end."""
    if connection.dialect.name != "postgresql":
        return []
    found = connection.execute(
        text(
            "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)"
            " FROM pg_constraint WHERE contype = 'f'"
            " AND connamespace = current_schema()::regnamespace ORDER BY 1, 2"
        )
    ).all()
    for table, name, _words in found:
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    return [f"ALTER TABLE {table} ADD CONSTRAINT {name} {words}" for table, name, words in found]


def _same_heads(connection: Connection, archive: Archive) -> bool:
    """Return whether each chain of the log ends where the manifest says."""
    here, said = (
        {each["chain"]: (each["entry"], each["hash"]) for each in heads}
        for heads in (heads_of(connection), archive.manifest["log"])
    )
    return here == said


def _same_key(archive: Archive, secret_key: str) -> bool:
    try:
        said = archive.manifest["key"]
        return hmac.compare_digest(key_print(secret_key, said["salt"])["print"], said["print"])
    except (KeyError, TypeError, ValueError):
        return False
