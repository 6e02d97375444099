"""What the office and the QA sub-group do where two people review a return."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from playwright.sync_api import expect

from tests.support.journeys.person import Person


def send_back(office: Person, agency: str, letter: str) -> None:
    """Screen a return: confirm what the first read found, and send the return back with these
    words in place of the letter that was drafted."""
    office.follow("Screening")
    office.follow(agency, within=office.page.get_by_role("table"))
    office.press("Read it now")
    office.main.get_by_role("button", name="Confirm the point").first.click()
    office.reads("1 confirmed")
    office.main.get_by_role("button", name="Confirm all").click()
    office.reads("0 open")
    office.follow("Send it back")
    drafted = office.main.get_by_label("Letter", exact=True)
    expect(drafted).to_have_value(re.compile("fewer than 30 words"))
    drafted.fill(letter)
    office.press("Send the return back")
    office.is_told(f"The return of {agency} is back with the agency.")


def allot(office: Person, cycle: str, stage: int, reviewers: Sequence[str], agency: str) -> None:
    """Allot the returns of a stage to these reviewers, all of them to each return, and see that
    the agency has them."""
    office.follow("Cycles")
    office.follow(cycle)
    office.follow(f"Reviewers of stage {stage}")
    office.choose(str(len(reviewers)))
    office.page.wait_for_load_state("load")
    for box in office.main.get_by_role("checkbox").all():
        box.uncheck()
    for name in reviewers:
        office.choose(name)
    office.press("Allot evenly")
    row = office.page.get_by_role("row").filter(has_text=agency)
    office.reads(", ".join(sorted(reviewers)), within=row)


def open_review(person: Person, agency: str, stage: int = 1) -> None:
    """Find an agency's return of a stage in the queue, whatever it waits for."""
    person.follow("Review queue")
    person.main.get_by_label("Show", exact=True).select_option(label="Everything")
    person.press("Show returns")
    row = person.page.get_by_role("row").filter(has_text=agency)
    person.follow(agency, within=row.filter(has_text=f"stage {stage}"))
    person.is_at(f"Review of {agency}")


def begin(qa: Person, agency: str, stage: int = 1) -> None:
    """Start a review, or go on with one that a colleague started."""
    open_review(qa, agency, stage)
    qa.page.wait_for_load_state("load")
    start = qa.main.get_by_role("button", name="Start the review")
    if start.count():
        qa.press("Start the review")
        qa.is_told("The review has begun.")
    else:
        qa.follow("Rate standard")


def rate(
    qa: Person, standard: str, rating: str, comment: str, improvement: str = "", reason: str = ""
) -> None:
    """From the review's page, rate one standard ("5. Training") and go back to that page."""
    qa.follow(standard, within=qa.main.get_by_role("table"))
    form = qa.page.locator("#rating")
    qa.choose(rating, within=form)
    qa.type("Comment", comment, within=form)
    if improvement:
        qa.type("Required improvement", improvement, within=form)
    if reason:
        qa.type("Reason for the change", reason, within=form)
    qa.press("Save and stay")
    qa.is_told("is saved.")
    qa.follow("All standards of this return")


def finish(qa: Person, *, last: bool) -> None:
    """Say that one's ratings are finished; `last`: nobody else is waited for."""
    qa.press("I have finished")
    qa.is_told("Every reviewer has finished." if last else "You have finished.")


def sees_nothing_of(qa: Person, *others: str) -> None:
    """See nothing on this page of what somebody else wrote."""
    qa.page.wait_for_load_state("load")
    for text in others:
        expect(qa.main).not_to_contain_text(text)


def agree(
    chair: Person, number: int, rating: str, reason: str, improvement: str, due: date
) -> None:
    """From the moderation, agree a standard on which the reviewers differ."""
    chair.follow(f"Agree a rating of standard {number}")
    chair.choose(rating)
    chair.type("Comment", f"The group read both views of standard {number}.")
    chair.press("Save and go to all standards")
    chair.is_shown_problems(
        "Enter the date by which the improvement is due",
        "Say why: the reviewers did not all give this rating",
    )
    chair.type("Why the group agreed this", reason)
    chair.type("Required improvement", improvement)
    chair.type_date("When is the improvement due?", (due.day, due.month, due.year))
    chair.press("Save and go to all standards")
    chair.is_told(f"Standard {number} is agreed.")


def share(chair: Person, due: date | None = None) -> None:
    """Share what is agreed with the agency, giving improvements without a date this one."""
    chair.follow("Share the ratings with the agency")
    if due is not None:
        chair.type_date(
            "When are the improvements due that have no date?", (due.day, due.month, due.year)
        )
    chair.press("Share the ratings with the agency")
    chair.is_told("The agreed ratings are shared with the agency")
