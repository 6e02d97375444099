"""Runs the command line beside a served application, on its database and data."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.support.server import ROOT, Served


def command(served: Served, *arguments: str) -> str:
    """Run `s11audit` with these arguments and return what it printed; it must succeed."""
    settings = {name: value for name, value in served.settings.items() if name != "TESTING"}
    environment = {
        **os.environ,
        **{f"S11AUDIT_{name}": str(value) for name, value in settings.items()},
        "S11AUDIT_BASE_URL": served.url,
    }
    done = subprocess.run(
        [sys.executable, "-m", "s11audit", *arguments],
        capture_output=True, text=True, env=environment, cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
