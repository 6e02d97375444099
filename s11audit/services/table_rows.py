"""The rows of a table as lines of JSON, the same from either engine, and back.

The tables are read from the database itself and not from the models, so that a database of an
earlier schema can be copied too. The first line names the columns and their kinds; each other line
is a row, a list of values in that order, in the order of the primary key.
"""

import base64
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    Table,
    Text,
    bindparam,
    cast,
    inspect,
    select,
    text,
    type_coerce,
    types,
)

VERSIONS = "alembic_version"
_AT_ONCE = 500
# In this order: a date and time is no date.
_KINDS: tuple[tuple[type[types.TypeEngine[Any]], str], ...] = (
    (types.JSON, "json"),
    (types.Boolean, "boolean"),
    (types.Integer, "integer"),
    (types.DateTime, "moment"),
    (types.Date, "day"),
    (types.LargeBinary, "bytes"),
    (types.Float, "number"),
    (types.String, "text"),
)


class Unreadable(ValueError):
    """A line is not a row of the table."""


def tables_of(connection: Connection) -> list[Table]:
    """Return the tables of the database in the order of their names, without Alembic's own."""
    metadata = MetaData()
    names = [name for name in inspect(connection).get_table_names() if name != VERSIONS]
    metadata.reflect(connection, only=names)
    return [metadata.tables[name] for name in sorted(names)]


def dump(connection: Connection, table: Table) -> Iterator[bytes]:
    """Return the lines of the table, its rows streamed within the transaction of `connection`."""
    columns = list(table.columns)
    kinds = [_kind(column) for column in columns]
    yield _line([[column.name, kind] for column, kind in zip(columns, kinds, strict=True)])
    query = select(
        *(_read(connection, column, kind) for column, kind in zip(columns, kinds, strict=True))
    )
    rows = connection.execute(
        query.order_by(*table.primary_key.columns), execution_options={"yield_per": _AT_ONCE}
    )
    for row in rows:
        yield _line([_plain(value, kind) for value, kind in zip(row, kinds, strict=True)])


def load(connection: Connection, table: Table, lines: Iterable[bytes]) -> int:
    """Put the rows of these lines into the table and return how many there were. Raises
    Unreadable for a line that is no row of it."""
    lines = iter(lines)
    kinds = {column.name: _kind(column) for column in table.columns}
    said = _parsed(next(lines, b""))
    if not _same_columns(said, kinds):
        raise Unreadable(f"{table.name} has other columns")
    order = [name for name, _kind_of in said]
    naive = connection.dialect.name == "sqlite"
    written = {name: _write(connection, table.columns[name], kinds[name]) for name in order}
    count = 0
    while batch := list(islice(lines, _AT_ONCE)):
        connection.execute(
            table.insert().values(written),
            [_values(_parsed(line), order, kinds, naive) for line in batch],
        )
        count += len(batch)
    return count


def set_sequences(connection: Connection, tables: Iterable[Table]) -> None:
    """Have PostgreSQL go on counting after the highest number of each table."""
    for table in tables:
        for column in table.primary_key.columns:
            name = connection.scalar(
                text("SELECT pg_get_serial_sequence(quote_ident(:table), :column)"),
                {"table": table.name, "column": column.name},
            )
            highest = connection.scalar(select(column).order_by(column.desc()).limit(1))
            if name and highest:
                connection.execute(text("SELECT setval(:name, :to)"), {"name": name, "to": highest})


def _kind(column: Column[Any]) -> str:
    for kind, name in _KINDS:
        if isinstance(column.type, kind):
            return name
    raise TypeError(f"{column.table.name}.{column.name} is of a type that no backup holds.")


def _read(connection: Connection, column: Column[Any], kind: str) -> Any:
    """JSON is copied letter for letter."""
    if kind != "json":
        return column
    if connection.dialect.name == "postgresql":
        return cast(column, Text).label(column.name)
    return type_coerce(column, Text).label(column.name)


def _write(connection: Connection, column: Column[Any], kind: str) -> Any:
    if kind != "json":
        return bindparam(column.name, type_=column.type)
    given = bindparam(column.name, type_=Text)
    return cast(given, column.type) if connection.dialect.name == "postgresql" else given


def _plain(value: Any, kind: str) -> Any:
    if kind == "json" and value is not None:
        return str(value)  # SQLite keeps a number by itself as a number
    if isinstance(value, datetime):
        moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return moment.isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    return value


def _same_columns(said: Any, kinds: dict[str, str]) -> bool:
    try:
        return sorted(map(tuple, said)) == sorted(kinds.items())
    except TypeError:
        return False


def _values(row: Any, order: list[str], kinds: dict[str, str], naive: bool) -> dict[str, Any]:
    if not isinstance(row, list) or len(row) != len(order):
        raise Unreadable("a row of another length")
    return {name: _value(value, kinds[name], naive) for name, value in zip(order, row, strict=True)}


def _value(value: Any, kind: str, naive: bool) -> Any:
    if value is None:
        return None
    if not _is_of(value, kind):
        raise Unreadable("a value of another kind")
    try:
        if kind == "moment":
            moment = datetime.fromisoformat(value).astimezone(UTC)
            return moment.replace(tzinfo=None) if naive else moment
        if kind == "day":
            return date.fromisoformat(value)
        if kind == "bytes":
            return base64.b64decode(value, validate=True)
        if isinstance(value, str):
            value.encode()  # half a character is none
    except (ValueError, OverflowError) as error:
        raise Unreadable("a value of another kind") from error
    return value


def _is_of(value: Any, kind: str) -> bool:
    if kind == "boolean" or isinstance(value, bool):
        return kind == "boolean" and isinstance(value, bool)
    if kind == "integer":
        return isinstance(value, int) and -(2**63) <= value < 2**63
    return isinstance(value, int | float) if kind == "number" else isinstance(value, str)


def _line(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Unreadable("not JSON") from error
