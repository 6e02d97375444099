"""Serves the application: gunicorn and the background worker, as two child processes."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType

THREADS = 4  # of each web process: slow uploads do not hold up the rest
SECONDS_TO_STOP = 35
SECONDS_TO_START = 60


def serve(host: str, port: int, workers: int) -> None:
    """Serve on `host` and `port` (0: a free one) with that many web processes and the background
    worker; print the address once pages are answered; return when SIGTERM or SIGINT has stopped
    both.

    Raises OSError where the address cannot be listened on, and SystemExit with 1 where one of
    the two ends by itself: then the other is stopped too.
    """
    listener = _listen(host, port)
    address = _address(host, listener.getsockname()[1])
    counters = tempfile.TemporaryDirectory(prefix="s11audit-counters-")
    environment = {
        "S11AUDIT_BASE_URL": address,
        "PROMETHEUS_MULTIPROC_DIR": counters.name,  # shared by the web processes
        **os.environ,
    }
    stop = _Stop()
    web = _start(_gunicorn(listener.fileno(), workers), environment, (listener.fileno(),))
    worker = _start((sys.executable, "-m", "s11audit.jobs.worker"), environment)
    listener.close()
    try:
        if _answers(address, web, stop):
            print(f"s11audit is served on {address}", flush=True)  # noqa: T201
        _wait([web, worker], stop)
    finally:
        codes = _end([web, worker])
        counters.cleanup()
    if not stop.asked:
        print("s11audit has stopped: one of its processes ended.", file=sys.stderr)  # noqa: T201
        raise SystemExit(1)
    if any(code not in (0, -signal.SIGTERM) for code in codes):
        raise SystemExit(1)


class _Stop:
    """Whether somebody has asked to stop, by SIGTERM or SIGINT."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(256)
    except OSError as error:
        raise OSError(error.errno, error.strerror, f"{host}:{port}") from error
    return listener


def _address(host: str, port: int) -> str:
    shown = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def _gunicorn(listener: int, workers: int) -> tuple[str, ...]:
    """Return the command. Preloaded, the processes share most of their memory."""
    return (
        sys.executable, "-m", "gunicorn", "s11audit.wsgi:served()", "--bind", f"fd://{listener}",
        "--workers", str(workers), "--worker-class", "gthread", "--threads", str(THREADS),
        "--log-level", "warning", "--logger-class", "s11audit.process_log.GunicornLogger",
        "--no-control-socket", "--preload",
    )  # fmt: skip


def _start(
    command: Sequence[str], environment: dict[str, str], kept: tuple[int, ...] = ()
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, so that Ctrl+C reaches it through us only."""
    return subprocess.Popen(
        command,
        env=environment,
        pass_fds=kept,
        start_new_session=True,
        preexec_fn=_end_with_parent if sys.platform == "linux" else None,
    )


def _end_with_parent() -> None:
    """Have the kernel end this child should the parent be killed."""
    with suppress(OSError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _answers(address: str, web: subprocess.Popen[bytes], stop: _Stop) -> bool:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and web.poll() is None and not stop.asked:
        try:
            urllib.request.urlopen(f"{address}/login", timeout=2).close()
            return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            time.sleep(0.1)
    return False


def _wait(children: list[subprocess.Popen[bytes]], stop: _Stop) -> None:
    while not stop.asked and all(child.poll() is None for child in children):
        time.sleep(0.2)


def _end(children: list[subprocess.Popen[bytes]]) -> list[int]:
    for child in children:
        if child.poll() is None:
            child.terminate()
    codes = []
    deadline = time.monotonic() + SECONDS_TO_STOP
    for child in children:
        try:
            codes.append(child.wait(max(0.1, deadline - time.monotonic())))
        except subprocess.TimeoutExpired:
            child.kill()
            codes.append(child.wait())
    return codes
