"""Writes take the lock at once and are stored or not at all; reads do not wait for them."""

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text

from s11audit.domain.policy import OPERATOR
from s11audit.extensions import db
from s11audit.models import AuditLog, Board
from s11audit.services import log
from s11audit.transactions import writing
from tests import factories

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def test_a_write_is_stored_when_its_block_ends(app):
    with app.app_context():
        with writing() as session:
            factories.board(session, "northshire")
        assert db.session.scalar(select(Board.slug)) == "northshire"


def test_a_write_that_fails_leaves_neither_change_nor_log(app):
    with app.app_context():
        with pytest.raises(RuntimeError), writing() as session:
            made = factories.board(session, "northshire")
            log.record(
                session, OPERATOR, None, "board.added", "board", made.id, now=NOW, board_id=made.id
            )
            raise RuntimeError("cut off")
        assert db.session.scalar(select(Board)) is None
        assert db.session.scalar(select(AuditLog)) is None


def test_a_read_does_not_wait_for_a_writer(app):
    """While a write holds its lock, another connection reads what stood before."""
    seen: list[list[str]] = []

    def read() -> None:
        with app.app_context():
            seen.append(list(db.session.scalars(select(Board.slug))))

    with app.app_context():
        with writing() as session:
            factories.board(session, "first")
        with writing() as session:
            factories.board(session, "second")
            session.flush()
            reader = threading.Thread(target=read)
            reader.start()
            reader.join(timeout=10)
            assert not reader.is_alive()
    assert seen == [["first"]]


def test_sqlite_is_durable_and_keeps_foreign_keys(app):
    with app.app_context():
        if db.engine.dialect.name != "sqlite":
            assert db.session.scalar(text("SHOW synchronous_commit")) is not None
            return
        pragma = {
            name: db.session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragma == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
