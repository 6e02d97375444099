"""Visits after the first year: agencies drawn from two strata with a public number, one visit that
overturned a rating, one whose proposal waits, one that found all in order, and two to come."""

from datetime import datetime

from s11audit.demonstration import texts
from s11audit.demonstration.first_cycle import publish, rate
from s11audit.demonstration.joining import join
from s11audit.demonstration.people import PEOPLE
from s11audit.demonstration.story import Story
from s11audit.demonstration.texts import LANCASHIRE, Invented
from s11audit.domain.enums import Category, Rag, Role, VisitResult
from s11audit.queries.draws import Stratum
from s11audit.queries.returns import return_by_id
from s11audit.services import draws, visit_findings, visit_teams, visits
from s11audit.services.visit_findings import Written

KEY = "first"
STRATA = (
    Stratum(Category.NHS_PROVIDER, True, 2),
    Stratum(Category.DISTRICT_COUNCIL, False, 2),
)
NUMBER = "109575"
OVERTURNED, WAITS, IN_ORDER, TO_COME, PEER = 7, 20, 18, 5, 22
BY_HAND = 14
STANDARD = 6
FOUND = (
    (1, VisitResult.CONFIRMED, "good", 0),
    (5, VisitResult.PARTLY, "part", 1),
    (STANDARD, VisitResult.NOT_CONFIRMED, "bad", 2),
)


def tell(story: Story, agencies: list[Invented], password: str) -> None:
    """Put the draws and visits into the story."""
    kept: dict[str, int] = {}

    def freeze(key: str, on: int, now: datetime) -> None:
        stage_id = return_by_id(story.session, story.returns[key, agencies[0].number]).stage_id
        public = draws.PublicDraw(texts.told("visit", "lottery"), story.day(on))
        made = draws.freeze(
            story.session, story.actors["office"], story.board_id, stage_id, STRATA,
            public=public, reason="", now=now,
        )  # fmt: skip
        kept[key] = made.id

    def fix(now: datetime) -> None:
        draws.fix_seed(
            story.session, story.actors["office"], story.board_id, kept[KEY], number=NUMBER,
            now=now,
        )  # fmt: skip

    story.at(-80, (9, 0), lambda now: freeze(KEY, -76, now))
    story.at(-76, (20, 0), fix)
    story.at(-3, (9, 45), lambda now: freeze("current", 4, now))
    for number, day, share in ((OVERTURNED, -56, True), (IN_ORDER, -54, True), (WAITS, -15, False)):
        agency = agencies[number]
        story.at(
            day - 12, (10, number),
            lambda now, agency=agency, day=day: _arrange(story, agency, kept, day, now),  # type: ignore[misc]
        )  # fmt: skip
        story.at(
            day, (15, number),
            lambda now, agency=agency, share=share: _find(story, agency, kept, share, now),  # type: ignore[misc]
        )  # fmt: skip
    story.at(-50, (11, 0), lambda now: _rate_again(story, agencies[OVERTURNED], now))
    story.at(-47, (14, 30), lambda now: publish(story, agencies[OVERTURNED], now))
    story.at(-2, (9, 50), lambda now: _go_alone(story, now))
    story.at(-6, (10, 50), lambda now: _send_peers(story, agencies, kept, password, now))


def _arrange(
    story: Story, agency: Invented, kept: dict[str, int], day: int, now: datetime, *,
    alone: bool = True,
) -> int:  # fmt: skip
    visit = visits.arrange(
        story.session, story.actors["office"], story.returns[KEY, agency.number],
        story.day(day), place=texts.told("visit", "place"), alone=alone, draw_id=kept[KEY],
        now=now,
    )  # fmt: skip
    kept[agency.name] = visit.id
    return visit.id


def _go_alone(story: Story, now: datetime) -> None:
    """The coordinator tests a return of the current cycle, chosen by hand."""
    visits.arrange(
        story.session, story.actors["office"], story.returns["current", BY_HAND], story.day(16),
        place=texts.told("visit", "place"), alone=True, now=now,
    )  # fmt: skip


def _find(story: Story, agency: Invented, kept: dict[str, int], share: bool, now: datetime) -> None:
    """Write down what was seen, and finish the visit."""
    return_id, office = story.returns[KEY, agency.number], story.actors["office"]
    visit_id = kept[agency.name]
    for standard, result, seen, spoken in FOUND:
        if agency.number == IN_ORDER:
            result, seen = VisitResult.CONFIRMED, "good"
        overturned = result is VisitResult.NOT_CONFIRMED
        written = Written(
            result,
            seen=texts.told("visit", "seen", seen),
            spoken_to=texts.told("visit", "spoken", spoken),
            proposed_label="amber" if overturned else None,
            proposed_reason=texts.told("visit", "proposed") if overturned else "",
            proposed_improvement=texts.told("visit", "improvement") if overturned else "",
        )
        visit_findings.save(story.session, office, return_id, visit_id, standard, written, now=now)
    visits.finish(story.session, office, return_id, visit_id, now=now)
    if share:
        visits.share(story.session, office, return_id, visit_id, now=now)


def _rate_again(story: Story, agency: Invented, now: datetime) -> None:
    rate(
        story, KEY, agency, STANDARD, LANCASHIRE[STANDARD - 1], Rag.AMBER, now,
        reason=texts.told("visit", "rated"),
    )  # fmt: skip


def _send_peers(
    story: Story, agencies: list[Invented], kept: dict[str, int], password: str, now: datetime
) -> None:
    """A visit to come: a visitor with an account of her own, and a peer who is invited."""
    session, office = story.session, story.actors["office"]
    agency = agencies[TO_COME]
    return_id = story.returns[KEY, agency.number]
    visit_id = _arrange(story, agency, kept, 12, now, alone=False)
    (person,) = [
        each for each in PEOPLE if any(role is Role.VISITOR for role, _agency in each.roles)
    ]
    places = [(Role.VISITOR, {"return_id": return_id})]
    visitor = join(session, person, places, password, today=story.now, now=now)
    visit_teams.add(session, office, return_id, visit_id, visitor.email, now=now)
    peer = story.lead(agencies[PEER])
    visit_teams.add(session, office, return_id, visit_id, peer.email, now=now)
