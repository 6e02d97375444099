"""Serves an application by gunicorn with two workers while a block runs."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WORKERS = 2


@contextmanager
def served(
    application: str, environment: dict[str, str], *, preload: bool = False
) -> Iterator[tuple[int, int]]:
    """Yield (port, process id of gunicorn's master) of `application` ("module:callable()");
    `preload` loads it once for all workers, as `s11audit serve` does."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--workers", str(WORKERS)]
    command += ["--preload"] if preload else []
    command += ["--bind", f"127.0.0.1:{port}", "--log-level", "warning", application]
    process = subprocess.Popen(command, env=os.environ | environment)
    try:
        _wait(port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(timeout=30)


def memory_of_workers(master: int) -> list[float]:
    """Return the resident megabytes of each worker, what they share with others included."""
    return [_megabytes(child, "status", "VmRSS") for child in _workers(master)]


def memory_of_all(master: int) -> list[float]:
    """Return the megabytes that gunicorn's master and each worker take, what several of them share
    counted once: each with its part of it."""
    processes = [str(master), *_workers(master)]
    return [_megabytes(process, "smaps_rollup", "Pss") for process in processes]


def _workers(master: int) -> list[str]:
    return Path(f"/proc/{master}/task/{master}/children").read_text().split()


def _megabytes(process: str, file: str, name: str) -> float:
    for line in Path(f"/proc/{process}/{file}").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _wait(port: int) -> None:
    for _attempt in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start")
