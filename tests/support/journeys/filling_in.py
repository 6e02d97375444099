"""What an agency does until its return is sent in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from playwright.sync_api import Locator, expect

from tests.support.journeys.person import Person

NOT_DECLARED = "Confirm that the declaration is given on the organisation’s behalf"


@dataclass(frozen=True)
class Proposed:
    """An action that the agency proposes."""

    what: str
    owner: str
    due: date


@dataclass(frozen=True)
class StandardAnswers:
    """What is filled in for one standard. `answers` maps a question's key to the judgement, or to
    (so many, of so many, date) of a percentage."""

    number: int
    title: str
    answers: dict[str, str | tuple[int, int, date]]
    statement: str
    rating: str
    actions: Sequence[Proposed] = field(default_factory=tuple)


def open_task_list(person: Person) -> None:
    """Go from the agency's home to the task list."""
    person.follow("Home")
    person.follow("Go to the task list")
    person.is_at("Task list")


def question(person: Person, key: str) -> Locator:
    """The part of a standard's page that asks the question of that key."""
    return person.page.locator(f"[id='question-{key}']")


def fill_in(person: Person, standard: StandardAnswers) -> None:
    """Fill in one standard on its page and save it by the button, back to the task list."""
    person.follow(f"{standard.number}. {standard.title}")
    person.is_at(standard.title)
    answer(person, standard)
    person.press("Save and go to the task list")
    person.is_told(f"Standard {standard.number} is saved.")


def answer(person: Person, standard: StandardAnswers) -> None:
    """Type the answers of one standard, without saving."""
    for key, given in standard.answers.items():
        part = question(person, key)
        if isinstance(given, str):
            person.choose(given, within=part)
            continue
        how_many, of, day = given
        person.type("How many", str(how_many), within=part)
        person.type("Out of how many", str(of), within=part)
        person.type_date(
            "On what date was this counted?", (day.day, day.month, day.year), within=part
        )
    person.type("Evidence statement", standard.statement)
    person.choose(standard.rating)
    for number, action in enumerate(standard.actions, 1):
        part = person.main.get_by_role("group", name=f"Action {number}", exact=True)
        person.type("What will be done", action.what, within=part)
        person.type("Who will do it", action.owner, within=part)
        due = (action.due.day, action.due.month, action.due.year)
        person.type_date("By when", due, within=part)


def attach_file(person: Person, name: str, content: bytes, media_type: str, what: str) -> None:
    """On a standard's page, save it and add a file as evidence."""
    person.press("Save and add a file")
    person.is_at("Add a file")
    person.type("What this is and what it shows", what)
    person.choose("Activity")
    person.page.set_input_files(
        "input[type=file]", {"name": name, "mimeType": media_type, "buffer": content}
    )
    person.press("Save the evidence")
    person.is_told(f"{name} is added.")


def attach_link(person: Person, url: str, what: str) -> None:
    """On a standard's page, save it and add a link as evidence."""
    person.press("Save and add a link")
    person.is_at("Add a link")
    person.type("The address of the link", url)
    person.type("What this is and what it shows", what)
    person.choose("Child’s voice")
    person.press("Save the evidence")
    person.is_told("The link is added.")


def assign(lead: Person, standard: str, to: str) -> None:
    """The lead gives a standard ("5. Training") to a colleague."""
    lead.follow("Share out the standards")
    lead.main.get_by_label(standard, exact=True).select_option(label=to)
    lead.press("Save")
    lead.is_told("Saved who has each standard in hand.")
    lead.reads(f"{to} has this in hand.")


def see_what_is_missing(lead: Person, *missing: str) -> None:
    """Check the answers and read exactly what is missing."""
    lead.follow("Check your answers")
    lead.is_at("Check your answers")
    expect(lead.page.locator(".app-missing li")).to_have_text(list(missing))


def submit(lead: Person, name: str, designation: str, email: str) -> str:
    """Go on to submit, declare, and return the reference on the confirmation."""
    lead.follow("Go on to submit")
    lead.press("Submit this return")  # nothing typed yet: the page says what it needs
    lead.is_shown_problems(
        "Enter the name of the person who answers for this return",
        "Enter their designation",
        "Enter their e-mail address",
        NOT_DECLARED,
    )
    lead.type("Full name", name)
    lead.type("Designation", designation)
    lead.type("E-mail address", email)
    lead.press("Submit this return")
    lead.is_shown_problems(NOT_DECLARED)
    lead.choose("I declare this on behalf of the organisation")
    lead.press("Submit this return")
    lead.is_at("Return submitted")
    return lead.page.locator(".govuk-panel__body strong").inner_text()
