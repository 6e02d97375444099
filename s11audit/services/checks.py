"""Looks over the installation and says in plain words what is wrong and what to do about it.

One function an area; each reads only, and what it cannot read is a finding too. `s11audit check`
prints them.
"""

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.orm import Session

from s11audit.adapters.archives import Archive
from s11audit.adapters.storage import Storage
from s11audit.domain.dates import moment_in_words
from s11audit.domain.errors import Invalid
from s11audit.models.log_guards import NAMES as LOG_GUARDS
from s11audit.queries import stored_files
from s11audit.queries.health import is_silent, last_beat
from s11audit.queries.outbox import unsent
from s11audit.queries.redactions import may_leave_store
from s11audit.scoring.words import counted
from s11audit.services import database, log
from s11audit.services.redaction_ledger import read_ledger

BACKUP_EVERY = timedelta(days=2)
MAIL_WAITS_FOR = timedelta(hours=1)
GIVEN_UP_TOLD = timedelta(days=7)  # for so long somebody has to see to it
NEW_FOR = timedelta(hours=24)  # in which an upload may still be under way
LEAST_ROOM = 500 * 1024 * 1024
_NAMED = 5
_AT_ONCE = 500


class Severity(StrEnum):
    """Whether something has to be done about a finding."""

    WRONG = "wrong"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One thing that was found, as a sentence that says what to do."""

    area: str
    sentence: str
    severity: Severity = Severity.WRONG


def check_database(engine: Engine) -> list[Finding]:
    """Check that the database is sound, of this version, and keeps its rules."""

    def finding(sentence: str) -> Finding:
        return Finding("database", sentence)

    if not inspect(engine).has_table("alembic_version"):
        return [finding("It is empty. Run s11audit init, or restore a backup.")]
    try:
        if not database.is_current():
            return [finding("It is of an earlier version. Make a backup, then run s11audit init.")]
    except Invalid:
        return [finding(f"{database.LATER_VERSION} Install that version.")]
    with engine.connect() as connection:
        found = [finding(each) for each in _faults(connection)]
    if database.differences():
        found.append(
            finding(
                "Its tables are not those of this version: somebody changed them by hand. Restore "
                "the last good backup into an empty database."
            )
        )
    return found


def _faults(connection: Connection) -> Iterator[str]:
    guards = LOG_GUARDS[connection.dialect.name]
    if connection.dialect.name == "sqlite":
        said = list(connection.exec_driver_sql("PRAGMA integrity_check(20)").scalars())
        if said != ["ok"]:
            yield (
                f"SQLite says that the file is damaged: {said[0].splitlines()[-1]}. Stop the "
                "service, keep the file, and restore the last good backup."
            )
        lost = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if lost:
            tables = ", ".join(sorted({row[0] for row in lost}))
            yield f"{counted(len(lost), 'row points', 'rows point')} at nothing, in {tables}."
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        broken = connection.scalars(
            text(
                "SELECT conname FROM pg_constraint WHERE NOT convalidated UNION ALL"
                " SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid ORDER BY 1"
            )
        ).all()
        if broken:
            yield f"PostgreSQL does not vouch for {', '.join(broken)}: ask who runs it."
        query = "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'"
    missing = sorted(guards - set(connection.scalars(text(query))))
    if missing:
        yield (
            f"The guards that keep the log from being changed are missing ({', '.join(missing)}). "
            "Find out who took them away; s11audit log verify says whether the log was changed."
        )


def check_log(session: Session) -> list[Finding]:
    """Prove every chain of the log."""
    _count, broken = log.prove(session)
    if broken is None:
        return []
    return [
        Finding(
            "log",
            f"It is broken at {broken.chain}, entry {broken.sequence}: {broken.reason}. Compare it "
            "with the last good backup; the heads printed on reports say since when.",
        )
    ]


def check_evidence(
    session: Session, storage: Storage, *, now: datetime, deep: bool = False
) -> list[Finding]:
    """Compare the evidence store with the database; `deep`: read every file and compare its hash
    too. Both sides are taken in one by one: the names are all that is kept of them."""
    there = {each.path: each for each in storage.listing()}
    missing, cut, changed = [], [], []
    for name, size in stored_files.expected_in_store(session):
        listed = there.pop(f"{name[:2]}/{name}", None)
        if listed is None:
            # It may have come since the listing, or been redacted before the backup was made.
            if storage.size_of(name) is None and not may_leave_store(session, name):
                missing.append(name)
        elif listed.size != size:
            cut.append(name)
        elif deep and storage.hash_of(name) != name:
            changed.append(name)
    old = [each for each in there.values() if now - each.changed_at > NEW_FOR]
    known: set[str] = set()
    names = [each.sha256 for each in old if each.sha256]
    for start in range(0, len(names), _AT_ONCE):
        known |= stored_files.known_files(session, names[start : start + _AT_ONCE])
    strange = [each.path for each in old if each.sha256 not in known]
    back = "Put it back from a backup: restore it beside, and copy the file."
    found = [
        *_listed(missing, "is not in the store", "are not in the store", back),
        *_listed(cut, "has another length than it had", "have another length than they had", back),
        *_listed(changed, "was changed in the store", "were changed in the store", back),
    ]
    if strange:
        found.append(
            Finding(
                "evidence",
                f"The store holds {counted(len(strange), 'file', 'files')} that the database does "
                f"not know ({_some(strange)}): they may be left over, or the database may be older "
                "than the store.",
                Severity.NOTE,
            )
        )
    return found


def _listed(names: Sequence[str], one: str, many: str, what_to_do: str) -> list[Finding]:
    if not names:
        return []
    files = counted(len(names), "file", "files")
    said = f"{files} {one if len(names) == 1 else many} ({_some(names)}). {what_to_do}"
    return [Finding("evidence", said)]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def check_ledger(path: Path) -> list[Finding]:
    """Check that the ledger of redactions can be read, without which nothing that was redacted is
    redacted again in a database that was put back."""
    try:
        read_ledger(path)
    except Invalid as error:
        said = (
            f"{error} Put it aside, and the last good copy in its place; the worker completes it."
        )
        return [Finding("redactions", said)]
    except OSError as error:
        return [Finding("redactions", f"{path} cannot be read by this user ({error.strerror}).")]
    return []


def check_settings(weaknesses: Iterable[str]) -> list[Finding]:
    """Repeat what is too weak in the settings."""
    return [Finding("settings", each) for each in weaknesses]


def check_backups(folder: Path, *, now: datetime) -> list[Finding]:
    """Check that the newest backup in a folder can be opened and is not too old."""
    if not folder.is_dir():
        return [Finding("backups", f"{folder} is not a folder that can be read.")]
    made, spoilt = [], []
    for file in sorted(folder.iterdir()):
        if not file.is_file() or file.name.startswith(".") or file.suffix == ".jsonl":
            continue
        try:
            with Archive(file) as archive:
                made.append(datetime.fromisoformat(archive.manifest["made_at"]))
        except (Invalid, OSError):
            spoilt.append(file.name)
    found = []
    if spoilt:
        found.append(
            Finding("backups", f"No backup, or not whole: {_some(spoilt)}.", Severity.NOTE)
        )
    if not made:
        found.append(Finding("backups", f"There is none in {folder}. Make one: s11audit backup."))
    elif now - max(made) > BACKUP_EVERY:
        last = moment_in_words(max(made))
        found.append(Finding("backups", f"The last one is of {last}. See why none was made since."))
    return found


def check_mail(session: Session, *, now: datetime, can_send: bool) -> list[Finding]:
    """Check that mail goes out."""
    figures, found = unsent(session), []
    if figures.given_up:
        gone = counted(figures.given_up, "message was", "messages were")
        said = (
            f"{gone} given up. See under “Unsent mail” what the mail server said, put it right and "
            "press “Try again now”; or leave them."
        )
        lately = figures.given_up_at is None or now - figures.given_up_at < GIVEN_UP_TOLD
        found.append(Finding("mail", said, Severity.WRONG if lately else Severity.NOTE))
    if figures.held_back:
        kept = counted(figures.held_back, "message is", "messages are")
        said = (
            f"{kept} held back since a backup was restored. Have those sent, under “Unsent mail”, "
            "that were not sent before; leave the others."
        )
        found.append(Finding("mail", said, Severity.NOTE))
    if figures.since is None:
        return found
    if not can_send:
        letters = counted(figures.waiting, "message waits", "messages wait")
        said = f"{letters} under “Unsent mail”, since no mail server is set."
        found.append(Finding("mail", said, Severity.NOTE))
    elif now - figures.since > MAIL_WAITS_FOR:
        said = f"Messages have been waiting since {moment_in_words(figures.since)}. See what the "
        found.append(Finding("mail", f"{said}mail server answers, in the worker’s log."))
    return found


def check_worker(session: Session, *, now: datetime) -> list[Finding]:
    """Check that the background worker is there."""
    last = last_beat(session)
    if not is_silent(last, now):
        return []
    since = f"since {moment_in_words(last)}" if last else "at all"
    said = f"It has not been heard of {since}. Start s11audit-worker or s11audit serve."
    return [Finding("worker", said)]


def check_folder(folder: Path) -> list[Finding]:
    """Check that the data folder can be written, that nobody else on the machine reads what is in
    it, and that there is room on its disk."""
    found = []
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        said = f"{folder} cannot be written by this user. Give it to the service’s: chown."
        found.append(Finding("disk", said))
    if folder.stat().st_mode & 0o077:
        said = f"Others on this machine can look into {folder}. Run: chmod 700 {folder}"
        found.append(Finding("disk", said, Severity.NOTE))
    free = shutil.disk_usage(folder).free
    if free < LEAST_ROOM:
        left = f"{free // (1024 * 1024):,} MB"
        found.append(Finding("disk", f"Only {left} are free where {folder} lies. Make room."))
    return found
