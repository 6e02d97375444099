"""A mail server in a process of its own that refuses, delays and drops, by the first word of the
address: gone-, busy-, slow-, drop-, lost- and never-. What it takes is a line of its log.

    python -m tests.support.smtp_server PORT LOG
"""

from __future__ import annotations

import asyncio
import email
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, syntax

ROOT = Path(__file__).resolve().parents[2]
SLOW_SECONDS = 0.3


class Server(SMTP):
    """Drops the connection in the middle of a message: once for drop-, always for never-."""

    tried: Counter[str] = Counter()

    @syntax("DATA")
    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802
        to = self.envelope.rcpt_tos[0]
        self.tried[to] += 1
        if to.startswith("never-") or (to.startswith("drop-") and self.tried[to] == 1):
            await self.push("354 Go ahead")
            await self._reader.readline()
            self.transport.close()
            return
        await super().smtp_DATA(arg)


class Behaviour:
    """Refuses recipients, and writes what it takes to the log before it says so."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.asked: Counter[str] = Counter()

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        self.asked[address] += 1
        if address.startswith("gone-"):
            return "550 No such mailbox"
        if address.startswith("busy-") and self.asked[address] == 1:
            return "451 Try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        to = envelope.rcpt_tos[0]
        if to.startswith("slow-"):
            await asyncio.sleep(SLOW_SECONDS)
        message = email.message_from_bytes(envelope.content)
        with self.log.open("a") as log:
            log.write(f"{to} {message['Message-ID']}\n")
            log.flush()
            os.fsync(log.fileno())
        if to.startswith("lost-") and server.tried[to] == 1:
            server.transport.close()  # it has taken the message, and its answer is lost
        return "250 Taken"


async def serve(port: int, log: Path) -> None:
    """Serve until the process is ended."""
    behaviour = Behaviour(log)
    server = await asyncio.get_running_loop().create_server(
        lambda: Server(behaviour, hostname="localhost"), "127.0.0.1", port
    )
    await server.serve_forever()


@dataclass(frozen=True)
class Mailboxes:
    """A running server: its port, and what it has taken."""

    port: int
    log: Path

    def taken(self) -> list[tuple[str, str]]:
        """Return the address and Message-ID of every message that was taken, in order."""
        if not self.log.exists():
            return []
        lines = self.log.read_text().splitlines()
        return [(to, message_id) for to, message_id in (line.split(" ", 1) for line in lines)]


@contextmanager
def mailboxes(folder: Path) -> Iterator[Mailboxes]:
    """Run the server in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    log = folder / "taken.log"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.smtp_server", str(port), str(log)], cwd=ROOT
    )
    try:
        _wait(port, process)
        yield Mailboxes(port, log)
    finally:
        process.kill()
        process.wait()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("The mail server did not start.")


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
