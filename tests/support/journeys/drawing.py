"""Drawing agencies, and visiting one of those that were picked."""

from __future__ import annotations

from datetime import date

from playwright.sync_api import expect

from tests.support.journeys.person import Person


def freeze(office: Person, stage: str, category: str, count: int) -> list[str]:
    """Freeze the pool of a category ("NHS provider") in a stage ("Audit 2026, stage 1"), and
    return the names in it as the page lists them: there is no seed yet."""
    office.follow("Visits")
    office.main.get_by_label("Stage", exact=True).select_option(label=stage)
    office.press("Show")
    office.follow("Draw agencies")
    part = office.main.get_by_role("group", name="From which agencies?")
    part.get_by_label("Category", exact=True).select_option(label=category)
    office.type("How many", str(count), within=part)
    office.press("Freeze the pool")
    office.is_told("The pool is frozen and logged.")
    office.reads("The service now makes the seed")
    return office.page.locator("tbody th, tbody td").all_inner_texts()


def draw(office: Person) -> tuple[str, list[str]]:
    """Have the seed made, and return it with the names that are marked as picked, as drawn."""
    office.press("Make the seed and draw")
    office.is_told("The draw is made.")
    seed = office.page.locator("dd code").inner_text()
    picked = office.page.get_by_role("table").get_by_role("row").filter(has_text="Picked")
    return seed, [row.locator("th, td").first.inner_text() for row in picked.all()]


def arrange(office: Person, agency: str, day: date, peer: str) -> None:
    """Arrange the visit to an agency that was drawn, by a peer."""
    office.follow(f"Arrange the visit to {agency}")
    office.reads("The agency was picked by draw 1.")
    office.type_date("Day of the visit", (day.day, day.month, day.year))
    office.choose("A team of peers from other agencies")
    office.press("Arrange the visit")
    office.is_told("The visit is arranged and its worksheet is drafted.")
    office.type("E-mail address", peer)
    office.press("Add to the team")
    office.is_told(peer)


def open_visit(person: Person) -> None:
    """Go from the return's visits to its only visit."""
    person.follow("Open the visit")


def does_not_confirm(
    peer: Person, standard: str, seen: str, proposed: str, why: str, improvement: str
) -> None:
    """On the visit's page, write what was found of a standard, and propose another rating."""
    peer.follow(standard)
    peer.choose("Not confirmed")
    peer.type("What did you see?", seen)
    peer.type("Whom did you speak to?", "Two team managers")
    peer.choose(proposed)
    peer.type("Why?", why)
    peer.type("What improvement is needed?", improvement)
    peer.press("Save and stay")
    peer.is_told("is saved.")
    peer.follow("The visit", within=peer.page.get_by_role("navigation", name="Back"))


def finish(peer: Person) -> None:
    """Finish the visit, which ends the visitor's way in."""
    peer.press("Finish the visit")
    peer.is_told("The visit is finished. The visitors’ access to the return has ended.")


def share(office: Person, agency: str) -> None:
    """Share what the visit found with the agency."""
    office.follow("Visits")
    office.follow(agency, within=office.page.get_by_role("table").last)
    open_visit(office)
    office.reads("It waits for QA. Nothing has changed.")
    office.press("Share the findings with the agency")
    office.is_told("The findings are shared with the agency, which has been told.")


def take_over(qa: Person, reason: str) -> None:
    """From a review's page, take the rating that the visit proposes over into one's own."""
    qa.reads("The visit on", "Nothing changes until it is rated again.")
    qa.main.locator(".govuk-inset-text").get_by_role("link").first.click()
    qa.follow("Take it over into your rating")
    form = qa.page.locator("#rating")
    expect(form.get_by_label("Partially compliant", exact=True)).to_be_checked()
    qa.type("Reason for the change", reason, within=form)
    qa.press("Save and stay")
    qa.is_told("is saved.")
    qa.follow("All standards of this return")
