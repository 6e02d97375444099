"""What both sides do with the action plan."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.support.journeys.filling_in import Proposed
from tests.support.journeys.person import Person


def part_of(person: Person, standard: str) -> Locator:
    """The plan's part for a standard ("3: Accountability and governance")."""
    return person.page.get_by_role("region", name=f"Standard {standard}", exact=True)


def open_own_plan(lead: Person) -> None:
    """Go from the agency's home to its plan."""
    lead.follow("Home")
    lead.follow("Open the action plan")
    lead.is_at("Action plan")


def take_over(lead: Person, standard: str, what: str) -> None:
    """Take an action over that was proposed when the return was submitted."""
    part = part_of(lead, standard)
    lead.reads("Proposed when the return was submitted", what, within=part)
    part.get_by_role("button", name="Take over").click()
    lead.is_told("The proposed action is in the plan.")


def add(lead: Person, standard: str, action: Proposed) -> None:
    """Add an action to what is required for a standard; empty fields are refused first."""
    lead.follow("Add an action", within=part_of(lead, standard))
    lead.press("Save the action")
    lead.is_shown_problems("Say what will be done", "Say who will do it", "Give the date it is due")
    lead.type("What will be done?", action.what)
    lead.type("Who will do it?", action.owner)
    due = (action.due.day, action.due.month, action.due.year)
    lead.type_date("When is it due?", due)
    lead.press("Save the action")
    lead.is_told("The action is in the plan.")


def return_to_qa(lead: Person, *actions: str) -> None:
    """Return the plan after reading what is in it."""
    lead.follow("Return the plan")
    lead.is_at("Return the plan to QA")
    lead.reads(*actions)
    lead.press("Return the plan")
    lead.is_told("The plan is returned. QA and the board office have been told.")


def open_plan_of(person: Person, agency: str) -> None:
    """Go to an agency's plan from the board's list of plans."""
    person.follow("Action plans")
    person.follow(agency, within=person.page.get_by_role("table"))
    person.is_at("Action plan")


def accept(qa: Person) -> None:
    """Accept the plan that was returned; a choice is asked for first."""
    qa.follow("Accept or ask again")
    qa.press("Send the answer")
    qa.is_shown_problems("Choose whether you accept the plan")
    qa.choose("Accept the plan")
    qa.press("Send the answer")
    qa.is_told("The plan is accepted.")


def note_progress(lead: Person, what: str, note: str) -> None:
    """Add a progress note to an action of the plan that is open."""
    lead.follow(what)
    lead.follow("Add a progress note")
    lead.type("What has been done?", note)
    lead.press("Add the note")
    lead.is_told("The progress note is added.")
    lead.reads("Underway", note)


def report_complete(lead: Person, what: str, note: str) -> None:
    """On an action's page, report it complete, and go back to the plan."""
    lead.is_at(what)
    lead.follow("Report it complete")
    lead.type("What was done, and what shows it?", note)
    lead.press("Report it complete")
    lead.is_told("The action is reported complete. QA has been told.")
    lead.reads("Reported complete")
    lead.follow("Action plan", within=lead.page.get_by_role("navigation", name="Back"))


def verify(qa: Person, what: str, note: str) -> None:
    """Verify an action of the plan that is open; its page then leads on to rating again."""
    qa.follow("Verify", within=qa.main.get_by_role("listitem").filter(has_text=what))
    qa.main.get_by_role("textbox").fill(note)
    qa.main.get_by_role("button").click()
    qa.is_told("The action is verified.")
    expect(qa.main).to_contain_text("Nothing turns green by itself")
