"""Every text that a database holds, read past the application's own reading of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import MetaData, text
from sqlalchemy.orm import Session


def texts(session: Session, *, without: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Yield "table.column" and the text of each cell of every table, JSON opened."""
    found = MetaData()
    found.reflect(session.connection())
    for name in sorted(found.tables):
        if name.startswith("alembic") or name in without:
            continue
        for row in session.connection().execute(text(f'SELECT * FROM "{name}"')).mappings():
            for column, value in row.items():
                for each in _opened(value):
                    yield f"{name}.{column}", each


def _opened(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
        if value[:1] in "{[":
            try:
                yield from _opened(json.loads(value))
            except ValueError:
                return
    elif isinstance(value, dict):
        for key, each in value.items():
            yield str(key)
            yield from _opened(each)
    elif isinstance(value, list):
        for each in value:
            yield from _opened(each)
