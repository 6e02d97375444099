"""Reads what a database's schema says, so that two can be compared."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, inspect, text

_TRIGGERS = {
    "sqlite": "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT c.relname, t.tgname, pg_get_triggerdef(t.oid) || ' ' || p.prosrc"
    " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid"
    " WHERE NOT t.tgisinternal",
}


def schema_of(engine: Engine) -> dict[str, dict[str, Any]]:
    """Return, by table: its columns (type, nullable, default), keys, CHECKs, indexes and triggers,
    each by name with its whole text."""
    inspector = inspect(engine)
    found = {
        table: {
            "columns": {
                each["name"]: (str(each["type"]), each["nullable"], each["default"])
                for each in inspector.get_columns(table)
            },
            "primary key": _plain(inspector.get_pk_constraint(table)),
            "foreign keys": _named(inspector.get_foreign_keys(table)),
            "uniques": _named(inspector.get_unique_constraints(table)),
            "checks": _named(inspector.get_check_constraints(table)),
            "indexes": _named(inspector.get_indexes(table)),
            "triggers": {},
        }
        for table in inspector.get_table_names()
    }
    with engine.connect() as connection:
        for table, name, words in connection.execute(text(_TRIGGERS[engine.dialect.name])):
            found[table]["triggers"][name] = " ".join(words.split())
    return found


def _named(items: Any) -> dict[Any, Any]:
    return {item["name"]: _plain(item) for item in items}


def _plain(value: Any) -> Any:
    """What two databases may differ in without meaning it (white space, order of keys) taken
    out."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, str):
        return " ".join(value.split())
    return str(value) if type(value).__module__.startswith("sqlalchemy") else value
