"""Fresh databases for tests: the migrations build the schema once, each test gets a copy."""

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
            self._cluster.drop(url.split("@/")[1].split("?")[0])

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
