"""Keeps the triggers of a SQLite table that a migration makes anew.

SQLite cannot change a table's constraints: Alembic's batch mode copies the table to a new one,
drops the old one, and its triggers with it, and gives the new one its name.
"""

import re
from typing import Any

from sqlalchemy import Connection, event

_DROPPED = re.compile(r'\s*DROP TABLE "?(\w+)"?\s*$', re.IGNORECASE)
_RENAMED = re.compile(r'\s*ALTER TABLE "?_alembic_tmp_\w+"? RENAME TO "?(\w+)"?\s*$', re.IGNORECASE)
_TRIGGERS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?"


def keep_triggers(connection: Connection) -> None:
    """From here on, as long as `connection` lives, make the triggers of each table that batch mode
    makes anew again, as they were."""
    found: dict[str, list[str]] = {}

    def before(_: Any, cursor: Any, statement: str, *__: Any) -> None:
        match = _DROPPED.match(statement)
        if match:
            rows = cursor.connection.execute(_TRIGGERS, (match[1],)).fetchall()
            found[match[1]] = [sql for _name, sql in sorted(rows)]

    def after(_: Any, cursor: Any, statement: str, *__: Any) -> None:
        match = _RENAMED.match(statement)
        if match:
            for sql in found.pop(match[1], []):
                cursor.connection.execute(sql)

    event.listen(connection, "before_cursor_execute", before)
    event.listen(connection, "after_cursor_execute", after)
