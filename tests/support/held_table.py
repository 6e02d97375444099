"""The table of docs/privacy.md, written from `domain.held`."""

from __future__ import annotations

from pathlib import Path

from s11audit.domain.held import HELD, Held
from s11audit.queries.retention import columns_that_go

PAGE = Path(__file__).resolve().parents[2] / "docs" / "privacy.md"
HEAD = "| what | on whom | what it holds in words | when it goes |\n|---|---|---|---|\n"
TOLD = {
    Held.WORDS: "what people wrote",
    Held.PERSON: "names, posts and addresses",
    Held.ACCOUNT: "account details",
    Held.SECRET: "what one signs in with",
    Held.LOG: "the log",
}
GOES = {
    Held.WORDS: "redaction, retention",
    Held.PERSON: "redaction, erasing, retention",
    Held.ACCOUNT: "erasing",
    Held.SECRET: "erasing",
    Held.LOG: "redaction, erasing, retention: a mark stays",
}
# Beside what belongs to a return: letters that were sent by then.
WITH_A_CYCLE = ("outbox",)


def table() -> str:
    """Return the table, a line for each kind of thing that holds words about somebody."""
    lines = []
    for name, kept in HELD.items():
        kinds = [kind for kind in TOLD if kind in kept.columns.values()]
        if not kept.whom or not kinds:
            continue
        ways = dict.fromkeys(way for kind in kinds for way in GOES[kind].split(", "))
        if name not in WITH_A_CYCLE and not columns_that_go(name):
            ways.pop("retention", None)
        holds = ", ".join(TOLD[kind] for kind in kinds)
        lines.append(f"| {kept.place} | {kept.whom} | {holds} | {', '.join(ways)} |")
    return HEAD + "\n".join(sorted(lines)) + "\n"


def main() -> None:
    """Put the table into the page in the place of the one that is there."""
    page = PAGE.read_text()
    start = page.index(HEAD.splitlines()[0])
    end = page.index("\n\n", start) + 1
    PAGE.write_text(page[:start] + table() + page[end:])


if __name__ == "__main__":
    main()
