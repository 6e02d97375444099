"""What operators and their monitoring are told, and that it is nothing of a person."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from s11audit.domain.enums import Role
from s11audit.jobs.health import beat
from s11audit.models import OutboxMessage, WorkerBeat
from s11audit.models.outbox import MOST_ATTEMPTS
from s11audit.observing import tell_failures
from s11audit.paths import newest_revision
from s11audit.process_log import JsonLines
from s11audit.services import outbox, user_sessions
from s11audit.views import health as health_pages
from tests import factories
from tests.support.web import sign_in

TOKEN = "a token that is long enough"
END_OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""


def test_it_is_ready_and_says_so_where_it_is_not(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    assert client.get("/healthz").get_json() == {"status": "ok"}
    found = client.get("/readyz")
    assert found.status_code == 200
    assert found.get_json() == {"status": "ok", "database": "ok", "worker": "silent"}
    beat(datetime.now(UTC))
    assert client.get("/readyz").get_json()["worker"] == "ok"
    if session.get_bind().dialect.name == "postgresql":  # it is restarted, as for an update
        session.execute(text(END_OTHERS))
        session.commit()
        assert client.get("/readyz").status_code == 200
    session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    session.commit()
    try:
        found = client.get("/readyz")
        assert found.status_code == 503
        assert found.get_json()["database"] == "outdated"
    finally:
        session.execute(
            text("UPDATE alembic_version SET version_num = :new"), {"new": newest_revision()}
        )
        session.commit()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_worker_long_silent_is_forgotten(app: Flask, session: Session) -> None:
    now = datetime.now(UTC)
    session.add(WorkerBeat(machine="old", at=now - timedelta(days=2)))
    session.commit()
    beat(now)
    beat(now + timedelta(minutes=1))
    session.expire_all()
    (found,) = session.query(WorkerBeat).all()
    assert (found.machine != "old", found.at) == (True, now + timedelta(minutes=1))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_metrics_are_for_whoever_has_the_token(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    assert client.get("/metrics").status_code == 404
    client.application.config["METRICS_TOKEN"] = TOKEN
    assert client.get("/metrics").status_code == 404
    wrong = {"Authorization": "Bearer another token, as long"}
    assert client.get("/metrics", headers=wrong).status_code == 404
    board = factories.board(session, "north")
    outbox.queue(
        session, dedupe_key="one", to_email="amira.khan@north.example", subject="Subject",
        body="Body", board_id=board.id, now=datetime.now(UTC) - timedelta(minutes=10),
    )  # fmt: skip
    session.commit()
    told = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert told.status_code == 200
    lines = told.text.splitlines()
    assert "s11audit_mail_waiting 1.0" in lines
    assert "s11audit_mail_given_up 0.0" in lines
    assert "s11audit_files_held 0.0" in lines
    assert "s11audit_worker_silent_seconds -1.0" in lines
    (age,) = (float(line.split()[1]) for line in lines if line.startswith("s11audit_mail_oldest"))
    assert 600 <= age < 700
    assert "khan" not in told.text
    assert "north" not in told.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_was_given_up_and_who_went_away_wait_for_nothing(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    """An alarm that rang for them would never end."""
    client.application.config["METRICS_TOKEN"] = TOKEN
    person, now = factories.user(session), datetime.now(UTC)
    session.add(
        OutboxMessage(
            dedupe_key="one", to_email="a@north.example", subject="s", body="b",
            attempts=MOST_ATTEMPTS, created_at=now - timedelta(days=2), next_attempt_at=now,
        )
    )  # fmt: skip
    for days in (0, 1):  # signed in now, and left without signing out a day ago
        user_sessions.begin(
            session, person.id, device="", address="", now=now - timedelta(days=days)
        )
    session.commit()
    lines = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text.splitlines()
    assert "s11audit_mail_waiting 0.0" in lines
    assert "s11audit_mail_oldest_seconds 0.0" in lines
    assert "s11audit_mail_given_up 1.0" in lines
    assert "s11audit_sessions_open 1.0" in lines


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_fault_is_told_with_the_number_that_its_page_shows(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    app = client.application

    def fail(_session: object) -> str:
        raise RuntimeError("Emma Wilson")

    monkeypatch.setattr(health_pages, "stored_revision", fail)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setattr(app, "log_exception", app.log_exception)
    tell_failures(app)
    with caplog.at_level(logging.ERROR, logger="s11audit.requests"):
        answer = client.get("/readyz")
    line = json.loads(JsonLines().format(caplog.records[-1]))
    assert answer.status_code == 500
    assert f"Number: <strong>{line['request']}</strong>" in answer.text
    assert "Emma" not in json.dumps(line) + answer.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_request_is_told_by_its_route_and_nothing_of_a_person(
    app: Flask, client: FlaskClient, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    board = factories.board(session, "north")
    office = factories.user(session, name="Harriet Coyle", email="harriet@north.example")
    factories.grant(session, office, Role.OFFICE, board=board)
    session.commit()
    sign_in(client, office)
    with caplog.at_level(logging.INFO, logger="s11audit.requests"):
        answer = client.get("/boards/north/people?search=Emma+Wilson")
        client.get("/calendars/a-secret-that-nobody-may-read.ics")
        client.open("/login", method="EMMA")
    lines = [json.loads(JsonLines().format(record)) for record in caplog.records
             if record.name == "s11audit.requests"]  # fmt: skip
    assert lines[0]["request"] == answer.headers["X-Request-Id"]
    assert (lines[0]["status"], lines[0]["method"]) == (200, "GET")
    assert "slug:board" in lines[0]["route"]
    assert lines[2]["method"] == "(other)"
    for word in ("Harriet", "harriet", "Emma", "EMMA", "north", "secret-that", "127.0.0.1"):
        assert word not in json.dumps(lines)
