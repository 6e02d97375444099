"""A backup holds one moment of a board that goes on; it is put back whole, on either engine."""

from __future__ import annotations

import threading
import time
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from s11audit.adapters.archives import Archive
from s11audit.domain.enums import Role
from s11audit.domain.errors import Invalid, Refused
from s11audit.domain.policy import OPERATOR
from s11audit.extensions import db
from s11audit.models import (
    AuditLog,
    Board,
    Invitation,
    OutboxMessage,
    Response,
    User,
    UserSession,
)
from s11audit.models.outbox import MOST_ATTEMPTS
from s11audit.services import backups, checks, health, log, restoring
from s11audit.services.checks import Severity
from s11audit.services.redaction_ledger import write_ledger
from s11audit.services.redactions import redact_passage
from s11audit.transactions import writing
from tests import factories
from tests.integration.backups.places import NOW, place, rows_in
from tests.support.databases import Databases

OLD = Path(__file__).parents[2] / "releases" / "0.1.0.s11audit"
KINDS = ["sqlite", "postgresql"]


def test_a_board_moves_to_the_other_engine_and_back_without_loss(
    databases: Databases, tmp_path: Path
) -> None:
    """The filled database of 0.1.0, restored on PostgreSQL, from there on SQLite; what the second
    backup holds is what the first one held."""
    with place(databases, "postgresql", tmp_path / "a") as there:
        assert there.restore(OLD).broken is None
        there.back_up(tmp_path / "first.zip")
        first = rows_in(tmp_path / "first.zip")
        with writing() as session:  # numbers go on after the highest
            assert factories.board(session).id == max(row["id"] for row in first["board"]) + 1
    with place(databases, "sqlite", tmp_path / "b") as here:
        done = here.restore(tmp_path / "first.zip")
        assert (done.broken, done.same_key, done.missing) == (None, True, [])
        assert done.files == len(list(here.storage.listing())) > 20
        here.back_up(tmp_path / "second.zip")
    second = rows_in(tmp_path / "second.zip")
    assert sorted(second) == sorted(first)
    renewed = {"user": "fs_uniquifier", "invitation": "token_hash"}
    for table, rows in first.items():
        left_out = renewed.get(table)
        known = {_text(row, left_out) for row in rows}
        added = [row for row in second[table] if _text(row, left_out) not in known]
        if table == "audit_log":  # what was restored is logged, once
            assert [row["what"] for row in added] == ["backup.restored"]
        elif table != "audit_payload":
            assert added == [], table
            assert len(second[table]) == len(rows), table


def _text(row: dict[str, object], left_out: str | None) -> str:
    return repr(sorted((name, str(value)) for name, value in row.items() if name != left_out))


@pytest.mark.parametrize("kind", KINDS)
def test_a_backup_beside_a_writer_is_one_moment_and_holds_nobody_up(
    databases: Databases, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each change is a board and its entry in the log: a copy has as many of one as of the
    other. A writer waits for no table."""
    real = backups.dump
    monkeypatch.setattr(
        backups, "dump", lambda *given: (time.sleep(0.02), real(*given))[1]
    )  # so that there are changes between the tables
    stop, waits = threading.Event(), []

    def write() -> None:
        with there.app.app_context():
            while not stop.is_set():
                began = time.monotonic()
                with writing() as session:
                    made = factories.board(session)
                    log.record(
                        session, OPERATOR, None, "board.added", "board", made.id,
                        now=NOW, board_id=None,
                    )  # fmt: skip
                waits.append(time.monotonic() - began)

    with place(databases, kind, tmp_path, empty=False) as there:
        writer = threading.Thread(target=write)
        writer.start()
        try:
            while len(waits) < 3:
                time.sleep(0.01)
            before = len(waits)
            there.back_up(tmp_path / "a.zip")
            during = waits[before:]
        finally:
            stop.set()
            writer.join()
        written = db.session.scalar(select(func.count()).select_from(Board)) or 0
        db.session.rollback()
    rows = rows_in(tmp_path / "a.zip")
    assert len(rows["board"]) == len(rows["audit_log"]) == len(rows["audit_payload"])
    assert before <= len(rows["board"]) < written
    assert len(during) > 10
    assert max(during) < 1.5


def test_evidence_that_is_removed_missing_or_damaged_meanwhile(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with place(databases, "sqlite", tmp_path / "a", empty=False) as there:
        kept, gone, lost = (there.offer(each) for each in (b"kept", b"gone", b"lost"))
        there.storage.remove(lost)  # and the database still names it
        real, passed = there.storage.open, []

        def removed_first(name: str) -> object:
            if name == gone and not passed:
                passed.append(name)
                there.storage.remove(gone)
                with writing() as session:
                    session.execute(text("DELETE FROM blob WHERE sha256 = :name"), {"name": gone})
            return real(name)

        monkeypatch.setattr(there.storage, "open", removed_first)
        made = there.back_up(tmp_path / "a.zip")
        assert there.storage.folder is not None
        whole = there.offer(b"whole")
        for name in (kept, there.offer(b"later")):
            (there.storage.folder / name[:2] / name).write_bytes(b"worm")
        spoilt = there.back_up(tmp_path / "b.zip")  # better than none from then on
    assert (spoilt.files, spoilt.missing, len(spoilt.damaged)) == (1, [lost], 2)
    with Archive(tmp_path / "b.zip") as archive:
        assert [name for name, _size in archive.evidence()] == [whole]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a", "a.zip", "b.zip"]
    assert (made.files, made.missing) == (1, [lost])
    with Archive(tmp_path / "a.zip") as archive:
        assert [name for name, _size in archive.evidence()] == [kept]
    assert {row["sha256"] for row in rows_in(tmp_path / "a.zip")["blob"]} == {kept, lost}


def test_what_was_redacted_since_is_redacted_again(databases: Databases, tmp_path: Path) -> None:
    ledger = tmp_path / "a.zip.redactions.jsonl"
    with place(databases, "sqlite", tmp_path / "a", empty=False) as there:
        with writing() as session:
            factories.board(session, name="The board of Jane Doe and others")
            membership = factories.membership(session, factories.board(session))
            cycle = factories.cycle(session, membership.board)
            return_ = factories.return_(session, membership, cycle)
            session.add(_answer(return_.id, "We met Jane Doe, aged 9."))
        there.back_up(tmp_path / "a.zip")
        with writing() as session:
            redact_passage(session, OPERATOR, None, "Jane Doe, aged 9", "A child.", now=NOW)
        write_ledger(db.session, ledger)
        db.session.rollback()
    with place(databases, "sqlite", tmp_path / "b") as here:
        done = here.restore(tmp_path / "a.zip", ledgers=[ledger, tmp_path / "none.jsonl"])
        assert (done.redacted, done.broken) == (1, None)
        assert db.session.scalars(select(Response.statement)).all() == [
            "We met [redacted on 18 December 2026]."
        ]
        db.session.rollback()


def _answer(return_id: int, statement: str) -> Response:
    return Response(
        return_id=return_id, standard=1, statement=statement, na_reason="", version=1
    )  # fmt: skip


def test_no_backup_holds_the_secret_key(databases: Databases, tmp_path: Path) -> None:
    with place(databases, "sqlite", tmp_path / "a", empty=False) as there:
        there.back_up(tmp_path / "a.zip")
        key = str(there.app.config["SECRET_KEY"]).encode()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert not any(key in archive.read(name) for name in archive.namelist())


def test_no_session_link_or_letter_lives_on(databases: Databases, tmp_path: Path) -> None:
    with place(databases, "sqlite", tmp_path / "a", empty=False) as there:
        with writing() as session:
            user = factories.user(session)
            board = factories.board(session)
            before, user_id = user.fs_uniquifier, user.id
            common = {"user_id": user.id, "created_at": NOW, "last_seen_at": NOW}
            health.beat(session, "the old machine", now=NOW)
            session.add(UserSession(**common, token_hash="a" * 64, device="", address=""))
            session.add(
                Invitation(
                    email="new@example.org", role=Role.OFFICE, board_id=board.id,
                    token_hash="b" * 64, sent_at=NOW, expires_at=NOW + timedelta(days=14),
                )
            )  # fmt: skip
            for key, secret in (("sent", True), ("waits", False), ("link", True)):
                session.add(
                    OutboxMessage(
                        dedupe_key=key, to_email="new@example.org", subject=key, body=f"{key} body",
                        secret=secret, created_at=NOW, next_attempt_at=NOW, attempts=0,
                        sent_at=NOW if key == "sent" else None,
                    )
                )  # fmt: skip
        there.back_up(tmp_path / "a.zip")
    with place(databases, "sqlite", tmp_path / "b") as here:
        here.restore(tmp_path / "a.zip")
        session = db.session
        assert session.scalar(select(UserSession.ended_at)) == NOW
        assert session.get_one(User, user_id).fs_uniquifier != before
        assert session.scalar(select(Invitation.token_hash)) != "b" * 64
        mail = {each.subject: each for each in session.scalars(select(OutboxMessage))}
        assert sorted(mail) == ["sent", "waits"]  # a letter with a dead link is of no use
        assert (mail["sent"].attempts, mail["sent"].body) == (0, "sent body")
        assert (mail["waits"].attempts, mail["waits"].body) == (MOST_ATTEMPTS, "waits body")
        assert mail["waits"].is_held_back
        said = checks.check_mail(session, now=NOW, can_send=True)
        assert [each.severity for each in said] == [Severity.NOTE]  # else it rang every morning
        assert said[0].sentence.startswith("1 message is held back since a backup was restored.")
        assert "not been heard of at all" in checks.check_worker(session, now=NOW)[0].sentence
        assert session.scalars(select(AuditLog.what)).all() == ["backup.restored"]
        db.session.rollback()


def test_only_an_empty_place_is_restored_into_and_one_that_was_cut_off_is_empty(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with place(databases, "sqlite", tmp_path / "a", empty=False) as there:
        name = there.offer(b"evidence")
        there.back_up(tmp_path / "a.zip")
    with place(databases, "postgresql", tmp_path / "b", empty=False) as here:  # `init` left it so
        with db.engine.begin() as connection:
            connection.execute(text("CREATE TABLE other (id INTEGER PRIMARY KEY)"))
            connection.execute(text("INSERT INTO other VALUES (1)"))
        with pytest.raises(Refused, match="database is not empty"):
            here.restore(tmp_path / "a.zip")
        with db.engine.begin() as connection:
            connection.execute(text("DROP TABLE other"))
        assert here.storage.folder is not None
        stranger = here.storage.folder / "ab"
        stranger.mkdir(parents=True)
        (stranger / "letter.txt").write_text("kept here by somebody")
        with pytest.raises(Refused, match="store holds other files"):
            here.restore(tmp_path / "a.zip")
        (stranger / "letter.txt").unlink()
        with monkeypatch.context() as patch:
            patch.setattr(restoring.log, "verify", _cut_off)
            with pytest.raises(KeyboardInterrupt):
                here.restore(tmp_path / "a.zip")
        assert here.restore(tmp_path / "a.zip").files == 1
        assert [each.sha256 for each in here.storage.listing()] == [name]
        with pytest.raises(Refused, match="database is not empty"):
            here.restore(tmp_path / "a.zip")


def _cut_off(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_backup_of_a_later_schema_or_with_other_rows_is_refused_and_nothing_is_touched(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with place(databases, "sqlite", tmp_path / "a", empty=False) as there:
        there.offer(b"evidence")
        there.back_up(tmp_path / "a.zip")
    with place(databases, "sqlite", tmp_path / "b") as here:
        with monkeypatch.context() as patch:
            patch.setattr(restoring.database, "revisions", lambda: ["0001"])
            with pytest.raises(Invalid, match="a later version"):
                here.restore(tmp_path / "a.zip")
        cut = tmp_path / "cut.zip"
        cut.write_bytes((tmp_path / "a.zip").read_bytes()[:-100])
        with pytest.raises(Invalid, match="its end is missing"):
            here.restore(cut)
        assert here.is_empty()
