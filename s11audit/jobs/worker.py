"""The background worker: runs what is due every minute. `s11audit serve` starts it.

Huey keeps the times; a task it starts may be lost with the process, so that every task finds its
own work in the database and the next one takes it up.
"""

import logging
import sqlite3
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import psycopg
from flask import Flask
from huey import Huey, PostgresHuey, SqliteHuey, crontab
from sqlalchemy import make_url

from s11audit import create_app, process_log
from s11audit.adapters.mail import set_up_mail
from s11audit.jobs.carrying import decide_kinds
from s11audit.jobs.health import beat
from s11audit.jobs.outbox import send_waiting
from s11audit.jobs.redactions import follow_redactions
from s11audit.jobs.reminders import send_digests
from s11audit.jobs.replies import publish_after_deadline
from s11audit.jobs.scans import look_after_files
from s11audit.jobs.screenings import draft_waiting
from s11audit.jobs.signing_in import forget_old

SCHEMA = "s11audit_tasks"  # Huey's own tables beside ours in PostgreSQL
SECONDS_TO_STOP = 20

# What is done every minute, in this order: mail last, so that what the others wrote goes out.
# Each takes the moment, finds its own work in the database and may be killed at any time.
SWEEPS: tuple[Callable[[datetime], object], ...] = (
    beat,
    follow_redactions,
    decide_kinds,
    publish_after_deadline,
    send_digests,
    draft_waiting,
    look_after_files,
    forget_old,
    send_waiting,
)

_log = logging.getLogger(__name__)


def make_huey(database_url: str, data: str) -> Huey:
    """Return Huey on a SQLite file of its own in the data folder, or in a schema of its own
    beside the tables where the database is PostgreSQL. Results are not kept."""
    url = make_url(database_url)
    if url.get_backend_name() != "postgresql":
        return SqliteHuey("s11audit", filename=str(Path(data) / "tasks.db"), results=False)
    dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    return PostgresHuey("s11audit", results=False, dsn=dsn, options=f"-c search_path={SCHEMA}")


def register(huey: Huey, app: Flask) -> None:
    """Add the tasks to Huey, and have them done once now."""

    @huey.periodic_task(crontab(minute="*"))
    def sweep() -> None:
        for each in SWEEPS:
            try:
                with app.app_context():
                    each(datetime.now(UTC))
            except Exception:
                _log.exception("%s failed; it is tried again in a minute", each.__name__)

    sweep()


def _end(sentence: str) -> NoReturn:
    sys.stderr.write(f"Error: {sentence}\n")
    raise SystemExit(1)


def main() -> None:
    """Run until SIGTERM, which lets the message that is being sent be finished. Settings that
    cannot be read or are too weak end it with a sentence each, and so does a database that cannot
    be reached."""
    try:
        app = create_app()
        huey = make_huey(app.config["DATABASE_URL"], app.config["DATA"])
    except ValueError as error:
        _end(str(error))
    except (psycopg.OperationalError, sqlite3.OperationalError) as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        _end(
            f"The database cannot be used: {reason}. See that it runs, and that "
            "S11AUDIT_DATABASE_URL and S11AUDIT_DATA are right."
        )
    process_log.set_up()
    set_up_mail(app)
    register(huey, app)
    huey.create_consumer(workers=1, graceful_signal="TERM", shutdown_timeout=SECONDS_TO_STOP).run()


if __name__ == "__main__":
    main()
