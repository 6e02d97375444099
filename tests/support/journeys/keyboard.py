"""A person who has a keyboard and no mouse."""

from __future__ import annotations

from playwright.sync_api import Page

MOST_STOPS = 120

# What the focus is on, as a screen reader would name it.
_NAME = """() => {
  const at = document.activeElement;
  const words = (each) => (each ? each.innerText.trim().replace(/\\s+/g, " ") : "");
  if (at.labels && at.labels.length) return words(at.labels[0]);
  return at.getAttribute("aria-label") || words(at);
}"""
# Whether it can be seen: an outline, a shadow or a colour of its own, or those of its label, and
# within the window.
_SEEN = """() => {
  const at = document.activeElement;
  const box = at.getBoundingClientRect();
  const inside = box.bottom > 0 && box.top < window.innerHeight && box.width > 0;
  const shows = (style) =>
    style.boxShadow !== "none" ||
    (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0);
  const label = at.nextElementSibling;
  const beside = label && label.tagName === "LABEL" ? getComputedStyle(label, "::before") : null;
  return inside && (shows(getComputedStyle(at)) || (beside !== null && shows(beside)));
}"""


class Keyboard:
    """Moves by Tab, follows by Enter, chooses by Space; every stop must be seen."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def go_to(self, name: str) -> None:
        """Press Tab until the focus is on what has this name."""
        passed: list[str] = []
        for _ in range(MOST_STOPS):
            self.page.keyboard.press("Tab")
            here = str(self.page.evaluate(_NAME))
            assert self.page.evaluate(_SEEN), f"the focus on “{here}” cannot be seen"
            if here == name:
                return
            passed.append(here)
        raise AssertionError(f"Tab never reaches “{name}”, only {passed}")

    def follow(self, name: str) -> None:
        """Go to a link or button, press Enter, and wait for the page it leads to."""
        self.go_to(name)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def choose(self, name: str) -> None:
        """Go to a radio button or box and press Space."""
        self.go_to(name)
        self.page.keyboard.press("Space")

    def type(self, name: str, text: str) -> None:
        """Go to a field and type."""
        self.go_to(name)
        self.page.keyboard.type(text)
