"""Databases for tests: the migrations build the schema once.

Most tests borrow the one database of their kind that a test process keeps, as empty as it was
made: to make a database and an application for each of them takes longer than what they test.
"""

from __future__ import annotations

import shutil
import tempfile
from itertools import count
from pathlib import Path

from s11audit import create_app
from s11audit.services import database
from tests.support.postgres import Cluster

TEMPLATE = "s11audit_template"
SECRET = "for the tests only, and long enough to sign with"


def settings_for(url: str, data: Path) -> dict[str, object]:
    """Return the settings of an application for tests; forms carry no CSRF token in them."""
    return {
        "DATABASE_URL": url,
        "DATA": str(data),
        "SECRET_KEY": SECRET,
        "TESTING": True,
        "SECOND_FACTOR": "none",
        "WTF_CSRF_ENABLED": False,
    }


def migrate(url: str, data: Path) -> None:
    """Build the schema in an empty database by the migrations."""
    app = create_app(settings_for(url, data))
    with app.app_context():
        database.upgrade()
        close_engines(app)


def close_engines(app: object) -> None:
    """Let go of every connection that the application holds."""
    from s11audit.extensions import db

    with app.app_context():  # type: ignore[attr-defined]
        for engine in db.engines.values():
            engine.dispose()


class Databases:
    """Makes databases by kind; starts PostgreSQL only when one is asked for."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="s11-db-"))
        self._numbers = count(1)
        self._cluster: Cluster | None = None
        self._sqlite: Path | None = None
        self._kept: dict[str, str] = {}

    def borrow(self, kind: str) -> str:
        """Return the URL of the kept database of that kind, with schema and nothing in it. It is
        to be given back before it is borrowed again."""
        if kind == "sqlite":
            file = self._folder / "kept.db"
            shutil.copy(self._sqlite_template(), file)
            return f"sqlite:///{file}"
        if kind not in self._kept:
            self._kept[kind] = self.make(kind)
        return self._kept[kind]

    def give_back(self, url: str) -> None:
        """Empty the database that was borrowed; one that cannot be is made anew next time."""
        if url.startswith("sqlite:///"):
            self.drop(url)
        elif not self._postgresql().empty(_name(url)):
            self.drop(url)
            self._kept.clear()

    def data_folder(self, kind: str) -> Path:
        """Return the data folder that goes with the kept database, empty."""
        folder = self._folder / f"kept-{kind}"
        shutil.rmtree(folder, ignore_errors=True)
        return folder

    def make(self, kind: str, *, empty: bool = False) -> str:
        """Return the URL of a new "sqlite" or "postgresql" database, with schema unless empty."""
        number = next(self._numbers)
        if kind == "sqlite":
            file = self._folder / f"test{number}.db"
            if not empty:
                shutil.copy(self._sqlite_template(), file)
            return f"sqlite:///{file}"
        cluster = self._postgresql()
        return cluster.create(f"test{number}", "template0" if empty else TEMPLATE)

    def drop(self, url: str) -> None:
        """Remove a database that `make` made."""
        if url.startswith("sqlite:///"):
            file = url.removeprefix("sqlite:///")
            for name in (file, f"{file}-wal", f"{file}-shm"):
                Path(name).unlink(missing_ok=True)
        elif self._cluster:
            self._cluster.drop(_name(url))

    def _sqlite_template(self) -> Path:
        if self._sqlite is None:
            file = self._folder / "template.db"
            migrate(f"sqlite:///{file}", self._folder / "data")
            self._sqlite = file
        return self._sqlite

    def _postgresql(self) -> Cluster:
        if self._cluster is None:
            self._cluster = Cluster()
            migrate(self._cluster.create(TEMPLATE), self._folder / "data")
        return self._cluster

    def close(self) -> None:
        """Stop PostgreSQL and remove every file."""
        if self._cluster:
            self._cluster.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _name(url: str) -> str:
    return url.split("@/")[1].split("?")[0]
