"""QA rates with the keyboard alone, and with JavaScript off."""

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.enums import RatingRole
from s11audit.models import Rating
from s11audit.services import reviews
from tests.factories import NOW
from tests.support.reviewing import panel
from tests.support.server import Served
from tests.support.web import sign_in_page

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def begun(session: Session) -> tuple[str, str]:
    """A review that has begun: the reviewer's address, and the path of its first standard."""
    found = panel(session)
    reviews.start_review(session, found.actor(session, "qa"), found.return_.id, now=NOW)
    session.commit()
    return found.qa.email, f"/returns/{found.return_.id}/review/1"


def access_key(page: Page, key: str) -> None:
    """Press Alt and a key as the browser gets it from a keyboard; Playwright's own way leaves out
    the text by which Chromium knows an access key."""
    code = {"modifiers": 1, "key": key, "code": f"Key{key.upper()}"}
    code |= {"windowsVirtualKeyCode": ord(key.upper())}
    session = page.context.new_cdp_session(page)
    typed = {"text": key, "unmodifiedText": key}
    session.send("Input.dispatchKeyEvent", {"type": "keyDown"} | typed | code)
    session.send("Input.dispatchKeyEvent", {"type": "keyUp"} | code)
    session.detach()


def test_a_standard_is_rated_by_keys_alone(page: Page, served: Served, session: Session) -> None:
    email, path = begun(session)
    sign_in_page(page, served.url, email)
    page.goto(served.url + path)
    access_key(page, "g")
    page.wait_for_url(lambda address: address.endswith("#rating"))
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    assert page.locator("input[value=amber]").is_checked()
    page.keyboard.press("Tab")
    page.keyboard.type("Half done.")
    page.keyboard.press("Tab")
    page.keyboard.type("Finish it.")
    access_key(page, "s")
    page.wait_for_url(lambda address: "/review/2" in address)
    access_key(page, "p")
    page.wait_for_url(lambda address: "/review/1" in address)
    assert page.get_by_label("Required improvement").input_value() == "Finish it."
    rating = session.scalars(select(Rating).where(Rating.role == RatingRole.REVIEWER)).one()
    assert (rating.label, rating.comment) == ("amber", "Half done.")


def test_a_standard_is_rated_without_javascript(
    browser: Browser, served: Served, session: Session
) -> None:
    email, path = begun(session)
    context = browser.new_context(java_script_enabled=False, viewport={"width": 375, "height": 800})
    page = context.new_page()
    sign_in_page(page, served.url, email)
    page.goto(served.url + path)
    page.get_by_label("Not applicable").check()
    page.get_by_label("Comment").fill("They hold no such data.")
    page.get_by_role("button", name="Save and next standard").click()
    assert (
        "Say why the standard does not apply" in page.locator(".govuk-error-summary").inner_text()
    )
    assert page.get_by_label("Comment").input_value() == "They hold no such data."
    page.get_by_label("Why does it not apply?").fill("Another agency does it.")
    page.get_by_role("button", name="Save and next standard").click()
    assert page.url.endswith("/review/2")
    context.close()
