"""Serves the application for browser tests: gunicorn in a process of its own, as in use."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from s11audit.paths import static_address

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Served:
    """A served application: its address and the settings it runs with."""

    url: str
    settings: dict[str, object]


@contextmanager
def serving(settings: dict[str, object], host: str = "127.0.0.1") -> Iterator[Served]:
    """Serve the application with these settings (see `databases.settings_for`) until the end, at
    an address that begins with `host`, a name of this machine.

    CSRF protection is on, as for everybody. What the server says is shown where it fails to start.
    """
    port = _free_port()
    url = f"http://{host}:{port}"
    ours = {name: value for name, value in settings.items() if name != "WTF_CSRF_ENABLED"}
    log = Path(str(settings["DATA"])) / "server.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        **{f"S11AUDIT_{name}": str(value) for name, value in (ours | {"BASE_URL": url}).items()},
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "s11audit:create_app()", "--bind",
             f"127.0.0.1:{port}", "--workers", "1", "--threads", "4", "--no-control-socket"],
            stdout=output, stderr=subprocess.STDOUT, env=environment, cwd=ROOT,
        )  # fmt: skip
        try:
            _wait(url, process, log)
            yield Served(url, settings)
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{url}{static_address()}/s11audit.css", timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            if process.poll() is not None:
                break
            time.sleep(0.05)
    raise RuntimeError(f"The server did not start:\n{log.read_text(errors='replace')}")
