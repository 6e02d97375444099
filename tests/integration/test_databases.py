"""The ground under the database tests: the schema is as migrated, and agrees with the models."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from s11audit import create_app
from s11audit.extensions import db
from s11audit.models import Base
from s11audit.services import database
from tests import factories
from tests.support.databases import Databases, close_engines, settings_for
from tests.support.schemas import schema_of


def test_the_migrations_build_what_the_models_say(empty_database_url: str, tmp_path: Path) -> None:
    app = create_app(settings_for(empty_database_url, tmp_path))
    with app.app_context():
        database.upgrade()
        assert database.differences() == []
    close_engines(app)


def test_every_constraint_index_default_and_trigger_is_that_of_the_models(
    app: Flask, databases: Databases
) -> None:
    """Alembic does not see CHECKs and triggers, and compares the rest in part only."""
    with app.app_context():
        kind = db.engine.dialect.name
        url = databases.make(kind, empty=True)
        other = create_engine(url)
        try:
            Base.metadata.create_all(other)
            stated = schema_of(other)
            stored = schema_of(db.engine)
        finally:
            other.dispose()
            databases.drop(url)
    stored.pop("alembic_version")
    assert sorted(stored) == sorted(stated)
    for table in stated:
        assert stored[table] == stated[table], table


def test_a_fresh_database_holds_what_a_test_puts_in(session: Session) -> None:
    made = factories.board(session, slug="rydal")
    session.commit()
    assert made.id == 1


def test_the_next_test_does_not_see_it(session: Session) -> None:
    assert factories.board(session, slug="rydal").id == 1
