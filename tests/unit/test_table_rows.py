"""Rows of a backup that was tampered with are refused as such, whatever is wrong with them."""

import pytest
from sqlalchemy import Column, DateTime, Integer, MetaData, String, Table, create_engine, select

from s11audit.services.table_rows import Unreadable, load

HEAD = b'[["id","integer"],["name","text"],["at","moment"]]'
ROW = b'[1,"\\u0141\\u00f3d\\u017a","2026-03-04T12:00:00+00:00"]'


@pytest.mark.parametrize(
    ("head", "row"),
    [
        (b"", ROW),
        (b"3", ROW),
        (b'[["id","integer"]]', ROW),
        (b'[[["id"],"integer"]]', ROW),
        (HEAD, b"{}"),
        (HEAD, b"[" * 100_000),
        (HEAD, ROW.replace(b"[1,", b"[true,")),
        (HEAD, ROW.replace(b"[1,", b"[9223372036854775808,")),
        (HEAD, ROW.replace(b"\\u0141", b"\\ud800")),
        (HEAD, ROW.replace(b"2026-03-04T12:00:00+00:00", b"0001-01-01T00:00:00+14:00")),
    ],
)
def test_what_is_no_row_is_refused(head: bytes, row: bytes) -> None:
    table = Table(
        "t",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("name", String),
        Column("at", DateTime),
    )
    with create_engine("sqlite://").connect() as connection:
        table.create(connection)
        with pytest.raises(Unreadable):
            load(connection, table, [head, row])
        assert load(connection, table, [HEAD, ROW]) == 1
        assert connection.scalar(select(table.c.name)) == "Łódź"
