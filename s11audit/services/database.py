"""The schema of the database, made and changed by the migrations only."""

import logging

from s11audit.extensions import alembic


def upgrade() -> None:
    """Bring the database to the newest schema, making it where there is none. Needs an
    application context."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    alembic.upgrade()


def differences() -> list[object]:
    """Return where the database and the models disagree; empty when they agree."""
    return list(alembic.compare_metadata())
