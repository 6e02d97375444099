"""What a page's queries cost by themselves: its statements, replayed on a bare connection."""

import sqlite3
from typing import Any

from flask import Flask
from sqlalchemy import event

from bench.figures import Figures, timed
from bench.http_client import form_values
from s11audit.extensions import db

Statement = tuple[str, Any]


def statements_of(app: Flask, email: str, password: str, path: str) -> list[Statement]:
    """Return the SELECTs that answering the page sends, with their values."""
    client = app.test_client()
    values = dict(form_values(client.get("/login").text)) | {"email": email, "password": password}
    client.post("/login", data=values)
    client.get(path)
    seen: list[Statement] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            seen.append((statement, parameters))

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    answer = client.get(path)
    event.remove(engine, "before_cursor_execute", note)
    if answer.status_code != 200:
        raise RuntimeError(f"{path}: answered {answer.status_code}")
    return seen


def bare(what: str, file: str, statements: list[Statement], runs: int) -> Figures:
    """Return what the statements take on a bare SQLite connection, every row fetched."""
    connection = sqlite3.connect(file)

    def replay() -> None:
        for statement, parameters in statements:
            connection.execute(statement, parameters).fetchall()

    found = timed(f"{len(statements)} bare queries: {what}", replay, runs)
    connection.close()
    return found
