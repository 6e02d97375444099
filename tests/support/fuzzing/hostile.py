"""Texts that would be scripts, stored in every column that holds people's words, and what a page
must not hold wherever it shows them."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from html.parser import HTMLParser
from io import BytesIO, StringIO
from typing import Any

from sqlalchemy import JSON, Connection, Engine, Table, select, text, update
from werkzeug.test import TestResponse

from s11audit.domain.held import HELD, Held
from s11audit.models import Base

HOSTILE = (
    "\"'><script>zzyx(1)</script><img src=x onerror=zzyx(2)><a href=javascript:zzyx(3)>{{7*7}}"
)
# A spreadsheet would take it for a formula.
FORMULA = "=cmd|'/c calc'!A1 "
STORED = (Held.WORDS, Held.PERSON, Held.NAME, Held.LOG)
# Looked up or bound to a form by constraints; the name of an account is put in beside them.
LEFT_OUT = ("email", "name_key", "_email", "sent_to", "address", "url")


def store_hostile(engine: Engine) -> int:
    """Put FORMULA before and HOSTILE behind every text that people wrote, whatever guards it, and
    return into how many columns."""
    done = 0
    with engine.begin() as connection:
        for (name,) in connection.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        ).all():
            connection.execute(text(f'DROP TRIGGER "{name}"'))
        for table in Base.metadata.sorted_tables:
            for name in _columns(table):
                column = table.c[name]
                if isinstance(column.type, JSON) or name in ("snapshot", "document"):
                    _poison(connection, table, name)
                else:
                    stored = column.is_not(None) & (column != "")
                    connection.execute(
                        update(table).where(stored).values({name: FORMULA + column + HOSTILE})
                    )
                done += 1
    return done


def _poison(connection: Connection, table: Table, name: str) -> None:
    """Do so in the documents of a column, be it of JSON or of JSON as text."""
    keys, column = list(table.primary_key), table.c[name]
    for *key, document in connection.execute(select(*keys, column)).all():
        as_text = isinstance(document, str)
        found = poisoned(json.loads(document) if as_text else document)
        where = [each == value for each, value in zip(keys, key, strict=True)]
        values = {name: json.dumps(found, ensure_ascii=False) if as_text else found}
        connection.execute(update(table).where(*where).values(values))


def poisoned(value: Any) -> Any:
    """Return a document with both about each of its sentences; words of closed lists and keys
    are left."""
    match value:
        case str() if " " in value:
            return FORMULA + value + HOSTILE
        case dict():
            return {key: poisoned(each) for key, each in value.items()}
        case list():
            return [poisoned(each) for each in value]
        case _:
            return value


def _columns(table: Table) -> list[str]:
    held = HELD[table.name].columns if table.name in HELD else {}
    names = [name for name, kind in held.items() if kind in STORED]
    if table.name in ("user", "invitation"):
        names = ["name"]
    return [name for name in names if not name.endswith(LEFT_OUT) or table.name == "user"]


def formulas_in(answer: TestResponse) -> list[str]:
    """Return the cells of a CSV file, or the sheets of a workbook, that would be calculated."""
    if answer.mimetype == "text/csv":
        rows = csv.reader(StringIO(answer.get_data().decode("utf-8-sig")))
        return [cell[:60] for row in rows for cell in row if cell.startswith(("=", "+", "@", "\t"))]
    if not answer.get_data().startswith(b"PK"):
        return []
    with zipfile.ZipFile(BytesIO(answer.get_data())) as parts:
        return [
            name
            for name in parts.namelist()
            if name.startswith("xl/worksheets/sheet") and re.search(rb"<f[ >]", parts.read(name))
        ]


def unsafe_in(page: str) -> list[str]:
    """Return what of a page would run, or lead to what runs, where only our own files may."""
    return _Unsafe(page).found


class _Unsafe(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "script" and not given.get("src", "").startswith("/static/"):
            self.found.append("a script that is not ours")
        for name, value in given.items():
            if name.startswith("on") or name in ("style", "srcdoc"):
                self.found.append(f"{tag} {name}={value[:60]}")
            if name in ("href", "src", "action", "formaction") and value.strip().lower().startswith(
                ("javascript:", "data:text", "vbscript:")
            ):
                self.found.append(f"{tag} {name}={value[:60]}")

    handle_startendtag = handle_starttag
