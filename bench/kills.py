"""Kills the service with `kill -9` over and over while people work, and looks for what was lost:
`python -m bench.kills [kills]`.

Eight browsers save, upload, send returns in, have them sent back, and publish ratings, and note
what was answered. At random moments every web process and the background worker are killed at
once; gunicorn's master, which holds no data, starts the next ones. At the end each answer that was
given is looked up, and the whole database is held against what must always be true.
"""

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask

from bench.kill_board import fill
from bench.kill_clients import Client, Noted, clients
from bench.kill_proof import losses
from s11audit import create_app
from s11audit.extensions import db
from s11audit.services.database import upgrade
from tests.support.databases import Databases

KILLS = 100  # on each engine
PUBLISHED = 40  # returns that are ready to be
WORKERS = 2
SOME = 2  # browsers
SECONDS_TO_START = 240  # on a busy machine


@dataclass
class Killed:
    """What came of it on one engine."""

    engine: str
    kills: int
    seconds: float = 0.0
    answered: dict[str, int] = field(default_factory=dict)
    cut_off: int = 0
    losses: list[str] = field(default_factory=list)

    def row(self) -> str:
        """Return the row of the document's table."""
        given = " | ".join(f"{self.answered.get(kind, 0):,}" for kind in Noted.KINDS)
        found = "; ".join(self.losses) or "none"
        return f"| {self.engine} | {self.kills} | {given} | {self.cut_off:,} | {found} |"


def make_app() -> Flask:
    """Return the application, for gunicorn to load once before it forks, with its templates read,
    so that the next process is at work at once. No connection to the database may be shared by
    its children."""
    app = create_app()
    for template in app.jinja_env.list_templates(extensions=["html"]):
        app.jinja_env.get_template(template)
    with app.app_context():
        assert db.engine.pool.checkedin() == 0  # type: ignore[attr-defined]
    return app


def measure(engine: str, url: str, folder: Path, kills: int, minutes: float = 60) -> Killed:
    """Kill the service so often on the database at `url`, or as often as it comes to within so many
    minutes."""
    environment = {
        "S11AUDIT_DATABASE_URL": url,
        "S11AUDIT_DATA": str(folder),
        "S11AUDIT_LOGIN_LIMIT": "1000 per minute",
        "S11AUDIT_SECOND_FACTOR": "none",
        "S11AUDIT_DEMONSTRATION": "yes",
    }
    app = create_app(
        {"DATABASE_URL": url, "DATA": str(folder), "SECOND_FACTOR": "none", "DEMONSTRATION": True},
        pages=False,
    )
    with app.app_context():
        upgrade()
        work = fill(published=min(kills, PUBLISHED))
        db.engine.dispose()
    found = Killed(engine, kills)
    began = time.monotonic()
    with _served(environment) as (port, master), _worker(environment) as worker:
        running = clients(port, work)
        for client in running:
            client.sign_in()
        for client in running:
            client.start()
        found.kills = _kill_over_and_over(kills, began + minutes * 60, master, worker, running)
        for client in running:
            client.stop()
    found.seconds = time.monotonic() - began
    noted = Noted.of(running)
    found.answered, found.cut_off = noted.answered(), sum(each.cut_off for each in running)
    failed = [client.failure for client in running if client.failure]
    with app.app_context():
        found.losses = failed + losses(work, noted)
        db.engine.dispose()
    return found


def _kill_over_and_over(
    kills: int, until: float, master: int, worker: "_Worker", running: list[Client]
) -> int:
    """Return how often the service was killed."""
    chance = random.Random(4)
    for number in range(kills):
        if time.monotonic() > until:
            return number
        # Until some of the browsers have been answered again: each kill meets people at work.
        before = [client.answers for client in running]
        deadline = time.monotonic() + SECONDS_TO_START
        while _answered_again(running, before) < SOME:
            if time.monotonic() > deadline:
                raise RuntimeError("the service did not come back")
            time.sleep(0.01)
        time.sleep(chance.random() * 0.5)
        for process in _children(master):
            os.kill(process, signal.SIGKILL)
        worker.kill()
    return kills


def _answered_again(running: list[Client], before: list[int]) -> int:
    return sum(
        client.answers > count or not client.is_alive()
        for client, count in zip(running, before, strict=True)
    )


def _children(master: int) -> list[int]:
    return [
        int(child) for child in Path(f"/proc/{master}/task/{master}/children").read_text().split()
    ]


@contextmanager
def _served(environment: Mapping[str, str]) -> Iterator[tuple[int, int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [
        sys.executable, "-m", "gunicorn", "bench.kills:make_app()", "--preload",
        "--workers", str(WORKERS), "--worker-class", "gthread", "--threads", "4",
        "--bind", f"127.0.0.1:{port}", "--log-level", "critical", "--no-control-socket",
    ]  # fmt: skip
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, env={**os.environ, **environment}, stderr=said)
        try:
            _wait(port, process)
            yield port, process.pid
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the server did not start")


class _Worker:
    """The background worker, started again as soon as it was killed."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = {**os.environ, **environment}
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "s11audit.jobs.worker"],
            env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def kill(self) -> None:
        """Kill it, where it has come as far as its work, and start another."""
        if time.monotonic() - getattr(self, "_since", 0.0) < 20:
            return
        self._since = time.monotonic()
        self.end()
        self._start()

    def end(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.wait()


@contextmanager
def _worker(environment: Mapping[str, str]) -> Iterator[_Worker]:
    worker = _Worker(environment)
    try:
        yield worker
    finally:
        worker.end()


def measure_all(kills: int = KILLS) -> list[Killed]:
    """Measure on both engines, each on a database of its own."""
    databases = Databases()
    try:
        found = []
        for engine in ("sqlite", "postgresql"):
            with tempfile.TemporaryDirectory(prefix="s11-kills-") as folder:
                url = databases.make(engine, empty=True)
                found.append(measure(engine, url, Path(folder), kills))
                print(found[-1].row(), f"{found[-1].seconds:.0f} s", flush=True)
        return found
    finally:
        databases.close()


def written(found: list[Killed]) -> str:
    """Return the section of docs/speed.md."""
    heads = " | ".join(Noted.KINDS)
    lines = "---|" * (len(Noted.KINDS) + 4)
    rows = "\n".join(each.row() for each in found)
    return f"""## Killed at work

`python -m bench.kills`: eight browsers save, upload, send in, send back and publish, while every
web process and the background worker are killed by `kill -9` at random moments and start again.
Each change that was answered is looked up afterwards, and the whole database is held against what
must always be true: versions and their log entries, submissions and their letters, publications
and their ratings, files and their rows, and the chain of the log. “Cut off” are requests that got
no answer: each of them was done whole or not at all.

| database | kills | {heads} | cut off | lost or half done |
|{lines}
{rows}
"""


if __name__ == "__main__":
    threading.excepthook = lambda given: print(given.exc_value, file=sys.stderr)
    results: list[Any] = measure_all(int(sys.argv[1]) if len(sys.argv) > 1 else KILLS)
    print(written(results))
    sys.exit(any(each.losses for each in results))
