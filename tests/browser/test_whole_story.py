"""The audit end to end, with real clicks: from the board office's first agency to the table that
the board reads, on PostgreSQL. A cycle through three years is told on SQLite, by
test_three_years.py: each engine has one whole journey."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser

from s11audit.domain.dates import london_today
from tests.support.commands import command
from tests.support.journeys import accounts, filling_in, office, plan, quality, results, story
from tests.support.journeys.person import Person
from tests.support.journeys.story import COUNCIL, Somebody
from tests.support.server import Served

TODAY = london_today(datetime.now(UTC))
AGENCIES = ((COUNCIL, ("Council",)), *story.OTHER_AGENCIES)
AMBER_PART, RED_PART = (
    story.standard_names()[number - 1].replace(".", ":", 1) for number in (story.AMBER, story.RED)
)


class Story:
    """The people of the story, each at a browser of their own."""

    def __init__(self, browser: Browser, served: Served) -> None:
        self.browser = browser
        self.served = served
        self.people: list[Person] = []

    def comes(self, who: Somebody) -> Person:
        """Somebody sits down at a browser."""
        person = Person.at_a_browser(self.browser, self.served.url, who.name)
        self.people.append(person)
        return person

    def the_board_office_begins(self) -> Person:
        """The operator makes the board and the office's account; the office sets things up."""
        command(self.served, "board", "add", story.SLUG, story.BOARD)
        said = command(
            self.served,
            "user",
            "add",
            story.OFFICE.email,
            "--role",
            "office",
            "--board",
            story.SLUG,
        )
        link = re.search(r"http\S+/invitations/\S+", said)
        assert link, said
        person = self.comes(story.OFFICE)
        accounts.accept(person, link.group(), "Board office", story.BOARD)
        person.press("Sign out")
        accounts.sign_in(person, story.OFFICE.email)
        for name, categories in AGENCIES:
            office.add_agency(person, name, *categories)
        office.publish_at_once(person)
        office.open_cycle(
            person, story.CYCLE, story.tool_title(), TODAY + timedelta(days=21), agencies=3
        )
        return person

    def invited(self, by: Person, who: Somebody) -> Person:
        """The office invites somebody and hands on the link; they accept it."""
        accounts.invite(by, who.email, who.role, who.agency)
        link = accounts.link_for(by, who.email)
        person = self.comes(who)
        accounts.accept(person, link, who.role, who.place)
        return person

    def the_agency_fills_in(self, lead: Person, contributor: Person) -> str:
        """Two people fill in nine standards; the lead checks, submits and keeps copies."""
        names = story.standard_names()
        standards = story.nine_standards(TODAY)
        filling_in.open_task_list(lead)
        lead.reads("0 of 9 standards complete")
        filling_in.assign(lead, names[4], story.CONTRIBUTOR.name)

        filling_in.open_task_list(contributor)
        for standard in standards[:5]:
            filling_in.fill_in(contributor, standard)
        contributor.reads("5 of 9 standards complete")
        contributor.follow(names[0])
        contributor.reads("Saved by Tom Ashdown")
        filling_in.attach_file(
            contributor, "case-audit.pdf", story.DOCUMENT, "application/pdf",
            "Audit of 20 cases in March",
        )  # fmt: skip
        filling_in.attach_link(contributor, story.LINK, "What young people said of the service")
        contributor.reads("case-audit.pdf", story.LINK)

        filling_in.open_task_list(lead)
        for standard in standards[5:8]:
            filling_in.fill_in(lead, standard)
        lead.reads("8 of 9 standards complete")
        filling_in.see_what_is_missing(
            lead,
            "Answer question 9.1", "Answer question 9.2", "Answer question 9.3",
            "Write the evidence statement", "Choose a rating for this standard",
        )  # fmt: skip
        lead.follow("Answer question 9.1")
        lead.is_at(standards[8].title)
        filling_in.answer(lead, standards[8])
        lead.press("Save and finish")
        lead.reads("9 of 9 standards complete")
        lead.follow("Check your answers")
        lead.reads("Everything that is needed is there.", "case-audit.pdf", story.LINK)
        return filling_in.submit(lead, "Rosalind Okafor", "Chief Executive", "ro@thornmere.example")

    def the_agency_keeps_copies(self, lead: Person, reference: str) -> None:
        """The confirmation gives the return as PDF and as JSON, and it is locked."""
        assert reference.startswith("S11-")
        lead.reads("What happens next")
        name, content = lead.download("Download the return (PDF)")
        assert name.startswith(reference)
        printed = results.text_of_pdf(content)
        for expected in (reference, COUNCIL, "Rosalind Okafor", story.proposed(TODAY).what):
            assert expected in printed
        name, content = lead.download("Download the return (JSON")
        sent = results.document_of_json(content)
        assert len(sent["standards"]) == 9
        assert sent["standards"][0]["evidence"][0]["file"] == "case-audit.pdf"
        lead.follow("Go to your home page")
        lead.reads("Submitted", reference)
        lead.follow("Read what you submitted")
        lead.reads("Chief Executive", "118 of 126 (93.6%)")

    def qa_rates(self, qa: Person) -> None:
        """QA reads standard by standard and finds two short of green."""
        quality.start_review(qa, COUNCIL)
        for number in range(1, 10):
            if number == story.AMBER:
                qa.reads("Actions the agency proposes", story.proposed(TODAY).what)
            if number == 1:
                qa.reads("case-audit.pdf", story.LINK)
            rating, improvement = {
                story.AMBER: ("Partially compliant", "Show that every team knows the number."),
                story.RED: ("Not compliant", "Bring every member of staff up to date."),
            }.get(number, ("Fully compliant", ""))
            comment = f"We read the evidence for standard {number}."
            quality.rate(qa, rating, comment, improvement, last=number == 9)
        quality.finish(qa)
        qa.reads("Every standard is rated. The QA chair can now publish the ratings.")

    def the_agency_plans(self, lead: Person) -> None:
        """The lead reads the ratings, takes over one action, adds one, and returns the plan."""
        plan.open_own_plan(lead)
        lead.follow("Published ratings")
        lead.reads("Not compliant", "Bring every member of staff up to date.")
        lead.follow("Go to the action plan")
        plan.take_over(lead, AMBER_PART, story.proposed(TODAY).what)
        plan.add(lead, RED_PART, story.added(TODAY))
        plan.return_to_qa(lead, story.proposed(TODAY).what, story.added(TODAY).what)

    def the_agency_acts(self, lead: Person) -> None:
        """The lead notes progress on both actions and reports them complete."""
        plan.open_own_plan(lead)
        for action in (story.proposed(TODAY), story.added(TODAY)):
            plan.note_progress(lead, action.what, "Half of the teams have it.")
            plan.report_complete(lead, action.what, "All teams have it; the rotas show it.")

    def qa_verifies(self, qa: Person) -> None:
        """QA verifies both actions and is led to rate each standard again."""
        for action in (story.proposed(TODAY), story.added(TODAY)):
            plan.open_plan_of(qa, COUNCIL)
            plan.verify(qa, action.what, "Seen at the visit of 3 March.")
            qa.page.get_by_role("link", name="again").first.click()
            quality.rate_again(qa, "Fully compliant", "Now in place.", "The actions are verified.")


def the_board_reads(viewer: Person) -> None:
    """The table on the page, and its PDF, XLSX, CSV and JSON, say the same."""
    results.open_compliance_table(viewer, story.CYCLE)
    expected = sorted(
        [
            (COUNCIL, "Yes", "Partially", "Yes", "Yes", "", "Fully"),
            *((name, "No", "Not known", "", "", "", "Not known") for name, _ in AGENCIES[1:]),
        ]
    )
    assert results.rows_on_page(viewer) == expected
    viewer.reads("1 fully compliant of 3 asked (1 returned)", "0 red, 1 amber, 8 green")
    files = {ending: viewer.download(ending.upper()) for ending in ("pdf", "xlsx", "csv", "json")}
    assert {ending: name.rsplit(".", 1)[1] for ending, (name, _) in files.items()} == {
        ending: ending for ending in files
    }
    assert results.rows_of_xlsx(files["xlsx"][1]) == expected
    assert results.rows_of_csv(files["csv"][1]) == expected
    document = results.document_of_json(files["json"][1])
    assert results.rows_of_json(document) == expected
    assert (document["asked"], document["returned"]) == (3, 1)
    assert document["current"]["fully"] == 1
    printed = results.text_of_pdf(files["pdf"][1])
    for text in (
        story.CYCLE,
        "1 fully compliant of 3 asked (1 returned)",
        *(row[0] for row in expected),
    ):
        assert text in printed


@pytest.fixture
def tale(browser: Browser, served: Served) -> Iterator[Story]:
    """A story that is about to begin."""
    made = Story(browser, served)
    yield made
    for person in made.people:
        person.leave()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_audit_from_the_first_agency_to_the_table(tale: Story) -> None:
    office_person = tale.the_board_office_begins()
    lead, contributor, qa, chair, viewer = (
        tale.invited(office_person, who) for who in story.INVITED
    )
    reference = tale.the_agency_fills_in(lead, contributor)
    tale.the_agency_keeps_copies(lead, reference)
    tale.qa_rates(qa)
    quality.publish(chair, COUNCIL)
    tale.the_agency_plans(lead)
    plan.open_plan_of(qa, COUNCIL)
    plan.accept(qa)
    tale.the_agency_acts(lead)
    tale.qa_verifies(qa)
    quality.publish(chair, COUNCIL)
    the_board_reads(viewer)
    assert command(tale.served, "log", "verify").startswith("The log is whole: ")
