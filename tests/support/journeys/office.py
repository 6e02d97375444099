"""What the board office does: agencies, cycles, following returns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from tests.support.journeys.person import Person


def add_agency(office: Person, name: str, *categories: str) -> None:
    """Add an agency that takes part in full."""
    office.follow("Agencies")
    office.follow("Add an agency")
    office.type("Name of the agency", name)
    for category in categories:
        office.choose(category)
    office.press("Save")
    office.is_told(f"{name} is now on the board.")


def publish_at_once(office: Person) -> None:
    """Give agencies no days to reply, so that what QA agrees is published at once."""
    office.follow("Cycles")
    office.follow("Change the right of reply")
    office.type("How many days does an agency have to answer?", "0")
    office.press("Save")
    office.is_told("Saved.")


def open_cycle(
    office: Person,
    name: str,
    tool: str,
    due: date,
    agencies: int,
    *,
    later: Sequence[date] = (),
) -> None:
    """Open a cycle, after reading what will happen; `later`: when its later stages are due."""
    office.follow("Cycles")
    office.follow("Open a cycle")
    office.type("Name of the cycle", name)
    office.choose(tool)
    for number, day in enumerate((due, *later), 1):
        legend = f"When is stage {number} due?"
        office.type_date(legend, (day.day, day.month, day.year))
    office.press("Continue")
    office.is_at("Check before you open the cycle")
    office.reads(f"{agencies} agencies are asked.", tool)
    office.press("Open the cycle")
    office.is_told(f"{name} is open. Every agency has its return.")
