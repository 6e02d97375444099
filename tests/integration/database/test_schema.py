"""The schema is what the migrations make of it, on both engines, and the models agree."""

from sqlalchemy import CheckConstraint, Table, inspect

from s11audit.extensions import db
from s11audit.models import Base
from s11audit.services import database


def _names(constraints: list[dict[str, object]]) -> set[object]:
    return {constraint["name"] for constraint in constraints}


def test_models_and_migrations_agree(app):
    with app.app_context():
        assert database.differences() == []


def test_every_check_of_the_models_is_in_the_database(app):
    """A comparison by Alembic does not see CHECK constraints; the inspector does."""
    with app.app_context():
        inspector = inspect(db.engine)
        for table in Base.metadata.tables.values():
            assert _names(inspector.get_check_constraints(table.name)) == _checks(table), table.name


def _checks(table: Table) -> set[object]:
    return {
        str(constraint.name) for constraint in table.constraints if isinstance(constraint, CheckConstraint)
    }


def test_upgrading_twice_changes_nothing(app):
    with app.app_context():
        database.upgrade()
    with app.app_context():
        assert database.differences() == []
