"""An agency's core work in a browser with JavaScript off: nothing is missing but the comfort."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy.orm import Session

from s11audit.domain.dates import london_today
from tests.factories import PASSWORD
from tests.support.journeys import accounts, filling_in, story
from tests.support.journeys.one_return import one_return
from tests.support.journeys.person import Person
from tests.support.server import Served

TODAY = london_today(datetime.now(UTC))


@pytest.fixture
def lead(browser: Browser, served: Served) -> Iterator[Person]:
    """Somebody whose browser runs no scripts."""
    person = Person.at_a_browser(browser, served.url, java_script_enabled=False)
    yield person
    person.leave()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_return_is_filled_in_and_submitted_without_scripts(
    session: Session, lead: Person
) -> None:
    accounts.sign_in(lead, one_return(session, filled=8).email, PASSWORD)
    last = story.nine_standards(TODAY)[8]
    filling_in.open_task_list(lead)
    lead.reads("8 of 9 standards complete")

    lead.follow(f"9. {last.title}")
    lead.type("Evidence statement", "word " * 201)
    lead.press("Save")
    lead.is_told("Standard 9 is saved.")
    lead.reads("The saved statement is 1 word too long.")
    assert lead.main.get_by_label("Evidence statement").input_value() == "word " * 201

    filling_in.answer(lead, last)
    filling_in.attach_file(
        lead, "minutes.txt", b"Minutes of 3 March.\n", "text/plain", "Minutes of the panel"
    )
    lead.reads("minutes.txt")
    expect(lead.main.get_by_label("Evidence statement")).to_have_value(last.statement)

    lead.press("Save and go to the task list")
    lead.reads("9 of 9 standards complete")
    lead.follow("Check your answers")
    lead.reads("Everything that is needed is there.")
    reference = filling_in.submit(lead, "Rosalind Okafor", "Chief Executive", "ro@example.org")
    lead.reads(reference)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_errors_are_told_without_scripts(session: Session, lead: Person) -> None:
    accounts.sign_in(lead, one_return(session).email, PASSWORD)
    filling_in.open_task_list(lead)
    lead.follow("3. Accountability and governance")
    lead.type("Evidence statement", "Typed before a mistake.")
    lead.press("Save and add a file")
    lead.press("Save the evidence")
    problems = lead.page.locator(".govuk-error-summary a")
    expect(problems.first).to_have_text("Say what this is and what it shows")
    target = problems.first.get_attribute("href")
    assert target is not None
    expect(lead.page.locator(target)).to_be_visible()
    assert lead.page.title().startswith("Error: ")
    lead.follow("Standard 3")
    expect(lead.main.get_by_label("Evidence statement")).to_have_value("Typed before a mistake.")
