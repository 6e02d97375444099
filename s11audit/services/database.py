"""The schema of the database, made and changed by the migrations only.

An upgrade is one transaction on both engines, under a lock: a migration that fails or is killed
leaves the schema and the rows as they were, and a second upgrade at the same time waits. Alembic is
loaded when it is needed: a web worker never carries it.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flask import Flask
from sqlalchemy import Connection, text

from s11audit import paths
from s11audit.domain.errors import Invalid, Refused
from s11audit.extensions import db
from s11audit.models import Base
from s11audit.models.base import migration_type
from s11audit.services.batch_triggers import keep_triggers
from s11audit.transactions import WRITE

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory
    from flask_alembic import Alembic

_LOCK = 1_146_110_011  # of PostgreSQL, for upgrades of this service
LATER_VERSION = "The database is of a later version of s11audit than this one."


def upgrade(to: str = "heads") -> None:
    """Bring the database to the newest schema (or up to the revision `to`), making it where there
    is none. Needs an application context.

    Raises Invalid for a database of a later version, and Refused where rows would be left that
    point at nothing; then nothing was changed.
    """
    with changing() as connection:
        migrate(connection, to)


@contextmanager
def changing() -> Iterator[Connection]:
    """Yield a connection in a transaction that may change the schema, one at a time. It is
    committed at the end, unless rows point at nothing (Refused) or an error came up: then nothing
    was changed."""
    with _alone() as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        else:
            keep_triggers(connection)
        yield connection
        _check_references(connection)


def revision() -> str | None:
    """Return the revision that the database's schema is at; None where it has no schema."""
    from alembic.runtime.migration import MigrationContext

    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    """Return the revision of the newest schema that this version knows."""
    head = _scripts().get_current_head()
    assert head is not None
    return head


def revisions() -> list[str]:
    """Return the revisions that this version knows, the oldest first."""
    return [script.revision for script in _scripts().walk_revisions()][::-1]


def is_current() -> bool:
    """Return whether the database has the newest schema. Raises Invalid where it is of a later
    version of this program."""
    stored = revision()
    if stored is not None and stored not in revisions():
        raise Invalid(LATER_VERSION)
    return stored == newest()


def differences() -> list[object]:
    """Return where the database and the models disagree; empty when they agree."""
    with _migrations() as alembic:
        return list(alembic.compare_metadata())


def write_migration(message: str) -> None:
    """Write a new migration from what the models have and the database has not."""
    with _migrations() as alembic:
        alembic.revision(message)


@contextmanager
def _alone() -> Iterator[Connection]:
    """Yield a connection for a change of the schema. On SQLite foreign keys are off in it: a table
    that is made anew is dropped and renamed while rows of others point at it, which would delete
    them or be refused. They can only be switched outside a transaction."""
    with db.engine.connect().execution_options(**WRITE) as connection:
        if connection.dialect.name != "sqlite":
            yield connection
            return
        connection.detach()  # closed afterwards, whatever becomes of it
        connection.connection.cursor().execute("PRAGMA foreign_keys = OFF")
        yield connection


def migrate(connection: Connection, to: str = "heads") -> None:
    """Run the migrations within the transaction that `connection` is in. Raises Invalid for a
    database of a later version."""
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.util import CommandError

    scripts = _scripts()

    def steps(stored: Any, _context: MigrationContext) -> Any:
        return scripts._upgrade_revs(to, stored)  # as Alembic's own command does

    logging.getLogger("alembic").setLevel(logging.WARNING)
    context = MigrationContext.configure(
        connection, opts={"fn": steps, "script": scripts, "target_metadata": Base.metadata}
    )
    with Operations.context(context):
        try:
            context.run_migrations()
        except CommandError as error:
            if context.get_current_revision() in revisions():
                raise
            raise Invalid(LATER_VERSION) from error


def _check_references(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    lost = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if lost:
        tables = ", ".join(sorted({row[0] for row in lost}))
        raise Refused(
            f"There would be rows that point at nothing, in {tables}. Nothing was changed."
        )


def _scripts() -> "ScriptDirectory":
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config, folder = Config(), str(paths.top("migrations")).replace("%", "%%")
    for name in ("script_location", "version_locations"):
        config.set_main_option(name, folder)
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


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
