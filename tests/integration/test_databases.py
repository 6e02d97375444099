"""The ground under the database tests: the schema is as migrated, and agrees with the models."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from sqlalchemy import CheckConstraint, inspect
from sqlalchemy.orm import Session

from s11audit import create_app
from s11audit.extensions import db
from s11audit.models import Base
from s11audit.services import database
from tests import factories
from tests.support.databases import close_engines, settings_for


def test_the_migrations_build_what_the_models_say(empty_database_url: str, tmp_path: Path) -> None:
    app = create_app(settings_for(empty_database_url, tmp_path))
    with app.app_context():
        database.upgrade()
        assert database.differences() == []
    close_engines(app)


def test_check_constraints_are_the_same_in_models_and_migrations(app: Flask) -> None:
    with app.app_context():
        inspector = inspect(db.engine)
        naming = db.engine.dialect.identifier_preparer
        for table in Base.metadata.tables.values():
            stored = {found["name"] for found in inspector.get_check_constraints(table.name)}
            stated = {
                naming.format_constraint(constraint)
                for constraint in table.constraints
                if isinstance(constraint, CheckConstraint)
            }
            assert stored == stated, table.name


def test_a_fresh_database_holds_what_a_test_puts_in(session: Session) -> None:
    made = factories.board(session, slug="rydal")
    session.commit()
    assert made.id == 1


def test_the_next_test_does_not_see_it(session: Session) -> None:
    assert factories.board(session, slug="rydal").id == 1
