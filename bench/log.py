"""What it costs to prove and to export a log, at two lengths: `python -m bench.log [DATABASE_URL]`
(an empty database; SQLite in a temporary folder where none is given)."""

import sys
import tempfile
import time
import tracemalloc
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from s11audit import create_app
from s11audit.domain.enums import Role
from s11audit.domain.policy import OPERATOR
from s11audit.exchange.log_lines import log_lines
from s11audit.extensions import db
from s11audit.models import Board
from s11audit.services import log
from s11audit.services.database import upgrade
from s11audit.services.log_payloads import Change, redact_all
from s11audit.transactions import writing

SIZES = (10_000, 100_000)
AT_ONCE = 500
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
STATEMENT = "We met every team and asked what had changed for children. " * 12
REDACTED_EVERY = 100
HEAD = """## The log

Entries of a board’s chain, each with an answer of 130 words before and after; one in a hundred was
redacted. Proving and exporting read each row once; “memory” is what Python held at the most while
proving. `python -m bench.log`, also with the URL of an empty PostgreSQL database.

| engine | entries | prove, CPU s | CPU µs an entry | wall s | memory MB | export, CPU s |
|---|---:|---:|---:|---:|---:|---:|
"""


@dataclass(frozen=True)
class Proved:
    """What was measured of a log of so many entries."""

    engine: str
    entries: int
    seconds: float
    wall: float
    megabytes: float
    export: float

    def row(self) -> str:
        """Return the row of a Markdown table."""
        return (
            f"| {self.engine} | {self.entries:,} | {self.seconds:.1f} "
            f"| {self.seconds / self.entries * 1e6:.0f} | {self.wall:.1f} "
            f"| {self.megabytes:.1f} | {self.export:.1f} |"
        )


def fill(board_id: int, entries: int, first: int) -> None:
    """Add entries to the board's chain, from the number `first` on, and redact some."""
    for start in range(first, first + entries, AT_ONCE):
        with writing() as session:
            for number in range(start, start + AT_ONCE):
                log.record(
                    session, OPERATOR, Role.ADMIN, "response.saved", "response", number,
                    now=BEGAN + timedelta(seconds=number), board_id=board_id,
                    before={"statement": STATEMENT},
                    after={"statement": f"{STATEMENT}{number}"},
                )  # fmt: skip
    with writing() as session:
        redact_all(
            session, OPERATOR, Role.ADMIN,
            [
                Change(number, {"before": {}, "after": {"statement": "[redacted]"}})
                for number in range(first, first + entries, REDACTED_EVERY)
            ],
            by="redaction", now=BEGAN,
        )  # fmt: skip


def measure() -> Proved:
    """Prove and export the whole log of the application's database."""
    cpu, wall = time.process_time(), time.monotonic()
    count, broken = log.verify(db.session)
    seconds, took = time.process_time() - cpu, time.monotonic() - wall
    assert broken is None, broken
    db.session.rollback()
    cpu = time.process_time()
    assert sum(1 for _line in log_lines(db.session)) == count
    export = time.process_time() - cpu
    db.session.rollback()
    tracemalloc.start()
    log.verify(db.session)
    held = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    db.session.rollback()
    return Proved(db.engine.dialect.name, count, seconds, took, held, export)


def measured(folder: Path, url: str = "") -> list[Proved]:
    """Fill a log in an empty database (a file in the folder where no URL is given) and measure it
    at each length."""
    url = url or f"sqlite:///{folder / 'log.db'}"
    app = create_app({"DATABASE_URL": url, "DATA": str(folder), "TESTING": True})
    found = []
    with app.app_context():
        upgrade()
        with writing() as session:
            board = Board(slug="bench", name="Bench", created_at=BEGAN)
            session.add(board)
            session.flush()
            board_id = board.id
        made = 0
        for size in SIZES:
            fill(board_id, size - made, made + 1)
            made = size
            found.append(measure())
        db.engine.dispose()
    return found


def written(found: list[Proved]) -> str:
    """Return the part of docs/speed.md."""
    return HEAD + "".join(f"{each.row()}\n" for each in found)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="s11-bench-") as folder:
        print(written(measured(Path(folder), *sys.argv[1:2])))


if __name__ == "__main__":
    main()
