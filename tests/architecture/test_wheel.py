"""The wheel works by itself: built, put into an empty folder, run from elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.support.databases import Databases

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


# One process builds the wheel once for all of these.
pytestmark = pytest.mark.xdist_group("wheel")


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


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the wheel into an empty folder, as an installation does."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run(installed: Path, folder: Path, *arguments: str, **settings: str) -> str:
    """Run a command of the installed wheel in a folder elsewhere; it must succeed."""
    done = subprocess.run(
        [sys.executable, "-m", "s11audit", *arguments],
        cwd=folder, capture_output=True, text=True, check=False,
        env={
            **os.environ, "PYTHONPATH": str(installed), "S11AUDIT_DATA": str(folder / "data"),
            **settings,
        },
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_wheel_carries_everything(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert not [name for name in NEEDED if name not in names]
    assert not [name for name in names if name.endswith(".pyc") or name.startswith("tests/")]


@pytest.mark.slow
def test_the_installed_wheel_loads_the_demonstration_and_draws_reports(
    installed: Path, databases: Databases, tmp_path: Path
) -> None:
    """On PostgreSQL; the tests of the demonstration itself load it on SQLite."""
    url = databases.make("postgresql", empty=True)
    told = run(installed, tmp_path, "demo", "--no-serve", S11AUDIT_DATABASE_URL=url)
    assert "lead@fellmere.example" in told
    assert not (tmp_path / "data" / "s11audit.db").exists()
    run(
        installed, tmp_path, "report", "compliance", "--board", "leicestershire-and-rutland",
        "--cycle", "Section 11 audit 2011", "--format", "pdf", "-o", "table.pdf",
        S11AUDIT_DATABASE_URL=url,
    )  # fmt: skip
    databases.drop(url)
    document = PdfReader(tmp_path / "table.pdf")
    assert "12 fully compliant of 27 asked" in " ".join(
        " ".join(page.extract_text().split()) for page in document.pages
    )
    fonts = document.pages[0]["/Resources"]["/Font"].values()
    assert any("DejaVu" in font.get_object()["/BaseFont"] for font in fonts)


@pytest.mark.slow
def test_the_installed_wheel_serves_pages_and_what_they_need(
    installed: Path, tmp_path: Path
) -> None:
    program = (
        "from s11audit import create_app, paths\n"
        "client = create_app().test_client()\n"
        "assert client.get('/login').status_code == 200\n"
        "for name in ('s11audit.css', 'js/autosave.js', 'vendor/govuk-frontend.min.css',\n"
        "             'vendor/govuk-frontend.min.js'):\n"
        "    assert client.get(f'{paths.static_address()}/{name}').status_code == 200, name\n"
    )
    run(installed, tmp_path, "init")
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(installed), "S11AUDIT_DATA": str(tmp_path / "data")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
