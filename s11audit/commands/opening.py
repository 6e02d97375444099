"""What every command begins with: the application, a database that is ready, the moment, a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask import Flask, current_app

from s11audit.domain.dates import iso_day
from s11audit.domain.errors import Invalid
from s11audit.paths import settings_module

if TYPE_CHECKING:
    from sqlalchemy import Engine


@contextmanager
def opened(settings: dict[str, Any] | None = None, *, make: bool = True) -> Iterator[None]:
    """Enter the application with a database that is ready: an empty one is made at once. Without
    `make` it is not, and an error says that there is nothing: for a command that looks at what
    there should be.

    Raises a usage error for settings that cannot be read, and Invalid for a database of an
    earlier version, which only `s11audit init` upgrades.
    """
    with entered(settings):
        _make_ready(make)
        yield


@contextmanager
def entered(settings: dict[str, Any] | None = None) -> Iterator[Flask]:
    """Enter the application, whatever state its database is in, and let go of it at the end."""
    app = application(settings)
    from s11audit.extensions import db

    with app.app_context():
        try:
            yield app
        finally:
            for engine in db.engines.values():
                engine.dispose()


def application(settings: dict[str, Any] | None = None) -> Flask:
    """Return the application; a usage error names a setting that cannot be read or used."""
    from s11audit import create_app

    try:
        return create_app(settings, pages=False)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def let_people_in(host: str) -> None:
    """Pass where the settings are strong enough to serve on `host`; else a usage error says what
    is too weak. Needs an application context."""
    config = settings_module()
    weak = config.weaknesses(current_app.config)
    safe = current_app.config["BASE_URL"].startswith("https:") or current_app.testing
    if not weak and host not in config.LOOPBACK and not safe:
        weak = [
            f"--host {host}: others could reach the service without TLS; put a web server with a "
            "certificate before it (docs/production.md) and give its address as S11AUDIT_BASE_URL."
        ]
    if weak:
        raise click.UsageError("\n".join(weak))


def _make_ready(make: bool) -> None:
    from sqlalchemy import inspect

    from s11audit.extensions import db
    from s11audit.services import database

    if _is_missing(db.engine, make) or not inspect(db.engine).get_table_names():
        if not make:
            place = db.engine.url.render_as_string(hide_password=True)
            raise click.ClickException(
                f"There is no database of s11audit at {place}: there was nothing to look at. Are "
                "S11AUDIT_DATA and S11AUDIT_DATABASE_URL those of the service?"
            )
        database.upgrade()
        return
    if not database.is_current():
        raise Invalid(
            "The database is not of this version of s11audit. Make a copy of it, then run "
            "s11audit init."
        )


def _is_missing(engine: "Engine", make: bool) -> bool:
    """Return whether SQLite's file is not there, where looking at it would make it."""
    file = engine.url.database
    if make or engine.dialect.name != "sqlite" or not file:
        return False
    return Path(file).parent.is_dir() and not Path(file).exists()


def now() -> datetime:
    """Return this moment."""
    return datetime.now(UTC)


class Day(click.ParamType):
    """A date written YYYY-MM-DD."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the date; a usage error names what is wrong."""
        if isinstance(value, date):
            return value
        text = str(value).strip()
        try:
            return iso_day(text)
        except ValueError:
            self.fail(f"“{text}” is not a date: write it as 2026-03-04 (YYYY-MM-DD).", param, ctx)


class Days(click.ParamType):
    """One or more dates with commas between."""

    name = "dates"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[date]:
        """Return the dates; a usage error names the first that is wrong."""
        if isinstance(value, list):
            return value
        return [Day().convert(part, param, ctx) for part in str(value).split(",")]


class InputFile(click.ParamType):
    """A file to read: the value is its name, without folders, and its bytes."""

    name = "file"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, bytes]:
        """Return name and bytes; a usage error says why the file cannot be read."""
        if isinstance(value, tuple):
            return value
        path = Path(str(value))
        try:
            return path.name, path.read_bytes()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            self.fail(f"{path}: the file cannot be read ({reason}).", param, ctx)


DAY = Day()
DAYS = Days()
INPUT_FILE = InputFile()
