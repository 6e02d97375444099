"""What the header of every page shows: the place, and the ways from it."""

from dataclasses import dataclass
from typing import Any

from flask import Flask, g, request, url_for
from flask_security import current_user

from s11audit.domain.policy import INSTALLATION, Can, Facts, can
from s11audit.views.guards import InstallationPlace, Place, actor


@dataclass(frozen=True)
class Link:
    """An entry of the service navigation."""

    text: str
    href: str
    active: bool


# (text, endpoint, permission): shown where the actor may go there.
BOARD_LINKS = (
    ("Dashboard", "boards.dashboard", Can.SEE_BOARD),
    ("Returns", "returns.index", Can.LIST_RETURNS),
    ("Screening", "screening.index", Can.SCREEN),
    ("Review queue", "reviews.queue", Can.SEE_QUEUE),
    ("Action plans", "actions.index", Can.LIST_RETURNS),
    ("Visits", "visits.index", Can.SEE_VISITS),
    ("Reports", "reports.index", Can.READ_REPORTS),
    ("Themes", "themes.index", Can.SEE_THEMES),
    ("Meetings", "meetings.index", Can.READ_REPORTS),
    ("Cycles", "cycles.index", Can.MANAGE_CYCLES),
    ("Agencies", "agencies.index", Can.MANAGE_AGENCIES),
    ("People", "accounts.people", Can.MANAGE_PEOPLE),
    ("Tools", "tools.index", Can.MANAGE_TOOLS),
    ("Imports", "imports.index", Can.IMPORT),
)
AGENCY_LINKS = (
    ("Home", "responses.home", Can.SEE_AGENCY),
    ("Action plan", "actions.agency", Can.SEE_PLAN),
    ("People", "agency_people.index", Can.INVITE_CONTRIBUTOR),
)
INSTALLATION_LINKS = (
    ("Boards", "installation.home", Can.MANAGE_INSTALLATION),
    ("Administrators", "installation.administrators", Can.MANAGE_INSTALLATION),
    ("People", "installation.people", Can.MANAGE_INSTALLATION),
    ("Accounts", "person_accounts.index", Can.MANAGE_INSTALLATION),
    ("Log", "installation.log_page", Can.MANAGE_INSTALLATION),
    ("Redactions", "redactions.everywhere", Can.REDACT),
    ("Unsent mail", "installation.outbox", Can.SEE_OUTBOX),
)


def navigation() -> list[Link]:
    """Return the links of the page's place that the actor may follow."""
    place: Place | InstallationPlace | None = g.get("place")
    if place is None:
        return []
    if isinstance(place, InstallationPlace):
        return _links(INSTALLATION_LINKS, INSTALLATION, {})
    if place.membership:
        membership = place.membership
        facts = Facts(membership.board_id, membership.id, membership.agency_id)
        return _links(AGENCY_LINKS, facts, {"membership_id": membership.id})
    links = _links(BOARD_LINKS, Facts(place.board.id), {"board": place.board.slug})
    return links or _visit_links()


def _visit_links() -> list[Link]:
    """A visitor's: the visits of the return that the page is about."""
    visited = (request.view_args or {}).get("return_id")
    if not any(grant.return_id == visited is not None for grant in actor().grants):
        return []
    return [Link("The visit", url_for("visits.of_return", return_id=visited), True)]


def _links(
    entries: tuple[tuple[str, str, Can], ...], facts: Facts, values: dict[str, Any]
) -> list[Link]:
    section = (request.endpoint or "").split(".")[0]
    return [
        Link(text, url_for(endpoint, **values), active(endpoint, section))
        for text, endpoint, action in entries
        if can(actor(), action, facts)
    ]


def active(endpoint: str, section: str) -> bool:
    """Return whether the page lies in the section that a link leads to."""
    return request.endpoint == endpoint or (
        endpoint.split(".")[0] == section != "installation"
        and not endpoint.endswith((".dashboard", ".home"))
    )


def _several_places() -> bool:
    held = {
        (grant.board_id, grant.membership_id, grant.return_id)
        for grant in actor().grants
        if not grant.inherited
    }
    return len(held) > 1


def register(app: Flask) -> None:
    """Give every template `navigation`, `place`, `can_do` and `several_places`."""

    @app.context_processor
    def header() -> dict[str, Any]:
        signed_in = bool(current_user and current_user.is_authenticated)
        return {
            "navigation": navigation,
            "place": g.get("place"),
            "signed_in": signed_in,
            "actor_name": current_user.name if signed_in else "",
            "several_places": signed_in and _several_places(),
            "Can": Can,
            "can_do": lambda action, facts: can(actor(), action, facts),
        }
