"""Every page, for every role that may open it: axe finds nothing, it fits a phone and 400 % zoom,
it has its one heading and title, and the keyboard finds its way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from s11audit import create_app
from s11audit.extensions import db
from s11audit.models import User
from s11audit.transactions import writing
from s11audit.views import errors
from tests.support import examples, filled_board, page_checks, page_walk
from tests.support.counting import counted_queries, written
from tests.support.databases import Databases, close_engines, settings_for
from tests.support.filled_builder import FilledBoard
from tests.support.page_walk import Address
from tests.support.server import Served, serving
from tests.support.web import sign_in, sign_in_page

pytestmark = pytest.mark.xdist_group("accessibility")

ANYBODY = "anybody"
# Routes that answer with a file, or lead on.
ANSWERS_NO_PAGE = {
    "calendars.feed", "challenges.sheet", "escalations.pdf", "evidence.download", "figures.as_csv",
    "reports.compliance_file", "reports.standards_file",
    "reports.comparison_file", "tools.lineage_file",
    "health.alive", "health.metrics", "health.ready",
    "meetings.exceptions_file", "meetings.minutes_file", "meetings.pack_file",
    "meetings.plan_file", "retention.removed", "themes.published_file",
    "responses.latest_submission", "responses.submission_json", "responses.submission_pdf",
    "reviews.following", "sign_on.begin", "sign_on.finish", "sign_on.invited",
    "passkeys.remove", "second_factor.code", "second_factor.remove",  # for who has one
    "start.home", "tools.blank", "tools.pattern", "workbooks.download",
    "paper_entries.original", "visits.download", "visits.pdf", "visits.report_file",
}  # fmt: skip
ROLES = (
    "lead", "contributor", "office", "qa", "chair", "viewer", "scrutineer", "admin", "visitor",
    ANYBODY,
)  # fmt: skip


@dataclass
class Everything:
    """The filled board, the application that serves it, and which role opens which page."""

    made: FilledBoard
    app: Flask
    served: Served
    addresses: list[Address]
    without_example: list[str]
    plan: dict[str, list[Address]]
    failed: set[str]
    written: list[str]
    looks: page_checks.Looks


@pytest.fixture(scope="module")
def everything(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Everything]:
    """One filled database, served, for every test of this file; none of them changes it."""
    url = databases.make("sqlite")
    settings = settings_for(url, tmp_path_factory.mktemp("data"))
    app = create_app(settings)
    app.config["PROPAGATE_EXCEPTIONS"] = False  # a page that fails is told with its address
    with app.app_context(), writing() as session:
        made = filled_board.build(session, app.config["EVIDENCE_URL"])
    found, without = page_walk.addresses(
        app, examples.by_argument(made), examples.by_endpoint(made)
    )
    with serving(settings) as running:
        clients = {role: _client(app, made, role) for role in ROLES}
        with counted_queries() as statements, pytest.MonkeyPatch.context() as patch:
            # Most of what is asked for is not for that role: the refusal needs no page around it.
            patch.setattr(errors, "render_template", lambda name, **_values: name)
            plan, failed = _plan(clients, found)
        yield Everything(
            made,
            app,
            running,
            found,
            without,
            plan,
            failed,
            written(statements),
            page_checks.Looks(),
        )
    close_engines(app)
    databases.drop(url)


def _plan(
    clients: dict[str, FlaskClient], found: list[Address]
) -> tuple[dict[str, list[Address]], set[str]]:
    """Return for each role the pages to look at, and with them the addresses that fail.

    Every route once, and each further look that shows a kind of element which no look before has
    shown on any route. Each role looks at one page at least, for its header.
    """
    seen: set[tuple[str, ...]] = set()
    looked_at: set[str] = set()
    failed: set[str] = set()
    plan: dict[str, list[Address]] = {}
    for role, client in clients.items():
        plan[role] = []
        pages = [each for each in found if each.endpoint not in ANSWERS_NO_PAGE]
        for visit in page_walk.visits(client, pages):
            endpoint = visit.address.endpoint
            if visit.failed:
                failed.add(f"{role}: {visit.address.path}")
            elif endpoint not in looked_at or not plan[role] or not visit.kinds <= seen:
                plan[role].append(visit.address)
                looked_at.add(endpoint)
                seen |= visit.kinds
    return plan, failed


def _client(app: Flask, made: FilledBoard, role: str) -> FlaskClient:
    client = app.test_client()
    if role != ANYBODY:
        with app.app_context():
            sign_in(client, db.session.get_one(User, made.user_ids[role]))
    return client


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser of one person's own, wide at first."""
    made = browser.new_context(
        viewport={"width": page_checks.WIDE, "height": 900}, locale="en-GB",
        timezone_id="Europe/London", reduced_motion="reduce",
    )  # fmt: skip
    yield made
    made.close()


def test_every_route_has_an_example(everything: Everything) -> None:
    assert everything.without_example == [], "give them examples in tests/support/examples.py"


def test_no_page_fails(everything: Everything) -> None:
    assert everything.failed == set()


def test_reading_a_page_changes_nothing(everything: Everything) -> None:
    assert everything.written == []


def test_every_page_is_opened_by_somebody(everything: Everything) -> None:
    """Nobody being able to open the example would leave a page without a test."""
    opened = {address.endpoint for pages in everything.plan.values() for address in pages}
    assert {address.endpoint for address in everything.addresses} - opened == ANSWERS_NO_PAGE


def test_what_answers_no_page_answers_none(everything: Everything) -> None:
    first = {
        address.endpoint: address
        for address in reversed(everything.addresses)
        if address.endpoint in ANSWERS_NO_PAGE
    }
    for role in ("lead", "qa", "office"):
        client = _client(everything.app, everything.made, role)
        assert list(page_walk.visits(client, list(first.values()))) == []


@pytest.mark.parametrize("role", ROLES)
def test_every_page_is_for_everybody(
    everything: Everything, context: BrowserContext, role: str
) -> None:
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: _hear(message, said))
    if role != ANYBODY:
        sign_in_page(page, everything.served.url, everything.made.people[role])
    problems: list[str] = []
    for address in everything.plan[role]:
        said.clear()
        _open(page, everything.served.url, address)
        found = [*page_checks.problems_of(page, everything.looks), *said]
        problems += [f"{address.path}: {problem}" for problem in found]
    assert not problems, "\n".join(problems)


def _open(page: Page, url: str, address: Address) -> None:
    answer = page.goto(f"{url}{address.path}", wait_until="load")
    assert answer is not None
    assert answer.status == 200, address


def _hear(message: ConsoleMessage, said: list[str]) -> None:
    """Keep what the browser complains of: a script that fails, a thing the policy refuses."""
    if message.type in ("error", "warning"):
        said.append(f"the browser's console: {message.text}")


FILLED_IN = "input:not([type=hidden]), textarea, select"
# The forms that refuse to be sent empty, by who sends them.
FORMS = {
    "lead": (
        "agency_people.hand_over", "agency_people.invite", "profiles.name",
        "actions.add", "actions.agency_step", "actions.change", "confirming.confirm",
        "replies.dispute",
        "evidence.add_file",
        "evidence.add_link", "evidence.change", "evidence.use", "responses.confirm",
        "responses.still_true",
        "responses.submit",
        "security.change_password", "second_factor.set_up",
        "workbooks.upload",
    ),
    "office": (
        "accounts.invite", "accounts.invite_many", "agency_people.replace", "agencies.add",
        "agencies.change",
        "allotments.change", "allotments.of_return", "allotments.reply_days", "allotments.stage",
        "agencies.end", "agencies.succession", "challenges.add_action", "challenges.arrange",
        "challenges.change", "chasing.write", "confirming.rate_again", "escalations.done",
        "escalations.letter", "cycles.join", "cycles.open_new", "cycles.open_sample",
        "cycles.add_sample",
        "imports.upload", "reminders.schedule", "reminders.words",
        "paper_entries.start", "returns.extend", "returns.send_back", "returns.standing",
        "screening.add", "screening.dismiss", "screening.send_back", "tools.add", "tools.lineage",
        "meetings.add", "meetings.add_decision", "meetings.add_line", "meetings.place",
        "redactions.file", "redactions.passage", "themes.add", "themes.merge", "themes.tag",
        "visits.arrange", "visits.cancel", "visits.freeze", "visits.give_up", "visits.team",
    ),
    "qa": ("actions.decide", "actions.monitor", "reviews.standard"),
    "chair": ("moderation.dispute", "moderation.open_early", "moderation.standard"),
    "admin": (
        "installation.add_board", "installation.administrators", "redactions.passage_everywhere",
    ),
    ANYBODY: (
        "invitations.invitation", "security.forgot_password", "security.login",
        "security.reset_password",
    ),
}  # fmt: skip


# Takes out of a form what can be seen of its texts, choices and boxes.
EMPTY = """(form) => {
  const seen = (each) => each.checkVisibility();
  const texts = "input[type=text], input[type=email], textarea";
  for (const each of form.querySelectorAll(texts)) if (seen(each)) each.value = "";
  for (const each of form.querySelectorAll("select"))
    if (seen(each) && each.querySelector("option[value='']")) each.value = "";
  for (const each of form.querySelectorAll("input[type=checkbox]:checked")) each.checked = false;
}"""


@pytest.mark.parametrize("role", FORMS)
def test_a_form_sent_empty_says_what_it_needs(
    everything: Everything, context: BrowserContext, role: str
) -> None:
    page = context.new_page()
    if role != ANYBODY:
        sign_in_page(page, everything.served.url, everything.made.people[role])
    client = _client(everything.app, everything.made, role)
    problems: list[str] = []
    for endpoint in FORMS[role]:
        found = [each for each in everything.addresses if each.endpoint == endpoint]
        if not any(
            _sent_empty(page, everything.served.url, visit.address)
            for visit in page_walk.visits(client, found)
        ):
            problems.append(f"{endpoint}: there is no form to send")
            continue
        here = [
            *page_checks.summary_problems(page),
            *page_checks.problems_of(page, everything.looks),
        ]
        problems += [f"{endpoint}: {problem}" for problem in here]
    assert not problems, "\n".join(problems)


def _sent_empty(page: Page, url: str, address: Address) -> bool:
    """Clear what the page's form holds and send it; False where the page has no form to fill."""
    page.goto(f"{url}{address.path}")
    form = page.locator("main form[method=post]").filter(has=page.locator(FILLED_IN)).first
    if not form.count():
        return False
    form.evaluate(EMPTY)
    with page.expect_navigation():
        form.locator("button[type=submit]").first.click()
    return True


def test_a_report_of_no_day_says_so(everything: Everything, context: BrowserContext) -> None:
    page = context.new_page()
    sign_in_page(page, everything.served.url, everything.made.people["viewer"])
    address = next(each for each in everything.addresses if each.endpoint == "reports.compliance")
    _open(page, everything.served.url, address)
    page.get_by_label("Day", exact=True).fill("31")
    page.get_by_label("Month", exact=True).fill("2")
    page.get_by_label("Year", exact=True).fill("2026")
    with page.expect_navigation():
        page.get_by_role("button", name="Show").click()
    problems = [
        *page_checks.summary_problems(page),
        *page_checks.problems_of(page, everything.looks),
    ]
    assert not problems, "\n".join(problems)


def test_a_report_saved_as_a_page_is_for_everybody(
    everything: Everything, context: BrowserContext
) -> None:
    page = context.new_page()
    client = _client(everything.app, everything.made, "viewer")
    files = {
        "reports.compliance_file", "reports.standards_file", "meetings.exceptions_file",
        "meetings.plan_file", "themes.published_file", "visits.report_file",
    }  # fmt: skip
    found = [each for each in everything.addresses if each.path.endswith(".html")]
    assert {each.endpoint for each in found} == files
    problems: list[str] = []
    for address in found:
        page.set_content(client.get(address.path).text)
        here = [
            *page_checks.frame_problems(page),
            *page_checks.axe_problems(page),
            *page_checks.width_problems(page),
        ]
        problems += [f"{address.path}: {problem}" for problem in here]
    assert not problems, "\n".join(problems)
