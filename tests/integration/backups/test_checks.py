"""`s11audit check` says in words what is wrong with an installation."""

from __future__ import annotations

import os
import shutil
from collections import namedtuple
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text, update

from s11audit.commands.checks import check
from s11audit.domain.enums import ScanState
from s11audit.domain.policy import OPERATOR
from s11audit.extensions import db
from s11audit.models import Blob, OutboxMessage
from s11audit.services import checks, health, log
from s11audit.services.checks import Severity
from s11audit.transactions import writing
from tests.integration.backups.places import NOW, place
from tests.support.databases import Databases

LATER = NOW + timedelta(days=3)


def sentences(found: list[checks.Finding]) -> str:
    return "\n".join(f"{each.severity}: {each.sentence}" for each in found)


def test_the_store_is_compared_with_the_database_both_ways(
    databases: Databases, tmp_path: Path
) -> None:
    with place(databases, "sqlite", tmp_path, empty=False) as there:
        names = [there.offer(content) for content in (b"whole", b"lost", b"cut!", b"worm", b"bad")]
        whole, lost, cut, changed, infected = names
        assert checks.check_evidence(db.session, there.storage, now=LATER, deep=True) == []
        folder = there.storage.folder
        assert folder is not None
        there.storage.remove(lost)
        (folder / cut[:2] / cut).write_bytes(b"cut")
        (folder / changed[:2] / changed).write_bytes(b"mole")
        stranger = folder / whole[:2] / (whole[:2] + "0" * 62)
        stranger.write_bytes(b"x")
        os.utime(stranger, (0, 0))
        with writing() as session:
            session.execute(
                update(Blob)
                .where(Blob.sha256 == infected)
                .values(scan_state=ScanState.INFECTED, found="Eicar", bytes_removed_at=NOW)
            )
        there.storage.remove(infected)
        quick = sentences(checks.check_evidence(db.session, there.storage, now=LATER))
        assert f"wrong: 1 file is not in the store ({lost})" in quick
        assert f"wrong: 1 file has another length than it had ({cut})" in quick
        assert "note: The store holds 1 file that the database does not know" in quick
        assert stranger.name in quick
        assert not any(name in quick for name in (whole, changed, infected))
        deep = sentences(checks.check_evidence(db.session, there.storage, now=LATER, deep=True))
        assert f"wrong: 1 file was changed in the store ({changed})" in deep
        db.session.rollback()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_database_that_lost_its_guards_rows_or_schema(
    databases: Databases, tmp_path: Path, kind: str
) -> None:
    with place(databases, kind, tmp_path, empty=False) as there:
        with writing() as session:
            log.record(session, OPERATOR, None, "x", "board", 1, now=NOW, board_id=None)
        assert checks.check_database(there.engine) == []
        assert checks.check_log(db.session) == []
        db.session.rollback()
        on = "" if kind == "sqlite" else " ON audit_log"
        name = "audit_log_no_update" if kind == "sqlite" else "audit_log_no_change"
        with there.engine.begin() as connection:
            connection.execute(text(f"DROP TRIGGER {name}{on}"))
            connection.execute(text("UPDATE audit_log SET what = 'y'"))
            connection.execute(text("ALTER TABLE board ADD COLUMN motto TEXT"))
        said = sentences(checks.check_database(there.engine))
        assert f"guards that keep the log from being changed are missing ({name})" in said
        assert "not those of this version" in said
        assert "broken at installation, entry 1: the row was altered" in sentences(
            checks.check_log(db.session)
        )
        db.session.rollback()
        if kind == "sqlite":
            with there.engine.connect() as connection:
                raw = connection.connection.cursor()
                raw.execute("PRAGMA foreign_keys = OFF")
                raw.execute('INSERT INTO stage (cycle_id, number, opens_on, due_on) VALUES'
                            " (99, 1, '2026-01-01', '2026-02-01')")  # fmt: skip
                raw.execute("PRAGMA foreign_keys = ON")
            assert "1 row points at nothing, in stage" in sentences(
                checks.check_database(there.engine)
            )
        with there.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        assert "earlier version" in sentences(checks.check_database(there.engine))
        with there.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        assert "later version" in sentences(checks.check_database(there.engine))


def test_mail_worker_backups_and_room(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    with place(databases, "sqlite", tmp_path / "a", empty=False) as there:
        session = db.session

        def mail(*, can_send: bool, now=NOW) -> str:
            said = sentences(checks.check_mail(session, now=now, can_send=can_send))
            session.rollback()
            return said

        def worker(now=NOW) -> str:
            said = sentences(checks.check_worker(session, now=now))
            session.rollback()
            return said

        assert mail(can_send=True) == ""
        assert "has not been heard of at all" in worker()
        with writing() as write:
            health.beat(write, "here", now=NOW)
            for key, attempts in (("a", 0), ("b", 20)):
                write.add(
                    OutboxMessage(
                        dedupe_key=key, to_email="a@example.org", subject="", body="",
                        created_at=NOW, next_attempt_at=NOW, attempts=attempts,
                    )
                )  # fmt: skip
        assert worker() == ""
        assert "not been heard of since 18 December 2026 at 7:00am" in worker(LATER)
        assert "wrong: 1 message was given up" in mail(can_send=True)
        assert "note: 1 message was given up" in mail(can_send=True, now=NOW + timedelta(days=8))
        assert "waiting since" not in mail(can_send=True)
        assert "wrong: Messages have been waiting since 18 December" in mail(
            can_send=True, now=LATER
        )
        assert "note: 1 message waits under “Unsent mail”" in mail(can_send=False)
        assert "There is none" in sentences(checks.check_backups(kept, now=NOW))
        there.back_up(kept / "a.zip")
    assert checks.check_backups(kept, now=NOW) == []
    (kept / "b.zip").write_bytes((kept / "a.zip").read_bytes()[:500])
    said = checks.check_backups(kept, now=LATER)
    assert [each.severity for each in said] == [Severity.NOTE, Severity.WRONG]
    assert "b.zip" in said[0].sentence and "The last one is of 18 December" in said[1].sentence
    assert "not a folder" in sentences(checks.check_backups(tmp_path / "none", now=NOW))
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage(9, 9, 41 * 1024 * 1024))
    tmp_path.chmod(0o755)
    said = sentences(checks.check_folder(tmp_path))
    assert "wrong: Only 41 MB are free" in said
    assert f"note: Others on this machine can look into {tmp_path}. Run: chmod 700" in said


def test_the_command_says_once_that_the_database_cannot_be_read_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    monkeypatch.setenv("S11AUDIT_DATA", str(data))
    monkeypatch.delenv("S11AUDIT_DATABASE_URL", raising=False)
    monkeypatch.setenv("S11AUDIT_SIGN_ON", "/nowhere.toml")
    runner = CliRunner()
    empty = runner.invoke(check, standalone_mode=False)
    assert (empty.return_value, "Run s11audit init" in empty.output) == (1, True)
    assert "settings (wrong): S11AUDIT_SIGN_ON: /nowhere.toml cannot be read" in empty.output
    ledger = data / "redactions.jsonl"
    ledger.write_text('{"uid": 1}\n')
    cut = f"redactions (wrong): {ledger}, line 1: this is not a redaction. Put it aside"
    assert cut in runner.invoke(check, standalone_mode=False).output
    ledger.unlink()
    assert data.stat().st_mode & 0o077 == 0  # nobody else on the machine reads what is in it
    (data / "s11audit.db").write_text("This is no database, but a text of some length.")
    monkeypatch.delenv("S11AUDIT_SIGN_ON")
    spoilt = runner.invoke(check, standalone_mode=False)
    assert spoilt.return_value == 1
    said = [line for line in spoilt.output.splitlines() if "cannot be read" in line]
    assert len(said) == 1
    assert "file is not a database. See that it runs" in said[0]
    assert "restore the last good backup" in said[0]
