"""What the quality assurance group does: reviewing, rating, publishing."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.support.journeys.person import Person


def start_review(qa: Person, agency: str) -> None:
    """Find an agency's return in the queue and start its review, which opens its first standard."""
    qa.follow("Review queue")
    qa.follow(agency)
    qa.is_at(f"Review of {agency}")
    qa.press("Start the review")
    qa.is_told("The review has begun.")


def rate(
    qa: Person, rating: str, comment: str, improvement: str = "", *, last: bool = False
) -> None:
    """Rate the standard on the page and go on to the next one."""
    form = qa.page.locator("#rating")
    qa.choose(rating, within=form)
    qa.type("Comment", comment, within=form)
    if improvement:
        qa.type("Required improvement", improvement, within=form)
    qa.press("Save and finish" if last else "Save and next standard")
    qa.is_told("is saved.")


def finish(qa: Person) -> None:
    """Say on the return's page that every standard is rated."""
    qa.press("I have finished")
    qa.is_told("Every reviewer has finished.")


def rate_again(qa: Person, rating: str, comment: str, reason: str) -> None:
    """Rate a standard again after its actions were verified, saying why."""
    form = qa.page.locator("#rating")
    qa.choose(rating, within=form)
    qa.type("Comment", comment, within=form)
    qa.type("Required improvement", "", within=form)
    qa.type("Reason for the change", reason, within=form)
    qa.press("Save and stay")
    qa.is_told("is saved.")


def publish(chair: Person, agency: str) -> None:
    """Publish what was rated for an agency, from the queue."""
    chair.follow("Review queue")
    chair.main.get_by_label("Show", exact=True).select_option(label="Everything")
    chair.press("Show returns")
    chair.follow(agency, within=chair.page.get_by_role("table"))
    chair.follow("Publish the ratings")
    chair.press("Publish the ratings")
    chair.is_told("published. The agency has been told.")
    expect(chair.page.get_by_role("link", name="Publish the ratings")).to_have_count(0)
