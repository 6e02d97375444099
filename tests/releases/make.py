"""Makes the filled database of a released version: `python -m tests.releases.make 0.1.0`.

It checks the tag out beside the repository, has that version load its demonstration and print its
reports, puts a row into what the demonstration leaves empty, and writes the database as a backup
(tests/releases/0.1.0.s11audit) with the reports beside it (0.1.0.reports.json).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
# What the demonstration of a version leaves empty: a row each.
ROWS = {
    "0.1.0": (
        "INSERT INTO digest_choice (user_id, wanted, chosen_at)"
        ' SELECT user_id, 0, granted_at FROM "grant" ORDER BY id LIMIT 1',
        "INSERT INTO reminder_schedule (board_id, returns_on, actions_on, weekly_on, days_before,"
        " every_days, subject, text)"
        " SELECT id, 1, 0, 1, '[14, 3]', 7, 'Your return', 'Please send it.' FROM board LIMIT 1",
        "INSERT INTO moderation_opening (return_id, submission_id, round, reason, opened_at)"
        " SELECT return_id, id, 1, 'A reviewer was ill.', recorded_at FROM submission"
        " ORDER BY id LIMIT 1",
    ),
}


def make(version: str) -> None:
    """Make the two files of that version."""
    with tempfile.TemporaryDirectory() as folder:
        checkout, data = Path(folder) / "checkout", Path(folder) / "data"
        _git("worktree", "add", "--detach", str(checkout), f"v{version}")
        try:
            _old(checkout, data, "demo", "--no-serve")
            engine = create_engine(f"sqlite:///{data / 's11audit.db'}")
            with engine.begin() as connection:
                for statement in ROWS.get(version, ()):
                    connection.execute(text(statement))
            reports = _reports(checkout, data, engine)
            engine.dispose()
        finally:
            _git("worktree", "remove", "--force", str(checkout))
        (HERE / f"{version}.reports.json").write_text(json.dumps(reports, ensure_ascii=False))
        archive = HERE / f"{version}.s11audit"
        archive.unlink(missing_ok=True)
        _run([sys.executable, "-m", "s11audit", "backup", str(archive)], ROOT, data)


def _reports(checkout: Path, data: Path, engine: Any) -> list[dict[str, Any]]:
    """Return every report of every stage, as that version prints it as at today."""
    with engine.connect() as connection:
        stages = connection.execute(
            text(
                "SELECT board.slug, cycle.name, stage.number FROM stage"
                " JOIN cycle ON cycle.id = stage.cycle_id JOIN board ON board.id = cycle.board_id"
                " WHERE stage.opened_at IS NOT NULL ORDER BY 1, 2, 3"
            )
        ).all()
    as_at = datetime.now(UTC).date().isoformat()
    found = []
    for board, cycle, stage in stages:
        for kind in ("compliance", "standards"):
            said = _old(
                checkout, data, "report", kind, "--board", board, "--cycle", cycle,
                "--stage", str(stage), "--as-at", as_at, "--format", "json", "-o", "-",
            )  # fmt: skip
            place = {"board": board, "cycle": cycle, "stage": stage, "as_at": as_at}
            found.append({"kind": kind, **place, "report": json.loads(said)})
    return found


def _old(checkout: Path, data: Path, *arguments: str) -> str:
    return _run([sys.executable, "-m", "s11audit", *arguments], checkout, data)


def _run(command: list[str], folder: Path, data: Path) -> str:
    environment = {**os.environ, "S11AUDIT_DATA": str(data), "PYTHONPATH": str(folder)}
    done = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=ROOT, check=True)


if __name__ == "__main__":
    make(sys.argv[1])
