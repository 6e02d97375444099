"""`serve`: pages and the worker from one command, both stopped cleanly."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select, text

from s11audit.jobs import worker
from s11audit.models import OutboxMessage
from s11audit.services import outbox
from s11audit.services.database import differences

COMMAND = "from s11audit.jobs.server import serve; serve('127.0.0.1', {port}, 2)"


NO_REQUEST = b"GET /invitations/a-secret HTTP/1.1\r\nCook ie: a-secret\r\n\r\n"
BROKEN_BODY = (
    b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Transfer-Encoding: chunked\r\n\r\nEmma\r\nEmma"
)


class Mailbox:
    """Keeps to whom mail was sent."""

    def __init__(self):
        self.taken = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.taken += envelope.rcpt_tos
        return "250 Taken"


@pytest.fixture
def mailbox():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


def start(settings, port=0, **more):
    values = {k: v for k, v in settings.items() if k != "WTF_CSRF_ENABLED"} | more
    environment = os.environ | {f"S11AUDIT_{name}": str(value) for name, value in values.items()}
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND.format(port=port)],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def answer_to(address, sent):
    """Return the status of the answer to these bytes."""
    with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), 20) as client:
        client.sendall(sent)
        return int(client.recv(12).split()[1])


def children_of(process):
    with open(f"/proc/{process.pid}/task/{process.pid}/children") as listed:  # noqa: PTH123
        return [int(child) for child in listed.read().split()]


def until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("database_url", "number"),
    [("sqlite", signal.SIGINT), ("postgresql", signal.SIGTERM)],
    indirect=["database_url"],
)
def test_it_serves_sends_and_stops(settings, session, mailbox, number):
    box, mail_port = mailbox
    outbox.queue(session, dedupe_key="x", to_email="a@example.org", subject="s", body="b",
                 board_id=None, now=datetime.now(UTC))  # fmt: skip
    session.commit()
    process = start(settings, MAIL_SERVER="127.0.0.1", MAIL_PORT=mail_port, MAIL_USE_TLS="no")
    try:
        said = process.stdout.readline()
        address = re.fullmatch(r"s11audit is served on (http://127\.0\.0\.1:\d+)\n", said)
        assert address, process.stderr.read()
        assert "Sign in" in urllib.request.urlopen(f"{address[1]}/login").read().decode()
        assert until(lambda: box.taken == ["a@example.org"])
        assert answer_to(address[1], NO_REQUEST) == 400
        assert answer_to(address[1], BROKEN_BODY) == 400
        children = children_of(process)
        assert len(children) == 2
        process.send_signal(number)
        assert process.wait(30) == 0, process.stderr.read()
    finally:
        process.kill()
        _, logged = process.communicate()
    lines = [json.loads(line) for line in logged.splitlines()]
    assert {"level", "source", "message"} <= set.intersection(*map(set, lines))
    assert not any(word in logged for word in ("@", "a-secret", "127.0.0.1", "Emma"))
    assert not any(os.path.exists(f"/proc/{child}") for child in children)  # noqa: PTH110
    session.expire_all()
    assert session.scalars(select(OutboxMessage)).one().sent_at is not None
    assert differences() == [], "the worker's own tables lie apart"
    if session.get_bind().dialect.name == "postgresql":
        schemas = session.scalars(
            text("SELECT table_schema FROM information_schema.tables WHERE table_name LIKE 'huey%'")
        )
        assert set(schemas) == {"s11audit_tasks"}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_it_stops_where_one_of_the_two_ends(settings, app):
    process = start(settings)
    try:
        process.stdout.readline()
        children = children_of(process)
        os.kill(children[1], signal.SIGKILL)
        assert process.wait(30) == 1
        assert "one of its processes ended" in process.stderr.read()
    finally:
        process.kill()
        process.communicate()
    assert until(lambda: not any(os.path.exists(f"/proc/{child}") for child in children))  # noqa: PTH110


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_address_in_use_is_named(settings, app):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = start(settings, port)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert f"127.0.0.1:{port}" in said


def test_a_worker_out_of_reach_of_its_database_says_what_to_do(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("S11AUDIT_DATA", str(tmp_path))
    monkeypatch.setenv("S11AUDIT_DATABASE_URL", "postgresql+psycopg://x@127.0.0.1:9/none")
    with pytest.raises(SystemExit) as ended:
        worker.main()
    assert ended.value.code == 1
    told = capsys.readouterr().err
    assert told.startswith("Error: The database cannot be used: ")
    assert told.endswith("S11AUDIT_DATABASE_URL and S11AUDIT_DATA are right.\n")
