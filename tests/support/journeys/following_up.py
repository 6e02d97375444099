"""What happens in a cycle's later years: opening a stage, updates, confirmations."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.support.journeys.person import Person


def open_stage(office: Person, cycle: str, number: int) -> None:
    """Open a stage by hand, before its day."""
    office.follow("Cycles")
    office.follow(cycle)
    office.follow(f"Open stage {number} now")
    office.press("Open the stage")
    office.is_told(f"Stage {number} is open.")


def update(lead: Person, standard: str, rating: str, progress: str, *improvements: str) -> None:
    """From the task list, say what has been done about a standard since; the earlier answers and
    statement are there, and are confirmed."""
    lead.follow(standard)
    lead.reads("What QA said", *improvements)
    expect(lead.page.get_by_text("From before", exact=True).first).to_be_visible()
    lead.type("Progress since then", progress)
    lead.choose(rating)
    lead.choose("What is marked “From before” still holds")
    lead.press("Save and go to the task list")
    lead.is_told("is saved.")


def say_still_true(lead: Person, how_many: int, name: str) -> None:
    """Say by name, on one page, that every other standard is still true."""
    lead.follow("Say what is still true")
    _all_still_true(lead, how_many)
    lead.type("Full name", name)
    lead.press("Save")
    lead.is_told("What you said is saved.")


def confirm_on_one_page(lead: Person, how_many: int, name: str) -> None:
    """Where everything was green: confirm and submit the whole return on its one page."""
    lead.follow("Home")
    lead.follow("Confirm your return")
    _all_still_true(lead, how_many)
    lead.type("Full name", name)
    lead.type("Designation", "Chief Constable")
    lead.type("E-mail address", "chief@thornmere.example")
    lead.choose("I declare this on behalf of the organisation")
    lead.press("Submit this return")
    lead.is_at("Return submitted")


def submit(lead: Person, name: str) -> None:
    """Check an update and send it in."""
    lead.follow("Check your answers")
    lead.follow("Go on to submit")
    lead.type("Full name", name)
    lead.type("Designation", "Chief Executive")
    lead.type("E-mail address", "ro@thornmere.example")
    lead.choose("I declare this on behalf of the organisation")
    lead.press("Submit this return")
    lead.is_at("Return submitted")


def accept(chair: Person) -> None:
    """On the review's page of a confirmation, begin its review and accept it as it is."""
    chair.press("Start the review")
    chair.is_told("The review has begun.")
    chair.press("Accept the return")
    chair.is_told("The return is accepted. Its standards keep their ratings.")


def _all_still_true(lead: Person, how_many: int) -> None:
    choices = lead.main.get_by_label("Still true", exact=True)
    expect(choices).to_have_count(how_many)
    for each in choices.all():
        each.check()
