"""The least that the same work can cost on this machine: bare Flask, session cookie, one ORM
update, one chained log row, one commit, on SQLite set up as the service sets it up."""

import os
from hashlib import sha256
from typing import Any

from flask import Flask, request, session
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from s11audit.transactions import prepare


class Base(DeclarativeBase):
    """Base of the two tables."""


class Text(Base):
    """What is saved."""

    __tablename__ = "text"
    id: Mapped[int] = mapped_column(primary_key=True)
    statement: Mapped[str]


class Log(Base):
    """One row a save, chained."""

    __tablename__ = "log"
    id: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[str]
    hash: Mapped[str]


def make_app() -> Flask:
    """Return the bare application: GET / is an empty page, POST /save/<id> stores a text."""
    app = Flask(__name__)
    app.secret_key = "floor"
    engine = create_engine(os.environ["FLOOR_URL"])
    prepare(engine)

    @app.get("/")
    def empty() -> str:
        session["seen"] = True
        return "<!DOCTYPE html><title>Empty</title>"

    @app.post("/save/<int:text_id>")
    def save(text_id: int) -> dict[str, Any]:
        session["seen"] = True
        statement = request.form["statement"]
        with Session(engine, expire_on_commit=False) as database:
            database.connection(execution_options={"s11audit_write": True})
            found = database.get_one(Text, text_id)
            found.statement = statement
            head = database.scalar(select(Log.hash).order_by(Log.id.desc()).limit(1)) or ""
            database.add(
                Log(document=statement, hash=sha256((head + statement).encode()).hexdigest())
            )
            database.commit()
        return {"saved": True}

    return app


def fill(url: str, rows: int) -> None:
    """Make the two tables with so many texts to save."""
    engine = create_engine(url)
    prepare(engine)
    Base.metadata.create_all(engine)
    with Session(engine) as database:
        database.add_all(Text(id=number, statement="") for number in range(1, rows + 1))
        database.commit()
