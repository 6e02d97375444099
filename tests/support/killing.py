"""Kills a process of its own half way through what it does, as a machine that fails would."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from typing import Any

from tests.support.server import ROOT

HALF_WAY = "half way"
IN_TESTS_ONLY = ("TESTING", "SECOND_FACTOR")  # refused in a process that is none


def killed_half_way(script: str, settings: dict[str, Any]) -> None:
    """Run a script on the service with these settings until it says that it is half way (it
    prints HALF_WAY and goes to sleep), and kill it there."""
    environment = {
        **os.environ,
        **{
            f"S11AUDIT_{name}": str(each)
            for name, each in settings.items()
            if name not in IN_TESTS_ONLY
        },
        "S11AUDIT_SECRET_KEY": secrets.token_hex(32),  # as in use, where that of tests is refused
    }
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == f"{HALF_WAY}\n"
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
