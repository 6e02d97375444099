"""Imports point down, and the rules know nothing of what is above them (docs/architecture.md)."""

import shutil
import subprocess
import sys
from pathlib import Path


def test_the_import_contracts_are_kept() -> None:
    # In a process of its own: import-linter silences every logger of the process it runs in.
    linter = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    assert linter
    told = subprocess.run([linter, "--no-cache"], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
