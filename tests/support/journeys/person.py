"""A person at a browser of their own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

WIDE = {"width": 1280, "height": 900}
PATIENCE = 20_000
"""Milliseconds until something that should be there is missed; tests may share the machine."""

expect.set_options(timeout=PATIENCE)


@dataclass
class Person:
    """Somebody with a browser, on the service at `url`."""

    page: Page
    url: str
    name: str = ""

    @classmethod
    def at_a_browser(cls, browser: Browser, url: str, name: str = "", **context: object) -> Person:
        """Sit down at a browser that nobody is signed in with."""
        options = {"viewport": WIDE, "locale": "en-GB", "timezone_id": "Europe/London", **context}
        made: BrowserContext = browser.new_context(**options)  # type: ignore[arg-type]
        made.set_default_timeout(PATIENCE)
        return cls(made.new_page(), url, name)

    def leave(self) -> None:
        """Close the browser."""
        self.page.context.close()

    @property
    def main(self) -> Locator:
        """The page's own content."""
        return self.page.locator("main")

    def type_address(self, path: str = "/") -> None:
        """Type an address of the service."""
        self.page.goto(path if path.startswith("http") else f"{self.url}{path}")

    def follow(self, name: str, within: Locator | None = None) -> None:
        """Click the link of that name; the first one where there are several."""
        self.page.wait_for_load_state("load")
        (within or self.page).get_by_role("link", name=name).first.click()

    def press(self, name: str, within: Locator | None = None) -> None:
        """Click the button of that name exactly."""
        self.page.wait_for_load_state("load")
        (within or self.page).get_by_role("button", name=name, exact=True).first.click()

    def type(self, label: str, text: str, within: Locator | None = None) -> None:
        """Type into the field of that label."""
        (within or self.main).get_by_label(label, exact=True).fill(text)

    def choose(self, label: str, within: Locator | None = None) -> None:
        """Choose the radio button or tick the box of that label."""
        (within or self.main).get_by_label(label, exact=True).check()

    def type_date(
        self, label: str, date: tuple[int, int, int], within: Locator | None = None
    ) -> None:
        """Type day, month and year under the legend of a date."""
        group = (within or self.main).get_by_role("group", name=label)
        for part, value in zip(("Day", "Month", "Year"), date, strict=True):
            group.get_by_label(part, exact=True).fill(str(value))

    def is_at(self, heading: str) -> None:
        """See that the page's first heading is this."""
        expect(self.page.locator("h1")).to_have_text(heading)

    def reads(self, *texts: str, within: Locator | None = None) -> None:
        """See each of these texts on the page."""
        for text in texts:
            expect(within or self.main).to_contain_text(text)

    def is_told(self, text: str) -> None:
        """See the message that says what was done."""
        expect(self.page.locator(".govuk-notification-banner")).to_contain_text(text)

    def is_shown_problems(self, *problems: str) -> None:
        """See the summary of what is wrong, with exactly these problems in it."""
        shown = self.page.locator(".govuk-error-summary li")
        expect(shown).to_have_text(list(problems))

    def download(self, name: str, within: Locator | None = None) -> tuple[str, bytes]:
        """Download by the link of that name; return the file's name and content."""
        with self.page.expect_download() as waiting:
            (within or self.page).get_by_role("link", name=name).first.click()
        found = waiting.value
        return found.suggested_filename, Path(found.path()).read_bytes()
