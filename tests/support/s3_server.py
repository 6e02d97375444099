"""A real S3 endpoint in a process of its own: moto's server, with nothing in it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

KEYS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "only for the tests"}


@dataclass(frozen=True)
class Endpoint:
    """A running endpoint: its address, and a new bucket for whoever asks."""

    address: str
    numbers: Iterator[int]

    def bucket_url(self) -> str:
        """Make a bucket and return the URL of a store in it."""
        name = f"bucket-{next(self.numbers)}"
        made = urllib.request.Request(f"{self.address}/{name}", method="PUT")
        urllib.request.urlopen(made, timeout=30).close()
        return f"s3://{name}/evidence?endpoint={self.address}&region=us-east-1"


@contextmanager
def endpoint(folder: Path) -> Iterator[Endpoint]:
    """Run the endpoint; the keys are in the environment meanwhile."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    before = {name: os.environ.get(name) for name in KEYS}
    os.environ.update(KEYS)
    log = folder / "s3.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            stdout=output, stderr=subprocess.STDOUT, cwd=folder,
        )  # fmt: skip
    try:
        _wait(port, process, log)
        yield Endpoint(f"http://127.0.0.1:{port}", count(1))
    finally:
        process.kill()
        process.wait()
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"The S3 endpoint did not start:\n{log.read_text(errors='replace')}")
