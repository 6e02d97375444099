"""Sends the service thousands of cases that no person would type, and says what failed.

    python -m bench.fuzz [--cases 10000] [--seed 1] [--processes 2] [--write]

Forms, files and addresses are those of the tests' filled board; the cases are drawn by hypothesis.
Exits 1 where one ended in a failure (500) or broke the log. `--write` puts the figure into
docs/security.md.
"""

import argparse
import logging
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

from tests.support.databases import migrate
from tests.support.fuzzing.run import Fuzzed, Outcome

PAGE = Path("docs/security.md")
BEGIN, END = "<!-- fuzz -->", "<!-- /fuzz -->"


def main() -> None:
    """Run the cases and print what came of them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    wanted = parser.parse_args()
    began = time.monotonic()
    share = -(-wanted.cases // wanted.processes)
    seeds = [wanted.seed + number for number in range(wanted.processes)]
    with ProcessPoolExecutor(wanted.processes, get_context("spawn")) as pool:
        outcome = together(list(pool.map(run, [share] * wanted.processes, seeds)))
    outcome.seconds = time.monotonic() - began
    print(written(outcome, wanted.seed))
    for failure in outcome.failures:
        print(f"FAILED: {failure}")
    for broken in outcome.breaks:
        print(f"THE LOG IS BROKEN: {broken}")
    if wanted.write:
        _write(written(outcome, wanted.seed))
    sys.exit(1 if outcome.failures or outcome.breaks else 0)


def run(cases: int, seed: int) -> Outcome:
    """Send so many cases to a service of this process's own."""
    logging.disable(logging.CRITICAL)  # what fails is told at the end
    with tempfile.TemporaryDirectory(prefix="s11-fuzz-") as folder:
        file = Path(folder) / "fuzzed.db"
        migrate(f"sqlite:///{file}", Path(folder))
        fuzzed = Fuzzed(file, Path(folder))
        outcome = fuzzed.run(cases, seed)
        fuzzed.close()
    return outcome


def together(outcomes: list[Outcome]) -> Outcome:
    """Return what came of all of them."""
    found = Outcome(max(each.forms for each in outcomes))
    for each in outcomes:
        found.sent += each.sent
        found.entries += each.entries
        found.failures += each.failures
        found.breaks += each.breaks
        for status, count in each.answers.items():
            found.answers[status] = found.answers.get(status, 0) + count
    return found


def written(outcome: Outcome, seed: int) -> str:
    """Return the figure as a sentence."""
    answers = ", ".join(
        f"{count:,} answered {status}" for status, count in sorted(outcome.answers.items())
    )
    return (
        f"{datetime.now(UTC):%-d %B %Y}, seed {seed}: {outcome.sent:,} cases over "
        f"{outcome.forms} kinds of forms and every kind of file, in {outcome.seconds:.0f} seconds "
        f"on 2 cores: {answers}. Failures (500): {len(outcome.failures)}. The log was proved after "
        f"every 40 cases, {outcome.entries:,} rows in all; breaks: {len(outcome.breaks)}."
    )


def _write(sentence: str) -> None:
    text = PAGE.read_text()
    before, rest = text.split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{sentence}\n{END}{rest.split(END)[1]}")


if __name__ == "__main__":
    main()
