"""An agency's core work with Tab, Enter and Space alone, seeing at every stop where one is."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests.factories import PASSWORD
from tests.support.journeys.keyboard import Keyboard
from tests.support.journeys.one_return import one_return
from tests.support.server import Served


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_standard_is_filled_in_and_checked_by_keyboard(
    session: Session, served: Served, page: Page
) -> None:
    lead = one_return(session)
    keys = Keyboard(page)
    page.goto(served.url)
    keys.type("E-mail address or sign-in name", lead.email)
    keys.type("Password", PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    keys.follow("Go to the task list")
    keys.follow("1. Leadership")
    expect(page.locator("h1")).to_have_text("Leadership")
    keys.choose("Met")
    keys.choose("Met")
    keys.type("Evidence statement", "Our director of operations leads. Staff go to her.")
    keys.choose("Fully compliant")
    keys.follow("Save and go to the task list")
    expect(page.locator(".govuk-notification-banner")).to_contain_text("Standard 1 is saved.")
    expect(page.locator("main")).to_contain_text("1 of 9 standards complete")
    keys.follow("Check your answers")
    expect(page.locator("#standard-1")).to_contain_text("Our director of operations leads.")
    missing = page.locator(".app-missing li").all_inner_texts()
    assert missing[0] == "Answer question 2.1"
    keys.follow("Answer question 2.1")
    expect(page.locator("h1")).to_have_text("Commitment")
    keys.choose("Met")  # the link led to the question: the next stop is its first answer
    expect(page.locator("[id='question-2.1']").get_by_label("Met", exact=True)).to_be_checked()
