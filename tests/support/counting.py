"""Counts what a request asks of the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

MOST_QUERIES = 12


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    """Yield a list that fills with the statements executed within the block."""
    statements: list[str] = []

    def executed(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.lstrip().upper().startswith(("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE")):
            statements.append(statement)

    event.listen(Engine, "before_cursor_execute", executed)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", executed)


def written(statements: list[str]) -> list[str]:
    """Return those of the statements that change the database."""
    return [
        each
        for each in statements
        if each.split(None, 1)[0].upper() in ("INSERT", "UPDATE", "DELETE", "REPLACE")
    ]
