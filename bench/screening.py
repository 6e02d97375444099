"""What screening costs at several numbers of returns, and how that grows. Alone:
`python -m bench.screening`."""

import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from bench import load
from s11audit import create_app
from s11audit.domain.enums import Rag, ReturnState
from s11audit.domain.policy import OPERATOR
from s11audit.extensions import db
from s11audit.jobs.screenings import draft_stage
from s11audit.models import Answer, Board, Response, ToolVersion
from s11audit.queries.returns import return_by_id
from s11audit.queries.screened import screen_stage
from s11audit.services.database import upgrade
from s11audit.services.submissions import Signatory, freeze
from s11audit.tools import loader
from s11audit.tools.schema import Tool
from s11audit.transactions import writing

SIZES = (300, 1000)
WORDS = 200
_SYLLABLES = (
    "ba",
    "ce",
    "di",
    "fo",
    "gu",
    "ha",
    "je",
    "ki",
    "lo",
    "mu",
    "na",
    "pe",
    "ri",
    "so",
    "tu",
    "va",
)


@dataclass(frozen=True)
class Screened:
    """What was measured at one number of returns: seconds, those of the processor and those on
    the wall, which another program's work makes longer."""

    returns: int
    points: int
    at_once: float
    at_once_wall: float
    drafted: float
    drafted_wall: float

    def row(self) -> str:
        """Return the row of a Markdown table."""
        each = 1000 / self.returns
        return (
            f"| {self.returns:,} | {self.points:,} | {self.at_once:.1f} | {self.at_once_wall:.1f} "
            f"| {self.at_once * each:.1f} | {self.drafted:.1f} | {self.drafted_wall:.1f} "
            f"| {self.drafted * each:.1f} |"
        )


HEAD = (
    "| returns | points | read at once, CPU s | wall s | CPU ms a return "
    "| drafted, CPU s | wall s | CPU ms a return |\n"
    "|---:|---:|---:|---:|---:|---:|---:|---:|"
)
ABOUT = """## Screening

Returns of nine statements of 200 words: 12 % near copies of another agency’s, and one standard in
which every agency uses the same paragraph of 160 words. “Read at once” is `s11audit screening`,
which stores nothing; “drafted” is what the background does, 25 returns a transaction, on SQLite.
Both take one core; growth is told by its CPU seconds.
"""


def fill(session: Session, returns: int) -> int:
    """Make a board with so many submitted returns, and return the id of their stage. What is
    written follows from the numbers alone."""
    chance = random.Random(11)
    words = ["".join(chance.choices(_SYLLABLES, k=chance.randint(1, 4))) for _ in range(6000)]
    now = datetime.now(UTC)
    board = Board(slug="screened", name="Screened Partnership", created_at=now)
    tool = loader.load_builtin("lancashire-2012")
    version = ToolVersion(
        key=tool.key,
        version=tool.version,
        title=tool.title,
        sha256=loader.sha256_of(tool),
        document=loader.canonical_json(tool),
        added_at=now,
        published_at=now,
    )
    session.add_all([board, version])
    session.flush()
    members = load.add_members(session, board.id, returns, now)
    stage = load.add_cycle(session, board.id, version.id, "Screened", now - timedelta(days=30))
    ids = load.add_returns(session, stage, members, ReturnState.SUBMITTED, 1)
    session.flush()
    paragraph = _prose(chance, words, 160)
    written: list[str] = []
    for return_id in ids:
        for standard in tool.standards:
            if standard.number == 9:
                text = f"{paragraph} {_prose(chance, words, WORDS - 160)}"
            elif written and chance.random() < 0.06:
                text = f"{chance.choice(written[-500:])[:900]} {_prose(chance, words, 20)}"
            else:
                text = _prose(chance, words, WORDS)
                written.append(text)
            session.add(_response(return_id, standard.number, text, tool, chance))
        session.flush()
        freeze(
            session,
            OPERATOR,
            return_by_id(session, return_id),
            Signatory("A Director", "Director", "director@bench.example"),
            effective_at=now + timedelta(microseconds=return_id),
            now=now,
        )
        session.expunge_all()
    return stage.id


def _prose(chance: random.Random, words: list[str], count: int) -> str:
    """So many words, the first of the list far more often than the last, as in any language."""
    return " ".join(words[int(len(words) * chance.random() ** 3)] for _ in range(count))


def _response(
    return_id: int, number: int, text: str, tool: Tool, chance: random.Random
) -> Response:
    rag = chance.choice((Rag.GREEN, Rag.AMBER))
    return Response(
        return_id=return_id,
        standard=number,
        statement=text,
        self_label=rag.value,
        self_rag=rag,
        answers=[
            Answer(requirement=item.key, value=_value(item.kind, chance))
            for item in tool.standard(number).requirements
        ],
    )


def _value(kind: str, chance: random.Random) -> dict[str, object]:
    if kind == "percentage":
        return {"numerator": chance.randint(60, 100), "denominator": 100, "as_of": "2026-03-01"}
    return {"value": chance.choice(("met", "met", "partly_met")), "na_reason": ""}


def measure(folder: Path, returns: int) -> Screened:
    """Measure both ways of screening at so many returns."""
    data = folder / f"screened{returns}"
    os.environ["S11AUDIT_DATA"] = str(data)
    app = create_app()
    with app.app_context():
        upgrade()
        with writing() as session:
            stage_id = fill(session, returns)
        points, at_once, at_once_wall = _timed(lambda: len(screen_stage(db.session, stage_id)))
        db.session.rollback()
        db.session.expunge_all()
        drafted, taken, wall = _timed(lambda: draft_stage(stage_id, now=datetime.now(UTC)))
        db.engine.dispose()
    if drafted != returns:
        raise RuntimeError(f"{drafted} of {returns} lists were drafted")
    shutil.rmtree(data)
    return Screened(returns, points, at_once, at_once_wall, taken, wall)


def _timed(work: Callable[[], int]) -> tuple[int, float, float]:
    """Return what the work returns, and the CPU and wall seconds that it took."""
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    return result, time.process_time() - cpu, time.perf_counter() - wall


def written(found: list[Screened]) -> str:
    """Return this part of the document."""
    first, last = found[0], found[-1]
    grew = last.returns / first.returns
    return "\n".join(
        [
            ABOUT,
            HEAD,
            *(each.row() for each in found),
            "",
            f"{grew:.1f} times the returns take {last.at_once / first.at_once:.1f} times as long "
            f"at once, and {last.drafted / first.drafted:.1f} times as long to draft.",
            "",
        ]
    )


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="s11-bench-") as folder:
        print(written([measure(Path(folder), size) for size in SIZES]))


if __name__ == "__main__":
    main()
