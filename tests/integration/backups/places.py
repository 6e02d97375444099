"""Places to back up and to restore into: a database and an evidence store with an application."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine, inspect

from s11audit import create_app
from s11audit.adapters.archives import Archive
from s11audit.adapters.storage import Storage
from s11audit.domain.enums import ScanState
from s11audit.extensions import db
from s11audit.models import Blob
from s11audit.services import backups, restoring
from s11audit.services.backups import Made
from s11audit.services.restoring import Restored
from s11audit.transactions import writing
from tests.support.databases import SECRET, Databases, close_engines, settings_for

NOW = datetime(2026, 12, 18, 7, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Place:
    """An application, within its context, and its store."""

    app: Flask
    storage: Storage

    @property
    def engine(self) -> Engine:
        """The engine of its database."""
        return db.engine

    def back_up(self, path: Path, **more: Any) -> Made:
        """Write a backup of it."""
        return backups.write(
            db.engine, self.storage, path, now=NOW, secret_key=SECRET, **more
        )  # fmt: skip

    def restore(self, path: Path, **more: Any) -> Restored:
        """Put a backup into it."""
        return restoring.restore(
            db.engine, self.storage, path, now=NOW, secret_key=SECRET, **more
        )  # fmt: skip

    def is_empty(self) -> bool:
        """Whether there is neither table nor file."""
        return not inspect(db.engine).get_table_names() and not list(self.storage.listing())

    def offer(self, content: bytes) -> str:
        """Store a file and name it in the database; return its name."""
        stored = self.storage.put(io.BytesIO(content))
        with writing() as session:
            session.add(
                Blob(
                    sha256=stored.sha256,
                    size=stored.size,
                    media_type="text/plain",
                    scan_state=ScanState.NOT_SCANNED,
                    stored_at=NOW,
                )
            )
        return stored.sha256


@contextmanager
def place(
    databases: Databases, kind: str, folder: Path, *, empty: bool = True, store: str = ""
) -> Iterator[Place]:
    """Lend a place of that kind; `empty` has no schema yet. `store` is the URL of its store where
    that is not in its folder."""
    url = databases.make(kind, empty=empty)
    settings = settings_for(url, folder) | ({"EVIDENCE_URL": store} if store else {})
    app = create_app(settings, pages=False)
    with app.app_context():
        try:
            yield Place(app, Storage(app.config["EVIDENCE_URL"]))
        finally:
            close_engines(app)
    databases.drop(url)


def rows_in(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Return every row of a backup by table, read past the code that restores."""
    found = {}
    with Archive(path) as archive:
        archive.check()
        for table in archive.tables():
            lines = [json.loads(line) for line in archive.lines(f"tables/{table}.jsonl")]
            names = [name for name, _kind in lines[0]]
            found[table] = [dict(zip(names, row, strict=True)) for row in lines[1:]]
    return found
