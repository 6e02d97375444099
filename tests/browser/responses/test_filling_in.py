"""Filling in with real keys: saved as you type, two colleagues at once, nothing lost."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy.orm import Session

from s11audit.queries.responses import response_for
from s11audit.scoring.words import WHITE_SPACE, count_words
from tests.integration.responses.filling import Scene, scene
from tests.support.page_checks import axe_problems
from tests.support.server import Served
from tests.support.web import sign_in_page

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
pytestmark = only_sqlite

SAVED = re.compile(r"^Saved at \d{1,2}:\d\d[ap]m$")
DUE = (datetime.now(UTC).date() + timedelta(days=12),)


@pytest.fixture
def at(session: Session) -> Scene:
    return scene(session, due=DUE)


def open_standard(page: Page, served: Served, at: Scene, number: int = 1) -> str:
    address = f"{served.url}/returns/{at.return_.id}/standards/{number}"
    page.goto(address)
    return address


def kept(page: Page) -> list[str]:
    """The names of the drafts that this browser keeps."""
    names: list[str] = page.evaluate("Object.keys(localStorage)")
    return [name for name in names if name.startswith("s11audit:draft")]


def stored(session: Session, at: Scene, number: int = 1) -> Any:
    session.rollback()
    session.expire_all()
    return response_for(session, at.return_.id, number)


def test_saved_as_typed_with_the_time(
    served: Served, page: Page, session: Session, at: Scene
) -> None:
    sign_in_page(page, served.url, at.contributor.email)
    open_standard(page, served, at)
    page.get_by_label("Evidence statement").press_sequentially("We lead by example.")
    assert len(kept(page)) == 1
    expect(page.locator("#saved")).to_have_text(SAVED, timeout=8000)
    assert kept(page) == []
    assert stored(session, at).statement == "We lead by example."
    # What might identify a child is pointed out as it is typed, blocks nothing, and goes with it.
    box = page.locator("#pointed-out")
    expect(box).to_be_hidden()
    page.get_by_label("Evidence statement").press_sequentially(" Emma is 7.")
    expect(box).to_contain_text("Evidence statement: a name with an age", timeout=8000)
    assert stored(session, at).statement == "We lead by example. Emma is 7."
    page.get_by_label("Evidence statement").fill("We lead by example.")
    expect(box).to_be_hidden(timeout=8000)
    # On leaving a field at once, and the suggestion follows.
    page.locator("input[name='answer-1.1-value'][value=met]").check()
    page.locator("input[name='answer-1.2-value'][value=met]").check()
    expect(page.locator("#suggestion-rating")).to_have_text("Fully compliant", timeout=8000)
    page.locator("input[name=self_label][value=red]").check()
    expect(page.locator("#suggestion-differs")).to_be_visible(timeout=8000)
    expect(page.locator("#actions")).to_be_visible()
    expect(page.locator("#saved")).to_have_text(SAVED)
    assert axe_problems(page) == []
    page.get_by_role("button", name="Save and continue").click()
    page.wait_for_url("**/standards/2")
    assert kept(page) == []
    assert stored(session, at).self_label == "red"


def test_words_are_counted_as_the_server_does(
    served: Served, page: Page, session: Session, at: Scene
) -> None:
    sign_in_page(page, served.url, at.contributor.email)
    open_standard(page, served, at)
    area, note = page.locator("#statement"), page.locator("#statement-words")
    odd = "one\u180etwo\u200bthree\ufeff four" + "".join(
        f"{chr(point)}w" for point in sorted(WHITE_SPACE) if point not in (0x0A, 0x0D)
    )
    for text in ("", " \n ", "one", "one-two three’s\n\nfour", odd):
        area.fill(text)
        expect(note).to_have_text(f"You have used {count_words(text)} of 200 words.")
    area.fill("word " * 203)
    expect(note).to_contain_text("3 words too many")
    expect(page.locator("#saved")).to_have_text(SAVED, timeout=8000)
    assert count_words(stored(session, at).statement) == 203


def test_the_second_of_two_colleagues_compares_and_loses_nothing(
    served: Served, page: Page, browser: Browser, session: Session, at: Scene
) -> None:
    sign_in_page(page, served.url, at.contributor.email)
    open_standard(page, served, at)
    other: BrowserContext = browser.new_context()
    lead = other.new_page()
    sign_in_page(lead, served.url, at.lead.email)
    open_standard(lead, served, at)
    lead.locator("#statement").fill("What Amira wrote.")
    lead.locator("input[name='answer-1.1-value'][value=met]").check()
    lead.get_by_role("button", name="Save and go to the task list").click()
    lead.wait_for_url("**/tasks")
    other.close()

    page.locator("#statement").fill("What Tom wrote.")
    page.locator("#statement").blur()
    expect(page.locator("#saved")).to_contain_text("Amira Khan saved this standard")
    assert len(kept(page)) == 1
    page.get_by_role("button", name="Compare the two versions").click()
    expect(page.locator("#conflict-title")).to_be_visible()
    expect(page.get_by_text("What Amira wrote.")).to_be_visible()
    expect(page.locator("#statement")).to_have_value("What Tom wrote.")
    expect(page.locator("input[name='answer-1.1-value'][value=met]")).to_be_checked()
    assert axe_problems(page) == []
    page.locator("#statement").fill("What Amira wrote. What Tom wrote.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Standard 1 is saved.")).to_be_visible()
    assert kept(page) == []
    found = stored(session, at)
    assert found.statement == "What Amira wrote. What Tom wrote."
    assert found.answers[0].value["value"] == "met"


def test_signed_out_while_typing_it_is_there_on_return(
    served: Served, page: Page, session: Session, at: Scene
) -> None:
    sign_in_page(page, served.url, at.contributor.email)
    address = open_standard(page, served, at)
    page.context.clear_cookies()
    page.locator("#statement").fill("Typed after signing out.")
    page.locator("#statement").blur()
    expect(page.locator("#saved")).to_contain_text("Not saved: you are signed out.")
    expect(page.locator("#saved")).to_contain_text("kept in this browser")
    # Another account on this browser does not see it.
    sign_in_page(page, served.url, at.lead.email)
    page.goto(address)
    expect(page.locator("#statement")).to_have_value("")
    expect(page.locator("#kept-draft")).to_be_hidden()
    page.context.clear_cookies()
    # The same account finds it again; once it is saved the browser forgets it.
    sign_in_page(page, served.url, at.contributor.email)
    page.goto(address)
    expect(page.locator("#statement")).to_have_value("Typed after signing out.")
    expect(page.locator("#kept-draft")).to_contain_text("is back in the form")
    expect(page.locator("#saved")).to_have_text(SAVED, timeout=8000)
    assert kept(page) == []
    assert stored(session, at).statement == "Typed after signing out."


def test_cut_off_while_typing_it_is_sent_later(
    served: Served, page: Page, session: Session, at: Scene
) -> None:
    sign_in_page(page, served.url, at.contributor.email)
    address = open_standard(page, served, at)
    page.route("**/standards/1", lambda route: route.abort())
    page.locator("#statement").fill("Typed in a tunnel.")
    page.locator("#statement").blur()
    expect(page.locator("#saved")).to_contain_text("cannot be reached")
    page.unroute("**/standards/1")
    page.goto(address)
    expect(page.locator("#statement")).to_have_value("Typed in a tunnel.")
    expect(page.locator("#saved")).to_have_text(SAVED, timeout=8000)
    assert stored(session, at).statement == "Typed in a tunnel."


def test_a_draft_older_than_a_colleagues_save_is_offered(
    served: Served, page: Page, session: Session, at: Scene
) -> None:
    sign_in_page(page, served.url, at.contributor.email)
    address = open_standard(page, served, at)
    page.route("**/standards/1", lambda route: route.abort())
    page.locator("#statement").fill("My draft.")
    page.locator("#statement").blur()
    expect(page.locator("#saved")).to_contain_text("kept in this browser")
    page.unroute("**/standards/1")
    from s11audit.services.responses import ResponseValues, save_response

    save_response(
        session, at.actor(session, at.lead), at.return_.id, 1, ResponseValues("The lead’s."),
        based_on=0, now=datetime.now(UTC),
    )  # fmt: skip
    session.commit()
    page.goto(address)
    expect(page.locator("#statement")).to_have_value("The lead’s.")
    page.get_by_role("button", name="Put it back").click()
    expect(page.locator("#saved")).to_contain_text("Amira Khan saved this standard", timeout=8000)
    page.get_by_role("button", name="Compare the two versions").click()
    expect(page.locator("#statement")).to_have_value("My draft.")
    expect(page.get_by_text("The lead’s.")).to_be_visible()


def test_it_works_without_javascript(
    served: Served, browser: Browser, session: Session, at: Scene
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 375, "height": 800})
    page = context.new_page()
    sign_in_page(page, served.url, at.contributor.email)
    open_standard(page, served, at)
    page.locator("#statement").fill("Plain.")
    page.locator("input[name='answer-1.1-value'][value=met]").check()
    page.locator("input[name='answer-1.2-value'][value=not_met]").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Standard 1 is saved.")).to_be_visible()
    expect(page.locator("#suggestion-reason")).to_have_text("Amber: 1.2 is not met.")
    page.get_by_role("button", name="Save and add a file").click()
    page.locator("input[type=file]").set_input_files(
        {"name": "policy.txt", "mimeType": "text/plain", "buffer": b"Our policy"}
    )
    page.get_by_label("What this is and what it shows").fill("Policy of June")
    page.get_by_label("Policy or procedure").check()
    page.get_by_role("button", name="Save the evidence").click()
    expect(page.get_by_role("link", name="policy.txt", exact=True)).to_be_visible()
    context.close()
