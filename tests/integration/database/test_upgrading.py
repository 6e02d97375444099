"""An upgrade of a filled database: whole or not at all, rows, keys and triggers kept."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from s11audit import create_app, paths
from s11audit.domain.errors import Invalid, Refused
from s11audit.extensions import db
from s11audit.models import Board, Cycle, Membership
from s11audit.services import database
from tests import factories
from tests.support.databases import Databases, close_engines, settings_for
from tests.support.schemas import schema_of
from tests.support.server import ROOT

HEAD = '''"""A migration of the tests."""
import sqlalchemy as sa
from alembic import op
revision = "{number}"
down_revision = "{before}"
branch_labels = depends_on = None
'''
# Makes `board` anew on SQLite, which memberships, cycles and the rest point at.
CHANGES_BOARD = """
def upgrade():
    with op.batch_alter_table("board") as batch:
        batch.add_column(sa.Column("motto", sa.String(40), nullable=False, server_default="Alert"))
        batch.drop_constraint(op.f("ck_board_reply_days_range"), type_="check")
        batch.create_check_constraint(op.f("ck_board_reply_days_range"), "reply_days < 100")
"""
FAILS = """
def upgrade():
    op.create_table("half", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("UPDATE board SET name = 'Changed'")
    op.execute("SELECT no_such_column FROM board")
"""
LOSES_A_BOARD = """
def upgrade():
    op.execute("DELETE FROM board")
"""
WAITS = """
def upgrade():
    op.create_table("half", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("UPDATE board SET name = 'Changed'")
    print("half way", flush=True)
    import time; time.sleep(60)
"""
TRIGGER = {
    "sqlite": ("CREATE TRIGGER board_kept BEFORE DELETE ON board BEGIN"
               " SELECT RAISE(ABORT, 'boards stay'); END",),
    "postgresql": ("CREATE FUNCTION board_kept() RETURNS trigger LANGUAGE plpgsql AS"
                   " 'BEGIN RAISE EXCEPTION ''boards stay''; END'",
                   "CREATE TRIGGER board_kept BEFORE DELETE ON board"
                   " FOR EACH ROW EXECUTE FUNCTION board_kept()"),
}  # fmt: skip


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Adds migrations after the newest one: `later(body)`, returning their folder."""
    folder = tmp_path / "migrations"
    shutil.copytree(paths.top("migrations"), folder, ignore=shutil.ignore_patterns("__pycache__"))
    real = paths.top
    monkeypatch.setattr(paths, "top", lambda name: folder if name == "migrations" else real(name))

    def add(body: str) -> Path:
        before = database.newest()
        (folder / f"z{len(before)}_later.py").write_text(
            HEAD.format(number=f"{before}z", before=before) + body
        )
        return folder

    return add


@pytest.fixture(params=["sqlite", "postgresql"])
def filled(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> Iterator[Flask]:
    """An application on a filled database of its own, with a trigger on its boards."""
    url = databases.make(request.param)
    app = create_app(settings_for(url, tmp_path / "data"), pages=False)
    with app.app_context():
        session = db.sessionmaker()
        cycle = factories.cycle(session, factories.board(session, "rydal"))
        factories.membership(session, cycle.board)
        session.commit()
        session.close()
        with db.engine.begin() as connection:
            for statement in TRIGGER[db.engine.dialect.name]:
                connection.execute(text(statement))
        yield app
        close_engines(app)
    databases.drop(url)


def rows() -> list[int]:
    """How many boards, memberships and cycles there are."""
    db.session.rollback()
    counted = [
        db.session.scalar(select(func.count()).select_from(table))
        for table in (Board, Membership, Cycle)
    ]
    db.session.rollback()
    return [each or 0 for each in counted]


def test_a_table_that_others_point_at_is_made_anew_with_its_rows_keys_and_triggers(
    filled: Flask, later: Callable[[str], Path]
) -> None:
    before = schema_of(db.engine)["board"]
    later(CHANGES_BOARD)
    database.upgrade()
    assert database.is_current()
    assert rows() == [1, 1, 1]
    after = schema_of(db.engine)["board"]
    assert after["triggers"] == before["triggers"] and after["triggers"]
    assert after["uniques"] == before["uniques"]
    assert "100" in str(after["checks"]["ck_board_reply_days_range"])
    with db.engine.connect() as connection:
        assert connection.scalar(text("SELECT motto FROM board")) == "Alert"
        if connection.dialect.name == "sqlite":  # the next use of the pool keeps foreign keys
            assert connection.scalar(text("PRAGMA foreign_keys")) == 1


@pytest.mark.parametrize(
    ("filled", "fault"),
    [("sqlite", FAILS), ("postgresql", FAILS), ("sqlite", LOSES_A_BOARD)],
    indirect=["filled"],
    ids=["sqlite fails", "postgresql fails", "sqlite loses rows"],
)
def test_a_migration_that_fails_leaves_everything_as_it_was(
    filled: Flask, later: Callable[[str], Path], fault: str
) -> None:
    with db.engine.begin() as connection:
        dropped = "" if connection.dialect.name == "sqlite" else " ON board"
        connection.execute(text(f"DROP TRIGGER board_kept{dropped}"))
    before, stood = schema_of(db.engine), database.revision()
    later(CHANGES_BOARD.replace("upgrade", "change") + fault.replace(":", ":\n    change()", 1))
    with pytest.raises((DBAPIError, Refused)):
        database.upgrade()
    assert schema_of(db.engine) == before
    assert database.revision() == stood
    assert rows() == [1, 1, 1]
    with db.engine.connect() as connection:
        assert connection.scalar(text("SELECT name FROM board")) == "Rydal"


def test_a_killed_upgrade_leaves_everything_as_it_was_and_a_second_one_waits_for_the_first(
    filled: Flask, later: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    before, stood = schema_of(db.engine), database.revision()
    folder = later(WAITS)
    killed = _start(filled, folder)
    assert killed.stdout is not None
    assert killed.stdout.readline() == "half way\n"
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert schema_of(db.engine) == before
    assert database.revision() == stood
    (folder / f"z{len(str(stood))}_later.py").unlink()
    later(WAITS.replace("60", "1"))

    def again() -> None:
        with filled.app_context():
            database.upgrade()

    with ThreadPoolExecutor() as threads:
        for done in [threads.submit(again), threads.submit(again)]:
            done.result(timeout=60)
    assert capsys.readouterr().out == "half way\n"
    assert database.is_current() and "half" in schema_of(db.engine)


@pytest.mark.parametrize("filled", ["sqlite"], indirect=True)
def test_a_database_of_a_later_version_is_refused(
    filled: Flask, later: Callable[[str], Path]
) -> None:
    folder = later(CHANGES_BOARD)
    database.upgrade()
    next(folder.glob("z*_later.py")).unlink()
    for ask in (database.upgrade, database.is_current):
        with pytest.raises(Invalid, match="later version"):
            ask()


def _start(app: Flask, folder: Path) -> subprocess.Popen[str]:
    """Start an upgrade in a process of its own, with the migrations of that folder."""
    script = (
        "from pathlib import Path\n"
        "from s11audit import create_app, paths\n"
        "real = paths.top\n"
        f"folder = Path({str(folder)!r})\n"
        "paths.top = lambda name: folder if name == 'migrations' else real(name)\n"
        "from s11audit.services.database import upgrade\n"
        "with create_app(pages=False).app_context(): upgrade()\n"
    )
    environment = {
        **os.environ,
        "S11AUDIT_DATABASE_URL": str(app.config["DATABASE_URL"]),
        "S11AUDIT_DATA": str(app.config["DATA"]),
    }
    return subprocess.Popen(
        [sys.executable, "-c", script], env=environment, cwd=ROOT,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
