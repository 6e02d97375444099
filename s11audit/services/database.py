"""The schema of the database, made and changed by the migrations only.

Alembic is loaded when it is needed and lives in an application of its own: a web worker never
carries it.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flask import Flask

from s11audit import paths
from s11audit.extensions import db
from s11audit.models import Base
from s11audit.models.base import migration_type

if TYPE_CHECKING:
    from flask_alembic import Alembic


def upgrade() -> None:
    """Bring the database to the newest schema, making it where there is none. Needs an
    application context."""
    with _migrations() as alembic:
        alembic.upgrade()


def is_current() -> bool:
    """Return whether the database has the newest schema."""
    with _migrations() as alembic:
        return alembic.current() == alembic.heads()


def differences() -> list[object]:
    """Return where the database and the models disagree; empty when they agree."""
    with _migrations() as alembic:
        return list(alembic.compare_metadata())


def write_migration(message: str) -> None:
    """Write a new migration from what the models have and the database has not."""
    with _migrations() as alembic:
        alembic.revision(message)


@contextmanager
def _migrations() -> "Iterator[Alembic]":
    from flask_alembic import Alembic

    app = Flask("s11audit.migrations")
    app.config["ALEMBIC"] = {"script_location": str(paths.top("migrations"))}
    app.config["ALEMBIC_CONTEXT"] = {"render_as_batch": True, "render_item": migration_type}
    alembic = Alembic(metadatas=Base.metadata, engines=db.engine, run_mkdir=False, command_name="")
    alembic.init_app(app)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with app.app_context():
        yield alembic
