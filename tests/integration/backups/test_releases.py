"""A filled database of each released version is upgraded: every row and value is there, its log
proves, its pages open, and its reports say what that version printed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import inspect, select, text

from s11audit import create_app
from s11audit.adapters.archives import Archive
from s11audit.adapters.storage import storage_at
from s11audit.domain.policy import OPERATOR
from s11audit.extensions import db
from s11audit.models import User
from s11audit.queries.boards import board_by_slug
from s11audit.queries.names import cycle_named
from s11audit.reports.build import build_compliance, build_standards
from s11audit.reports.render import render
from s11audit.services import database, log, restoring
from tests.support.databases import Databases, close_engines, settings_for
from tests.support.web import sign_in

RELEASES = Path(__file__).parents[2] / "releases"
VERSIONS = sorted(each.stem for each in RELEASES.glob("*.s11audit"))
PAGES_EACH = 12
NOW = datetime.now(UTC)
FILES = re.compile(r"\.(pdf|xlsx|csv|html|json|ics)\b|/static/|logout|workbook|download")
# Columns that have moved since: where their values are now, as a query on the old row's key.
MOVED = {
    # The names of those who did something stand beside what they did, where they can be erased.
    ("audit_log", "who"): "SELECT who FROM audit_payload WHERE log_id = :id",
}


@pytest.fixture(params=[(v, k) for v in VERSIONS for k in ("sqlite", "postgresql")], ids=str)
def upgraded(
    request: pytest.FixtureRequest, databases: Databases, tmp_path: Path
) -> Iterator[tuple[Flask, str]]:
    """An application on the database of a release, upgraded to the schema of today."""
    version, kind = request.param
    url = databases.make(kind, empty=True)
    app = create_app(settings_for(url, tmp_path))
    with app.app_context():
        with Archive(RELEASES / f"{version}.s11audit") as archive:
            archive.check()
            for name, _size in archive.evidence():
                with archive.open_evidence(name) as opened:
                    storage_at(app.config["EVIDENCE_URL"]).put(opened)
            with database.changing() as connection:
                restoring.fill(connection, archive)
            assert database.revision() == archive.manifest["revision"]
        database.upgrade()
        yield app, version
    close_engines(app)
    databases.drop(url)


def test_nothing_of_a_released_version_is_lost(upgraded: tuple[Flask, str]) -> None:
    app, version = upgraded
    assert database.is_current()
    _every_value_is_there(version)
    assert log.verify(db.session)[1] is None
    _reports_are_the_same(version)
    db.session.rollback()
    if db.engine.dialect.name == "sqlite":  # the pages are the same on either
        assert _pages_opened(app) == 3 * PAGES_EACH


def _every_value_is_there(version: str) -> None:
    with db.engine.connect() as connection, Archive(RELEASES / f"{version}.s11audit") as archive:
        chains = len(archive.manifest["log"])  # each gets the entry `log.upgraded`
        added = dict.fromkeys(("audit_log", "audit_payload"), chains)
        for name in archive.tables():
            lines = archive.lines(f"tables/{name}.jsonl")
            columns = json.loads(next(lines))
            key = inspect(connection).get_pk_constraint(name)["constrained_columns"]
            stored = _stored(connection, name, key)
            expected = [json.loads(line) for line in lines]
            assert len(stored) == len(expected) + added.get(name, 0) > 0, name
            for row in expected:
                values = {c: (value, kind) for (c, kind), value in zip(columns, row, strict=True)}
                _compare(connection, name, values, stored[tuple(str(values[c][0]) for c in key)])


def _stored(connection: Any, table: str, key: list[str]) -> dict[Any, Any]:
    rows = connection.execute(text(f'SELECT * FROM "{table}"')).mappings().all()
    return {tuple(str(row[name]) for name in key): row for row in rows}


def _compare(connection: Any, table: str, values: dict[str, tuple[Any, str]], row: Any) -> None:
    for name, (value, kind) in values.items():
        if (table, name) in MOVED:
            found = connection.scalar(text(MOVED[table, name]), {"id": row["id"]})
        else:
            found = row[name]
        assert _plain(found, kind) == (json.loads(value) if kind == "json" and value else value), (
            table,
            name,
        )


def _plain(value: Any, kind: str) -> Any:
    """What a driver gives, as the archive writes it."""
    if value is None:
        return None
    if kind == "boolean":
        return bool(value)
    if kind == "json":
        return json.loads(value) if isinstance(value, str) else value
    if kind == "day":
        return str(value)
    if kind == "moment":
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        return moment.isoformat(timespec="microseconds")
    return value


def _reports_are_the_same(version: str) -> None:
    for said in json.loads((RELEASES / f"{version}.reports.json").read_text()):
        build = build_compliance if said["kind"] == "compliance" else build_standards
        board = board_by_slug(db.session, said["board"])
        cycle = cycle_named(db.session, board.id, said["cycle"])
        built = build(
            db.session, OPERATOR, cycle.id, said["stage"], date.fromisoformat(said["as_at"]),
            now=NOW,
        )  # fmt: skip
        assert json.loads(render(built, "json")) == said["report"], said["cycle"]


def _pages_opened(app: Flask) -> int:
    """Follow links from the first page as three people, some pages each, and return how many
    opened; each must."""
    client = app.test_client()
    seen: set[tuple[str, str]] = set()
    for name in ("office", "qa", "lead"):
        user = db.session.scalars(select(User).where(User.email.like(f"{name}@%"))).first()
        sign_in(client, user)
        db.session.rollback()
        waiting = ["/"]
        enough = len(seen) + PAGES_EACH
        while waiting and len(seen) < enough:
            address = waiting.pop(0)
            kind = (name, re.sub(r"\d+", "0", address.split("?")[0]))
            if kind in seen or not address.startswith("/") or FILES.search(address):
                continue
            seen.add(kind)
            answer = client.get(address)
            assert answer.status_code in (200, 302, 303, 403), (address, answer.status_code)
            waiting += re.findall(r'href="([^"#]+)"', answer.get_data(as_text=True))
    return len(seen)
