"""The wheel works by itself: built, put into an empty folder, run from elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEEDED = (
    "s11audit/_top/config.py",
    "s11audit/_top/templates/base.html",
    "s11audit/_top/migrations/script.py.mako",
    "s11audit/static/s11audit.css",
    "s11audit/static/vendor/govuk-frontend.min.css",
    "s11audit/static/vendor/govuk-frontend.min.js",
    "s11audit/static/vendor/fonts/DejaVuSans.ttf",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel as `pip wheel` does, with no Node.js on the path."""
    folder = tmp_path_factory.mktemp("wheel")
    path = os.pathsep.join(
        place
        for place in os.environ["PATH"].split(os.pathsep)
        if not (Path(place) / "node").exists() and not (Path(place) / "npm").exists()
    )
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", str(ROOT)]
    subprocess.run(
        [*command, "-w", str(folder)],
        check=True, capture_output=True, env={**os.environ, "PATH": path},
    )  # fmt: skip
    (built,) = folder.glob("s11audit-*.whl")
    return built


@pytest.mark.slow
def test_the_wheel_carries_everything_and_runs(wheel: Path, tmp_path: Path) -> None:
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(installed)
    assert not [name for name in NEEDED if name not in names]
    assert not [name for name in names if name.endswith(".pyc") or name.startswith("tests/")]
    done = subprocess.run(
        [sys.executable, "-m", "s11audit", "init"],
        cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(installed), "S11AUDIT_DATA": str(tmp_path / "data")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "data" / "s11audit.db").is_file()
