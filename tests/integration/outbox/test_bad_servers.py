"""Sending by a real server process that refuses, delays and drops, and by a worker that is killed
at random."""

import os
import random
import signal
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from s11audit.adapters.mail import set_up_mail
from s11audit.extensions import db
from s11audit.jobs import outbox as jobs
from s11audit.models import OutboxMessage
from s11audit.services import outbox
from tests.support.smtp_server import mailboxes


@pytest.fixture
def server(app, tmp_path):
    """The server, and the application set to send by it."""
    with mailboxes(tmp_path) as running:
        app.config |= {
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_PORT": running.port,
            "MAIL_USE_TLS": False,
        }
        set_up_mail(app)
        yield running


def queue(session, *addresses):
    for address in addresses:
        outbox.queue(
            session, dedupe_key=address, to_email=address, subject="Subject", body="Body\n" * 20,
            board_id=None, now=datetime.now(UTC),
        )  # fmt: skip
    session.commit()


def kept(session):
    session.rollback()
    return {one.to_email.split("@")[0]: one for one in session.scalars(select(OutboxMessage))}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_server_that_refuses_delays_and_drops(session, server):
    names = ("fine-1", "never-1", "gone-1", "busy-1", "slow-1", "drop-1", "lost-1", "fine-2")
    queue(session, *(f"{name}@example.org" for name in names))
    later = datetime.now(UTC)
    assert jobs.send_waiting(later) == (1, 7), "the connection broke at the second"
    assert kept(session)["never-1"].attempts == 1
    assert [kept(session)[name].attempts for name in ("gone-1", "fine-2")] == [0, 0]
    for _ in range(8):
        later += timedelta(minutes=3)
        jobs.send_waiting(later)
    found = kept(session)
    assert {name for name, one in found.items() if one.sent_at is None} == {"never-1", "gone-1"}
    assert "550 No such mailbox" in found["gone-1"].last_error
    assert min(found[name].attempts for name in ("never-1", "gone-1")) >= 3
    assert found["busy-1"].attempts == 2, "refused once, then taken"
    taken = server.taken()
    assert [to for to, _ in taken].count("lost-1@example.org") == 2, "its answer was lost"
    assert len(taken) == 7 and len(set(taken)) == 6, "one Message-ID each, also for the lost one"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_slow_server_keeps_no_batch_beyond_its_claim(session, server, monkeypatch):
    queue(session, *(f"slow-{number}@example.org" for number in range(4)))
    monkeypatch.setattr(jobs, "BATCH_SECONDS", 0.4)
    assert jobs.send_waiting() == (2, 0)
    assert jobs.send_waiting() == (2, 0), "the rest did not have to wait for its claim"
    assert len(set(server.taken())) == 4


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_a_worker_killed_at_random_loses_nothing_and_sends_next_to_nothing_twice(session, server):
    number = 150
    queue(session, *(f"fine-{n}@example.org" for n in range(number)))
    chance = random.Random(20260304)
    kills, clock = 0, datetime.now(UTC)
    for _ in range(60):
        kills += not _worker_ends(session, clock, chance.uniform(0.02, 0.2))
        clock += jobs.CLAIM + timedelta(minutes=1)
        if not _unsent(session):
            break
    taken = server.taken()
    assert kills >= 3, "the test is to kill the worker while it sends"
    assert {to for to, _ in taken} == {f"fine-{n}@example.org" for n in range(number)}
    assert len(set(taken)) == number, "each message has one Message-ID, whenever it was sent"
    assert len(taken) - number <= kills, "a kill repeats one message at most"
    assert _unsent(session) == 0


def _worker_ends(session, clock, seconds):
    """Run the sending in a process of its own, which is killed after so long; return whether it
    had ended by itself."""
    session.rollback()
    session.connection().close()
    session.close()
    db.session.close()
    db.engine.dispose()
    worker = os.fork()
    if worker == 0:
        try:
            jobs.send_waiting(clock)
        finally:
            os._exit(0)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if os.waitpid(worker, os.WNOHANG)[0]:
            return True
        time.sleep(0.005)
    os.kill(worker, signal.SIGKILL)
    os.waitpid(worker, 0)
    return False


def _unsent(session):
    session.rollback()
    return session.scalar(
        select(func.count()).select_from(OutboxMessage).where(OutboxMessage.sent_at.is_(None))
    )
