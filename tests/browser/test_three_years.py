"""A cycle through its three years and into the next one, with real clicks, on SQLite: two
reviewers who disagree, a dispute, a draw, a visit that overturns a rating, updates, and a new
cycle on the other tool. The audit from its first agency on is told on PostgreSQL, by
test_whole_story.py: each engine has one whole journey."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy.orm import Session

from s11audit.domain.dates import london_today
from s11audit.services import log
from s11audit.tools import loader
from tests import factories as make
from tests.support.journeys import (
    accounts,
    drawing,
    following_up,
    next_cycle,
    office,
    plan,
    quality,
    replying,
    results,
    reviewing_together,
    three_years,
)
from tests.support.journeys.filling_in import Proposed
from tests.support.journeys.person import Person
from tests.support.journeys.three_years import (
    COUNCIL,
    CYCLE,
    GOVERNANCE,
    POLICE,
    TRAINING,
    TRUSTS,
    Cast,
)
from tests.support.server import Served

TODAY = london_today(datetime.now(UTC))
IN_FOUR_MONTHS = TODAY + timedelta(days=120)
GREEN, AMBER, RED = "Fully compliant", "Partially compliant", "Not compliant"
ALL_NINE = three_years.standard_names()
GOVERNANCE_PART, TRAINING_PART = (each.replace(".", ":", 1) for each in (GOVERNANCE, TRAINING))

NUMBER, COURSES = "Show that every team knows the number.", "Train the eight who missed it."
FIRST_VIEW = "The rota of two teams has no number on it."
SECOND_VIEW = "Nobody on the night shift knew the number."
OUR_REASON = "The eight had been trained by their agency. The list of March leaves them out."
THEIR_REASON = "The agency’s list is not dated, so the rating stands."
SEEN = "Four of ten young people had been asked nothing."
ACTIONS = {
    GOVERNANCE_PART: Proposed("Put the number on every rota", "Head of Service", IN_FOUR_MONTHS),
    TRAINING_PART: Proposed("Book eight places", "Training Manager", IN_FOUR_MONTHS),
}


class Story:
    """The people of the story, each at a browser of their own, signed in when first needed."""

    def __init__(self, browser: Browser, served: Served, who: Cast) -> None:
        self.browser, self.served, self.who = browser, served, who
        self.people: dict[str, Person] = {}

    def __getitem__(self, who: str) -> Person:
        if who not in self.people:
            person = Person.at_a_browser(self.browser, self.served.url, self.who.users[who].name)
            accounts.sign_in(person, self.who.email(who), make.PASSWORD)
            self.people[who] = person
        return self.people[who]

    def the_office_asks_for_more(self) -> None:
        """Screening sends the return back; the council says more and submits again."""
        reviewing_together.send_back(self["office"], COUNCIL, "Say more about training, please.")
        lead = self[COUNCIL]
        lead.reads("Say more about training, please.")
        lead.follow("Go to the task list")
        lead.follow(TRAINING)
        lead.type("Evidence statement", three_years.MORE)
        lead.press("Save and go to the task list")
        lead.is_told("Standard 5 is saved.")
        following_up.submit(lead, "Rosalind Okafor")

    def two_reviewers_disagree(self) -> None:
        """Each rates alone: standard 3 is amber or red to them, standard 5 green or amber."""
        views = {
            "qa": {3: (AMBER, FIRST_VIEW, NUMBER)},
            "second qa": {3: (RED, SECOND_VIEW, NUMBER), 5: (AMBER, "Eight missed it.", COURSES)},
        }
        for reviewer, theirs in views.items():
            qa = self[reviewer]
            reviewing_together.begin(qa, COUNCIL)
            for number, standard in enumerate(ALL_NINE, 1):
                qa.is_at(standard)
                reviewing_together.sees_nothing_of(qa, FIRST_VIEW, SECOND_VIEW)
                rating, comment, improvement = theirs.get(number, (GREEN, "As they say.", ""))
                quality.rate(qa, rating, comment, improvement, last=number == 9)
            reviewing_together.finish(qa, last=reviewer == "second qa")
            if reviewer == "qa":
                qa.follow("Moderation")
                qa.reads("Reviewers rate alone.", "Ffion Abara")
                reviewing_together.sees_nothing_of(qa, FIRST_VIEW)

    def the_group_agrees(self) -> None:
        """The chair reads both views side by side; seven are agreed at once, two with a reason."""
        chair = self["chair"]
        reviewing_together.open_review(chair, COUNCIL)
        chair.follow("Moderate the ratings")
        chair.reads(FIRST_VIEW, SECOND_VIEW, "0 of 9 standards agreed.")
        chair.press("Agree the 7 that all rated green or not applicable")
        chair.is_told("agreed as every reviewer rated.")
        chair.reads("7 of 9 standards agreed.")
        for number, required in ((3, NUMBER), (5, COURSES)):
            reviewing_together.agree(
                chair, number, AMBER, "The audits outweigh one visit.", required, IN_FOUR_MONTHS
            )
        reviewing_together.share(chair)

    def the_agency_disputes_one(self) -> None:
        """The lead disputes standard 5 and accepts the rest; the group keeps it."""
        lead, chair = self[COUNCIL], self["chair"]
        replying.open_ratings(lead)
        lead.reads(NUMBER, COURSES)
        replying.dispute(lead, 5, OUR_REASON)
        replying.accept_all(lead, 8)
        lead.is_told("You accepted the ratings.")
        reviewing_together.open_review(chair, COUNCIL)
        replying.keep(chair, 5, THEIR_REASON)
        lead.follow("Home")
        lead.follow("Read the ratings")
        lead.reads("Disputed", OUR_REASON, THEIR_REASON, "The rating was kept.")
        chair.follow("Reports")
        chair.follow(f"ratings by standard of {CYCLE}, stage 1")
        marked = chair.main.get_by_role("row").filter(has_text="disputed")
        expect(marked).to_have_count(1)
        expect(marked).to_contain_text(COUNCIL)

    def the_draw_is_made(self) -> list[str]:
        """The office freezes the pool, then has the seed made; two of the four trusts are picked,
        as anybody can work out from the names and the seed."""
        pool = drawing.freeze(self["office"], f"{CYCLE}, stage 1", "NHS provider", 2)
        assert pool == list(TRUSTS)
        seed, picked = drawing.draw(self["office"])
        assert picked == picks(seed, TRUSTS, 2)
        return picked

    def a_visit_overturns_a_rating(self, trust: str) -> None:
        """A peer from the police finds that a claim does not stand; QA takes that over."""
        drawing.arrange(self["office"], trust, TODAY, self.who.email(POLICE))
        peer, qa, chair, lead = self[POLICE], self["qa"], self["chair"], self[trust]
        peer.follow(trust, within=peer.main)
        drawing.open_visit(peer)
        drawing.does_not_confirm(
            peer, ALL_NINE[3], SEEN, AMBER, "The claim does not stand.", "Ask all of them."
        )
        drawing.finish(peer)
        drawing.share(self["office"], trust)
        reviewing_together.open_review(qa, trust)
        drawing.take_over(qa, "The visit found otherwise.")
        reviewing_together.open_review(chair, trust)
        reviewing_together.share(chair, IN_FOUR_MONTHS)
        replying.open_ratings(lead)
        replying.accept_all(lead, 1)
        replying.are_final(lead)

    def the_plan_is_begun(self) -> None:
        """The council plans both improvements, QA accepts, and verifies the first action."""
        lead, qa = self[COUNCIL], self["qa"]
        plan.open_own_plan(lead)
        for part, action in ACTIONS.items():
            plan.add(lead, part, action)
        plan.return_to_qa(lead, *(action.what for action in ACTIONS.values()))
        plan.open_plan_of(qa, COUNCIL)
        plan.accept(qa)
        done = ACTIONS[GOVERNANCE_PART].what
        lead.follow(done)
        plan.report_complete(lead, done, "It is on all eleven rotas.")
        plan.open_plan_of(qa, COUNCIL)
        plan.verify(qa, done, "The rotas were seen.")

    def the_second_year(self) -> None:
        """The council updates what fell short and says the rest is still true; the police, all
        green, confirm on one page."""
        lead, qa, chair = self[COUNCIL], self["qa"], self["chair"]
        following_up.open_stage(self["office"], CYCLE, 2)
        lead.follow("Home")
        lead.follow("Go to the task list")
        following_up.update(lead, GOVERNANCE, GREEN, "All rotas have it.", NUMBER)
        following_up.update(lead, TRAINING, AMBER, "Four of eight are trained.", COURSES)
        following_up.say_still_true(lead, 7, "Rosalind Okafor")
        following_up.submit(lead, "Rosalind Okafor")
        self.police_confirm()
        reviewing_together.begin(qa, COUNCIL, 2)
        qa.follow("All standards of this return")
        reviewing_together.rate(qa, GOVERNANCE, GREEN, "The rotas show it.")
        reviewing_together.rate(qa, TRAINING, AMBER, "Four are left.", "Train the other four.")
        self.agreed_and_accepted(2, 2)
        reviewing_together.open_review(chair, POLICE, 2)
        following_up.accept(chair)

    def police_confirm(self) -> None:
        """The police, green throughout, have one page."""
        self[POLICE].follow(POLICE, within=self[POLICE].main)
        following_up.confirm_on_one_page(self[POLICE], 9, "Chief Constable Vine")

    def the_third_year(self) -> None:
        """One standard is left to update, and falls short again."""
        lead, qa = self[COUNCIL], self["qa"]
        following_up.open_stage(self["office"], CYCLE, 3)
        lead.follow("Home")
        lead.follow("Go to the task list")
        following_up.update(
            lead, TRAINING, AMBER, "Six of eight are trained.", "Train the other four."
        )
        following_up.say_still_true(lead, 8, "Rosalind Okafor")
        following_up.submit(lead, "Rosalind Okafor")
        reviewing_together.begin(qa, COUNCIL, 3)
        qa.follow("All standards of this return")
        reviewing_together.rate(qa, TRAINING, AMBER, "Two are left.", "Train the last two.")
        self.agreed_and_accepted(3, 1)

    def agreed_and_accepted(self, stage: int, ratings: int) -> None:
        """The one reviewer finishes, the chair confirms and shares, and the lead accepts."""
        reviewing_together.finish(self["qa"], last=True)
        reviewing_together.open_review(self["chair"], COUNCIL, stage)
        reviewing_together.share(self["chair"], IN_FOUR_MONTHS)
        replying.open_ratings(self[COUNCIL])
        replying.accept_all(self[COUNCIL], ratings)
        replying.are_final(self[COUNCIL])

    def a_new_cycle_on_the_other_tool(self) -> None:
        """What is open follows the council; what it said of training stands beside the question
        of the other tool, is taken over and confirmed."""
        lead = self[COUNCIL]
        title = loader.load_builtin(three_years.NEXT_TOOL).title
        due = TODAY + timedelta(days=1100)
        office.open_cycle(self["office"], three_years.NEXT_CYCLE, title, due, agencies=7)
        lead.follow("Home")
        lead.follow("Go to the task list")
        lead.reads("Still open from earlier cycles", "Train the last two.")
        next_cycle.take_over(
            lead, "11. Training", CYCLE, TRAINING, AMBER, "Two are left.", "Train the last two."
        )
        expect(lead.main.get_by_label("Evidence statement")).to_have_value(three_years.MORE)
        lead.choose(AMBER)
        next_cycle.confirm(lead)

    def the_tables_say(self, visited: str) -> None:
        """The compliance table and the ratings by standard, as worked out by hand."""
        chair = self["chair"]
        chair.follow("Reports")
        chair.follow(f"Compliance table of {CYCLE}, stage 1")
        green = ("Yes", "Fully", "N/A", "N/A", "", "Fully")
        expected = dict.fromkeys((POLICE, *TRUSTS), green) | {
            # Standard 5 is amber still; of its actions one is verified and one is not.
            COUNCIL: ("Yes", "Fully", "Yes", "Underway", "", "Partially"),
            # The visit left it with an amber, and no plan yet.
            visited: ("Yes", "Fully", "No", "", "", "Partially"),
            three_years.CHARITY: ("No", "Not known", "", "", "", "Not known"),
        }
        # Fully: the police and the three trusts that were not visited.
        chair.reads("4 fully compliant of 7 asked (6 returned)")
        rows = results.rows_on_page(chair)
        assert rows == sorted((name, *cells) for name, cells in expected.items())


def picks(seed: str, pool: tuple[str, ...], count: int) -> list[str]:
    """Return what the draw has to pick: the first by the SHA-256 of SEED:AGENCY NAME."""
    return sorted(pool, key=lambda name: hashlib.sha256(f"{seed}:{name}".encode()).hexdigest())[
        :count
    ]


@pytest.fixture
def tale(browser: Browser, served: Served, session: Session) -> Iterator[Story]:
    """A board with its people and agencies, before its first cycle."""
    made = Story(browser, served, three_years.cast(session))
    yield made
    for person in made.people.values():
        person.leave()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_cycle_through_three_years_and_into_the_next(tale: Story, session: Session) -> None:
    years = [TODAY + timedelta(days=days) for days in (21, 386, 751)]
    title = loader.load_builtin(three_years.TOOL).title
    office.open_cycle(tale["office"], CYCLE, title, years[0], 7, later=years[1:])
    three_years.send_in_the_council(session, tale.who)
    three_years.import_the_others(session, tale.who)

    tale.the_office_asks_for_more()
    reviewing_together.allot(
        tale["office"], CYCLE, 1, ["Dilys Morgan-Price", "Ffion Abara"], COUNCIL
    )
    tale.two_reviewers_disagree()
    tale.the_group_agrees()
    tale.the_agency_disputes_one()
    picked = tale.the_draw_is_made()
    tale.a_visit_overturns_a_rating(picked[0])
    tale.the_plan_is_begun()
    tale.the_second_year()
    tale.the_third_year()
    tale.a_new_cycle_on_the_other_tool()
    tale.the_tables_say(picked[0])
    session.rollback()
    entries, broken = log.verify(session)
    assert entries > 100 and broken is None
