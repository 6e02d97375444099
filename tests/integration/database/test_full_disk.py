"""A full disk: the page says that nothing was saved and gives back what was typed, nothing is
half stored, and the service goes on once there is room."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import obstore
import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from s11audit.extensions import db
from s11audit.models import AuditLog, Blob, Board, Evidence, OutboxMessage, Response
from s11audit.services import log
from s11audit.transactions import is_out_of_room, writing
from tests import factories
from tests.integration.evidence.test_evidence_pages import PDF, SAID
from tests.integration.responses.filling import Scene, scene
from tests.support.server import ROOT
from tests.support.web import sign_in

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
STATEMENT = "We lead, and this is how: " + "every team has somebody who asks. " * 900


@contextmanager
def full(client: FlaskClient) -> Iterator[None]:
    """Let the client's database grow no further."""

    def hold(connection: Any, *_: Any) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    def free(connection: Any, *_: Any) -> None:
        connection.execute("PRAGMA max_page_count = 1073741823")

    with client.application.app_context():
        engine = db.engine
        event.listen(engine, "checkout", hold)
        event.listen(engine, "checkin", free)
    try:
        yield
    finally:
        event.remove(engine, "checkout", hold)
        event.remove(engine, "checkin", free)


def counts(session: Session) -> list[int | None]:
    session.rollback()
    tables = (Response, AuditLog, OutboxMessage, Evidence, Blob)
    return [session.scalar(select(func.count()).select_from(table)) for table in tables]


def save(client: FlaskClient, at: Scene) -> Any:
    return client.post(
        f"/returns/{at.return_.id}/standards/1",
        data={"based_on": "0", "statement": STATEMENT, "onward": "yes"},
    )


@only_sqlite
def test_a_save_on_a_full_disk_is_told_and_comes_to_nothing(
    client: FlaskClient, session: Session
) -> None:
    at = scene(session)
    sign_in(client, at.contributor)
    before = counts(session)
    with full(client):
        answer = save(client, at)
        assert answer.status_code == 507
        assert "There is no room to save this" in answer.text
        assert "Nothing of this was saved" in answer.text
        assert STATEMENT.strip() in answer.text
        assert client.get(f"/returns/{at.return_.id}/standards/1").status_code == 200
    assert counts(session) == before
    assert log.verify(session)[1] is None
    session.rollback()
    assert save(client, at).status_code == 302
    assert counts(session) != before
    assert log.verify(session)[1] is None


@only_sqlite
def test_an_upload_into_a_full_store_is_told_and_comes_to_nothing(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = scene(session)
    sign_in(client, at.contributor)
    before = counts(session)

    def upload() -> Any:
        return client.post(
            f"/returns/{at.return_.id}/standards/1/evidence/file",
            data={**SAID, "file": (io.BytesIO(PDF), "Our policy.pdf")},
            content_type="multipart/form-data",
        )

    def no_room(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(obstore, "put", no_room)
        answer = upload()
    assert answer.status_code == 400
    assert "Nothing was" in answer.text
    assert SAID["description"] in answer.text
    assert counts(session) == before
    assert upload().status_code == 302
    assert log.verify(session)[1] is None


@only_sqlite
def test_a_database_that_is_away_is_told_and_gives_back_what_was_typed(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = scene(session)
    sign_in(client, at.contributor)

    def away(*_: Any) -> None:
        raise OperationalError("COMMIT", {}, Exception("the connection is lost"))

    with monkeypatch.context() as patch:
        patch.setattr(log, "_append_to", away)
        answer = save(client, at)
    assert answer.status_code == 503
    assert "not available at the moment" in answer.text and STATEMENT.strip() in answer.text


# Adds boards, each with its entry in the log, until there is no room, and says how many there are;
# then writes a backup where there is no room for it.
FILL = """
import resource, sys
from datetime import UTC, datetime
from s11audit import create_app
from s11audit.cli import main
from s11audit.domain.policy import OPERATOR
from s11audit.models import Board
from s11audit.services import log
from s11audit.transactions import is_out_of_room, writing
limit, file = int(sys.argv[1]), sys.argv[2]
now, stored = datetime.now(UTC), 0
with create_app(pages=False).app_context():
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        while stored < 100_000:
            with writing() as session:
                board = Board(slug=f"b{stored}", name="x" * 190, reply_days=0, created_at=now)
                session.add(board)
                session.flush()
                log.record(session, OPERATOR, None, "board.added", "board", board.id, now=now,
                           board_id=board.id, after={"name": "y" * 9000})
            stored += 1
    except Exception as error:
        assert is_out_of_room(error), repr(error)
    print(stored)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, resource.RLIM_INFINITY))
main(["backup", file])
"""


@only_sqlite
def test_files_that_may_not_grow_stop_writers_and_backups_and_spoil_nothing(
    settings: dict[str, object], session: Session, tmp_path: Path
) -> None:
    """A real process under a limit of the operating system, as on a disk that is full."""
    session.rollback()
    database = Path(str(settings["DATABASE_URL"]).removeprefix("sqlite:///"))
    file = tmp_path / "a.zip"
    environment = {f"S11AUDIT_{name}": str(settings[name]) for name in ("DATABASE_URL", "DATA")}
    done = subprocess.run(
        [sys.executable, "-c", FILL, str(database.stat().st_size + 100_000), str(file)],
        env={**os.environ, **environment}, cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert done.stderr.strip().splitlines()[-1] == (
        f"{file}: the backup cannot be written (File too large). Make room on that disk, or name a "
        "file on another one."
    )
    assert list(tmp_path.glob("a.zip*")) == []
    stored = int(done.stdout)
    assert stored > 10
    assert session.scalar(select(func.count()).select_from(Board)) == stored
    assert log.verify(session) == (stored, None)
    session.rollback()
    with writing() as write:
        factories.board(write)


def test_what_says_that_there_is_no_room() -> None:
    assert is_out_of_room(OSError(errno.ENOSPC, "full"))
    assert is_out_of_room(OSError(errno.EDQUOT, "quota"))
    assert not is_out_of_room(OSError(errno.EACCES, "denied"))
    of_postgresql = type("DiskFull", (Exception,), {"sqlstate": "53100"})
    assert is_out_of_room(OperationalError("INSERT", {}, of_postgresql()))
    assert not is_out_of_room(OperationalError("INSERT", {}, Exception()))
