"""The frame of every page: nothing refused by the content policy, nothing wide, nothing for axe."""

from __future__ import annotations

import pytest
from playwright.sync_api import ConsoleMessage, Page

from tests.support.page_checks import axe_problems
from tests.support.server import Served

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@only_sqlite
@pytest.mark.parametrize("width", [375, 1280])
def test_the_frame_is_clean_at_every_width(served: Served, page: Page, width: int) -> None:
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if "status of 404" not in message.text:  # the page itself
            said.append(message.text)

    page.on("console", hear)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{served.url}/there-is-no-such-page")
    assert page.title().startswith("Page not found")
    assert page.locator("h1").inner_text() == "Page not found"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.body.classList.contains('govuk-frontend-supported')")
    assert axe_problems(page) == []
    assert said == []


@only_sqlite
def test_the_first_key_reaches_the_skip_link(served: Served, page: Page) -> None:
    page.goto(f"{served.url}/there-is-no-such-page")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.url.endswith("#main-content")


@only_sqlite
def test_answers_carry_the_security_headers(served: Served, page: Page) -> None:
    answer = page.goto(f"{served.url}/there-is-no-such-page")
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-content-type-options"] == "nosniff"
