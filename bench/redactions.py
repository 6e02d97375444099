"""What it costs to look a record through: for a passage, and by a ledger after a restore. Run with
`python -m bench.redactions [DATABASE_URL]` (an empty database; SQLite in a temporary folder where
none is given)."""

import random
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from s11audit import create_app
from s11audit.domain import redacting
from s11audit.domain.enums import MeetingKind
from s11audit.domain.policy import OPERATOR
from s11audit.extensions import db
from s11audit.models import Board, Meeting
from s11audit.services import log, redactions
from s11audit.services.database import upgrade
from s11audit.transactions import writing

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TEXTS = 4000
MARK = "Jane Penhaligon, aged 9"
ENTRIES = (1, 50)
ABOUT = """## Redaction

Looking {megabytes:.0f} MB of text through: {texts:,} texts of a board and as many entries of its
log; a passage stands in half of them. “By a ledger”: what was redacted is found again in an older
copy by hashes alone, and redacted there.

| engine | what | CPU s | MB a second |
|---|---|---:|---:|
"""


def fill(board_id: int) -> float:
    """Add texts, none like another, and their entries in the log; return megabytes."""
    dice, size = random.Random(11), 0
    words = [
        "staff",
        "we",
        "training",
        "children’s",
        "team",
        "–",
        "café",
        "met",
        "supervision",
        "policy",
        "review",
        "with",
    ]
    for first in range(0, TEXTS, 500):
        with writing() as session:
            for number in range(first, first + 500):
                text = " ".join(dice.choices(words, k=200)) + f" {number}"
                text += f" {MARK}." if number % 2 else "."
                size += 2 * len(text)
                session.add(
                    Meeting(
                        board_id=board_id, kind=MeetingKind.QA, title="QA", notes=text,
                        held_on=datetime.fromordinal(700_000 + number).date(), added_at=NOW,
                    )
                )  # fmt: skip
                log.record(
                    session, OPERATOR, None, "meeting.changed", "meeting", number,
                    now=NOW, board_id=board_id, before={"notes": ""}, after={"notes": text},
                )  # fmt: skip
    return size / 1e6


def ledger(count: int, salt: str) -> list[redactions.Entry]:
    """Return a ledger of so many passages, of which one stands in the texts."""
    passages = [MARK, *(f"Somebody else {number}, aged {number}" for number in range(1, count))]
    prints = [redacting.print_of(redacting.read_passage(each), salt) for each in passages]
    return [
        {
            "uid": f"{count:016x}{number:016x}", "kind": "passage", "board": "board",
            "made_at": NOW.isoformat(), "by_role": "office", "reason": "It named a child.",
            "tombstone": "[redacted on 1 January 2026]", "places": {}, "salt": each.salt,
            "digest": each.digest, "length": each.length, "words": each.words,
        }
        for number, each in enumerate(prints)
    ]  # fmt: skip


def measure() -> str:
    """Measure on the database of the application, and return the document's part."""
    with writing() as session:
        board = Board(slug="board", name="Board", reply_days=0, created_at=NOW)
        session.add(board)
        session.flush()
        board_id = board.id
    megabytes = fill(board_id)
    rows = []
    engine = "PostgreSQL" if db.engine.dialect.name == "postgresql" else "SQLite"

    def row(what: str, began: float) -> None:
        seconds = time.process_time() - began
        rows.append(f"| {engine} | {what} | {seconds:.1f} | {megabytes / seconds:.1f} |")

    began = time.process_time()
    redactions.look_for(db.session, OPERATOR, board_id, MARK)
    row("look where a passage stands", began)
    for count in ENTRIES:
        began = time.process_time()
        with writing() as session:
            done = redactions.apply_ledger(session, ledger(count, "0b" * 16), now=NOW)
            places = done.places
            if count != ENTRIES[-1]:
                session.rollback()
        row(f"by a ledger of {count}, {places:,} places redacted", began)
    return ABOUT.format(megabytes=megabytes, texts=TEXTS) + "\n".join(rows) + "\n"


def measured(folder: Path, url: str = "") -> str:
    """Return the document's part, measured on an empty database (default: SQLite in `folder`)."""
    url = url or f"sqlite:///{folder / 'redactions.db'}"
    app = create_app({"DATABASE_URL": url, "DATA": str(folder), "TESTING": True})
    with app.app_context():
        upgrade()
        return measure()


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="s11-bench-") as folder:
        print(measured(Path(folder), *sys.argv[1:2]))


if __name__ == "__main__":
    main()
