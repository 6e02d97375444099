"""A real clamd, of the Debian package clamav-daemon, with a tiny signature file of the tests' own:
it knows one harmless line, and starts in a moment.
"""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

PACKAGE = "clamav-daemon"
# Harmless; it stands for a virus since the signature below says so.
VIRUS = b"This harmless line stands in for a virus in the tests of s11audit.\n"
NAME = "S11audit.Test.UNOFFICIAL"
STREAM_MEGABYTES = 2  # more than that clamd does not take
LOOKED_INTO_MEGABYTES = 1  # more than that it does not look into


def program() -> str | None:
    """Return where clamd is, None where it is not installed."""
    return shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin:/usr/local/sbin")


class Clamd:
    """A clamd on a port and on a socket in `folder`, that can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "clamd.sock"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.address = f"127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "signatures").mkdir(parents=True)
        (folder / "signatures" / "own.ndb").write_text(f"S11audit.Test:0:*:{VIRUS.strip().hex()}\n")
        (folder / "clamd.conf").write_text(
            f"Foreground yes\nTCPAddr 127.0.0.1\nTCPSocket {self.port}\n"
            f"LocalSocket {self.socket}\nDatabaseDirectory {folder / 'signatures'}\n"
            f"TemporaryDirectory {folder}\nStreamMaxLength {STREAM_MEGABYTES}M\n"
            f"MaxFileSize {LOOKED_INTO_MEGABYTES}M\nMaxScanSize 8M\nAlertExceedsMax yes\n"
            "MaxThreads 4\n"
        )

    def start(self) -> None:
        """Start it and wait until it answers."""
        clamd = program()
        if clamd is None:
            raise RuntimeError(f"clamd is missing: install the package {PACKAGE}.")
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [clamd, "--config-file", str(self.folder / "clamd.conf")],
                stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise RuntimeError(f"clamd did not start:\n{(self.folder / 'log').read_text()}")

    def stop(self) -> None:
        """Kill it, as a machine that fails would. Nothing happens where it does not run."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None
            self.socket.unlink(missing_ok=True)
