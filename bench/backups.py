"""Measures `s11audit backup` and `restore`: time and memory on a small board and on a large one,
`python -m bench.backups`."""

import io
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert

from s11audit import create_app
from s11audit.adapters.storage import Storage
from s11audit.domain.enums import ScanState
from s11audit.extensions import db
from s11audit.models import Blob, OutboxMessage
from s11audit.services.database import upgrade
from s11audit.transactions import writing

MEGABYTE = 1024 * 1024
SIZES = ((1_000, 1), (300_000, 10))  # rows, and files of 40 MB
FILE = 40


@dataclass
class Copied:
    """What one board took."""

    rows: int
    megabytes: int
    archive: float
    backup: tuple[float, float]
    restore: tuple[float, float]

    def row(self) -> str:
        """Return the row of the document's table."""
        return (
            f"| {self.rows:,} | {self.megabytes} | {self.archive:.0f} | {self.backup[0]:.1f} "
            f"| {self.backup[1]:.0f} | {self.restore[0]:.1f} | {self.restore[1]:.0f} |"
        )


def measure(folder: Path, rows: int, files: int) -> Copied:
    """Back up a board of so many rows and files on SQLite, and restore it beside."""
    data, archive = folder / f"data{rows}", folder / f"{rows}.zip"
    _fill(data, rows, files)
    backup = _run(data, "backup", str(archive))
    restore = _run(folder / f"restored{rows}", "restore", str(archive))
    return Copied(rows, files * FILE, archive.stat().st_size / MEGABYTE, backup, restore)


def _fill(data: Path, rows: int, files: int) -> None:
    app, now = create_app({"DATA": str(data)}, pages=False), datetime.now(UTC)
    storage = Storage(app.config["EVIDENCE_URL"])
    with app.app_context():
        upgrade()
        for start in range(0, rows, 10_000):
            with writing() as session:
                session.execute(
                    insert(OutboxMessage),
                    [
                        {
                            "dedupe_key": f"letter:{number}", "to_email": "a@example.org",
                            "subject": "Your return", "body": f"{number} " * 150,
                            "created_at": now, "next_attempt_at": now, "sent_at": now,
                        }
                        for number in range(start, min(start + 10_000, rows))
                    ],
                )  # fmt: skip
        for _ in range(files):
            stored = storage.put(io.BytesIO(os.urandom(FILE * MEGABYTE)))
            with writing() as session:
                session.add(
                    Blob(
                        sha256=stored.sha256, size=stored.size, media_type="application/pdf",
                        scan_state=ScanState.NOT_SCANNED, stored_at=now,
                    )
                )  # fmt: skip
        db.engine.dispose()


def _run(data: Path, *arguments: str) -> tuple[float, float]:
    """Return the seconds that a command took and the most megabytes that it held."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "s11audit", *arguments],
        env={**os.environ, "S11AUDIT_DATA": str(data)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    _id, status, used = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"s11audit {arguments[0]} ended with {status}")
    assert isinstance(used, resource.struct_rusage)
    return time.monotonic() - began, used.ru_maxrss / 1024


def measure_all() -> list[Copied]:
    """Measure every size."""
    with tempfile.TemporaryDirectory(prefix="s11-backups-") as folder:
        return [measure(Path(folder), *size) for size in SIZES]


def written(found: list[Copied]) -> str:
    """Return the section of docs/speed.md."""
    rows = "\n".join(each.row() for each in found)
    return f"""## Backup and restore

`python -m bench.backups`, on SQLite: boards of so many rows (letters of about 1 kB) and megabytes
of evidence. Seconds, and the most memory that the command held, in megabytes; about 150 of these
are the program itself. The memory does not grow with the board.

| rows | evidence, MB | archive, MB | backup, s | memory | restore, s | memory |
|---|---|---|---|---|---|---|
{rows}
"""


if __name__ == "__main__":
    print(written(measure_all()))
