"""What every page must stand up to: axe, narrow screens, the keyboard, its frame."""

from __future__ import annotations

from importlib.resources import files

from playwright.sync_api import Page, expect

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDE = 1280
PHONE = 375
ZOOMED = 320  # 1280 pixels at 400 % zoom
PATIENCE = 5_000  # milliseconds that a page's script may take to set the focus

_AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
_RUN = """([tags, contrast]) => axe.run(document, {
  runOnly: { type: "tag", values: tags },
  rules: contrast ? {} : { "color-contrast": { enabled: false } },
  resultTypes: ["violations"],
}).then((found) => found.violations)"""
# Each element as the chain of tags, classes, roles and states down to it.
_CHAINS = """() => {
  const chains = new Set();
  const kind = (each) => [each.tagName, each.className.baseVal ?? each.className, each.type ?? "",
    each.getAttribute("role") ?? "", each.disabled ? "off" : ""].join("|");
  const walk = (each, above) => {
    const chain = above + ">" + kind(each);
    if (!chains.has(chain)) chains.add(chain);
    for (const child of each.children) walk(child, chain);
  };
  walk(document.body, "");
  return [...chains];
}"""

_FRAME = """() => ({
  lang: document.documentElement.lang,
  title: document.title.trim(),
  headings: document.querySelectorAll("h1").length,
})"""
_FOCUS = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect();
  return { skip: at.classList.contains("govuk-skip-link"), seen: box.height > 8 && box.top >= 0 };
}"""
_BEFORE_TAB = """() => ({
  summary: !!document.querySelector(".govuk-error-summary"),
  first: document.activeElement === document.body
    && !document.querySelector("[autofocus], [tabindex]:not([tabindex='-1'], [tabindex='0'])")
    && document.querySelector("a[href], button, input, select, textarea, summary")
      .classList.contains("govuk-skip-link"),
})"""
_TOO_WIDE = """(width) => [...document.querySelectorAll("body *")]
  .filter((each) => each.getBoundingClientRect().right > width + 1 && !each.closest(".app-scroll"))
  .slice(0, 3).map((each) => each.outerHTML.slice(0, 160))"""


class Looks:
    """What the pages looked at so far showed: contrast takes most of axe's time, and an element
    within the same kinds of elements, with the same classes, is drawn in the same colours."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def shows_new(self, page: Page) -> bool:
        """Return whether the page holds a chain of kinds that no page before it held."""
        shown = set(page.evaluate(_CHAINS)) - self._seen
        self._seen |= shown
        return bool(shown)


def axe_problems(page: Page, *, contrast: bool = True) -> list[str]:
    """Return what axe finds wrong, one line a place."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(_AXE)
    found = page.evaluate(_RUN, [TAGS, contrast])
    return [
        f"axe {violation['id']}: {node['html'][:200]} ({' '.join(node['failureSummary'].split())})"
        for violation in found
        for node in violation["nodes"]
    ]


def frame_problems(page: Page) -> list[str]:
    """Return what is wrong with the document's language, title and first heading."""
    frame = page.evaluate(_FRAME)
    problems = []
    if not frame["lang"].startswith("en"):
        problems.append("the document names no language")
    if len(frame["title"].removesuffix("s11audit").strip(" –")) < 3:
        problems.append(f"the title says nothing: “{frame['title']}”")
    if frame["headings"] != 1:
        problems.append(f"there are {frame['headings']} first headings")
    return problems


def keyboard_problems(page: Page, *, pressed: bool) -> list[str]:
    """Return what is wrong with the first Tab: it must show the skip link, which must lead on.
    Where it is not `pressed`: whether the focus stands before the skip link. Where there is an
    error summary, that has the focus instead."""
    found = page.evaluate(_BEFORE_TAB)
    if found["summary"]:
        return []
    if not found["first"]:
        return ["the first Tab does not show the skip link"]
    if not pressed:
        return []
    page.keyboard.press("Tab")
    focus = page.evaluate(_FOCUS)
    if not focus["skip"] or not focus["seen"]:
        return ["the first Tab does not show the skip link"]
    page.keyboard.press("Enter")
    if page.evaluate("document.activeElement.id") != "main-content":
        return ["the skip link does not lead to the content"]
    return []


def width_problems(page: Page) -> list[str]:
    """Return where the page must be scrolled sideways, on a phone and at 400 % zoom."""
    problems = []
    for width in (PHONE, ZOOMED):
        page.set_viewport_size({"width": width, "height": 800})
        needed = page.evaluate("document.documentElement.scrollWidth")
        if needed > width:
            culprits = page.evaluate(_TOO_WIDE, width)
            problems.append(f"needs {needed} px of {width}: {culprits}")
    page.set_viewport_size({"width": WIDE, "height": 900})
    return problems


def problems_of(page: Page, looks: Looks) -> list[str]:
    """Return everything that is wrong with the page as it stands; its colours, and the first keys,
    where it shows what was not looked at before."""
    new = looks.shows_new(page)
    return [
        *frame_problems(page),
        *axe_problems(page, contrast=new),
        *keyboard_problems(page, pressed=new),
        *width_problems(page),
    ]


def summary_problems(page: Page) -> list[str]:
    """Return what is wrong with a form's error summary: it must have the focus, and each of its
    links must lead to a field."""
    summary = page.locator(".govuk-error-summary")
    if summary.count() != 1:
        return [f"there are {summary.count()} error summaries"]
    problems = []
    if not page.title().startswith("Error: "):
        problems.append("the title does not begin with “Error: ”")
    try:
        expect(summary).to_be_focused(timeout=PATIENCE)
    except AssertionError:
        problems.append("the error summary has not got the focus")
    links = summary.locator("a").all()
    if not links:
        problems.append("the error summary has no links")
    for link in links:
        target = (link.get_attribute("href") or "").removeprefix("#")
        field = page.locator(f"[id='{target}']")
        if field.count() != 1:
            problems.append(f"“{link.inner_text()}” leads to #{target}, which is not there")
            continue
        link.click()
        if page.evaluate("document.activeElement.id") != target:
            problems.append(f"“{link.inner_text()}” does not move the focus to its field")
    return problems
