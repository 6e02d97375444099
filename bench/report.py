"""Puts the measurements into docs/speed.md."""

import os
import platform
from datetime import UTC, datetime

from bench.figures import HEAD, Figures
from bench.run import Floor, Size

INTRODUCTION = """# Speed

Written by `make bench`; do not edit. Measured {day} on {cpus} cores, Python {python}. The service
was served by gunicorn with two workers on SQLite (write-ahead log, synchronous FULL); the clients
ran on the same machine. Times are those a client sees, from sending to the last byte.

A floor is the least that the same machine needs for the same kind of work: a bare Flask page with
a session; bare Flask with one ORM update, one chained log row and one commit; the page's own
statements replayed on a bare SQLite connection; ReportLab drawing the same cells alone.
"""


def written(floor: Floor, sizes: list[Size], most: Size) -> str:
    """Return the document."""
    parts = [
        INTRODUCTION.format(
            day=f"{datetime.now(UTC):%-d %B %Y}",
            cpus=os.cpu_count(),
            python=platform.python_version(),
        ),
        "## The floor\n",
        _table([*floor.figures, floor.under_load]),
        f"8 clients saving without pause: **{floor.saves_a_second:.0f} saves a second**.\n",
    ]
    for size in [*sizes, most]:
        parts += _size(size, floor)
    return "\n".join(parts).rstrip() + "\n"


def _size(size: Size, floor: Floor) -> list[str]:
    share = size.saves_a_second / floor.saves_a_second
    lines = [
        f"## {size.agencies:,} agencies\n",
        _table([*size.figures, size.under_load]),
        f"8 clients saving without pause: **{size.saves_a_second:.0f} saves a second**, "
        f"{share:.0%} of the floor. An empty database was ready in {size.migrated_in:.1f} seconds.",
    ]
    if size.memory:
        held = ", ".join(f"{each:.0f}" for each in size.memory)
        lines.append(
            f"Gunicorn's master and its two workers rested at {held} MB, what they share counted "
            "once, after the saves and pages, before the first PDF."
        )
    return [*lines, ""]


def _table(figures: list[Figures | None]) -> str:
    return "\n".join([HEAD, *(each.row() for each in figures if each)]) + "\n"
