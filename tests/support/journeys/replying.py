"""How an agency answers its agreed ratings, and how the sub-group decides a dispute."""

from __future__ import annotations

from tests.support.journeys.person import Person


def open_ratings(lead: Person) -> None:
    """Go from the agency's home to the ratings that wait for its answer."""
    lead.follow("Home")
    lead.follow("Read and answer the agreed ratings")
    lead.is_at("Agreed ratings")


def dispute(lead: Person, number: int, reason: str) -> None:
    """Dispute the rating of a standard."""
    lead.follow(f"Dispute the rating of standard {number}")
    lead.type("Why do you dispute this rating?", reason)
    lead.press("Dispute this rating")
    lead.is_told(f"Your dispute of standard {number} is sent to the group.")


def accept_all(lead: Person, how_many: int) -> None:
    """Accept every rating that is not answered yet."""
    if how_many == 1:
        lead.main.get_by_role("button", name="Accept the rating of standard").click()
    else:
        lead.press(f"Accept all {how_many} that are not answered")


def are_final(lead: Person) -> None:
    """Learn that the last answer made the ratings final."""
    lead.is_told("Every rating is answered. The ratings are now final.")


def keep(chair: Person, number: int, reason: str) -> None:
    """From the review's page, decide a dispute: the rating stands."""
    chair.follow("See its answers")
    chair.follow(f"Decide standard {number}")
    chair.choose("Keep the rating as it was agreed")
    chair.type("Reason for the decision", reason)
    chair.press("Save the decision")
    chair.is_told("The decision is saved. Both views are kept.")
