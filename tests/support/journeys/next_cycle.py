"""How an agency begins a cycle with what it said in the last one."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.support.journeys.person import Person

MARK = "From before"


def take_over(lead: Person, standard: str, *reads: str) -> None:
    """Open a standard, read what was said last time, and take all of it over: it is marked."""
    lead.follow(standard)
    lead.reads("Last time:", *reads)
    expect(lead.page.get_by_text(MARK, exact=True)).to_have_count(0)
    lead.press("Save, and take over what I said to questions I have not answered")
    lead.is_told("taken over, and marked until you change or confirm it.")
    expect(lead.page.get_by_text(MARK, exact=True).first).to_be_visible()


def confirm(lead: Person) -> None:
    """Confirm what was taken over; the marks are gone."""
    lead.choose(f"What is marked “{MARK}” still holds")
    lead.press("Save")
    expect(lead.page.get_by_text(MARK, exact=True)).to_have_count(0)
