"""Every page, for every role that may open it: axe finds nothing, it fits a phone and 400 % zoom,
it has its one heading and title, and the keyboard finds its way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from s11audit import create_app
from s11audit.extensions import db
from s11audit.models import User
from s11audit.transactions import writing
from tests.support import examples, filled_board, page_checks, page_walk
from tests.support.databases import Databases, close_engines, settings_for
from tests.support.filled_board import FilledBoard
from tests.support.page_walk import Address
from tests.support.server import Served, serving
from tests.support.web import sign_in, sign_in_page

pytestmark = pytest.mark.xdist_group("accessibility")

ANYBODY = "anybody"
# Routes that answer with a file, or lead on.
ANSWERS_NO_PAGE = {
    "evidence.download", "reports.compliance_file", "reports.standards_file",
    "responses.latest_submission", "responses.submission_json", "responses.submission_pdf",
    "reviews.following", "start.home", "tools.blank", "tools.pattern",
}  # fmt: skip
ROLES = (
    "lead", "contributor", "office", "qa", "chair", "viewer", "scrutineer", "admin", ANYBODY,
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
        yield Everything(made, app, running, found, without, *_plan(app, made, found))
    close_engines(app)
    databases.drop(url)


def _plan(
    app: Flask, made: FilledBoard, found: list[Address]
) -> tuple[dict[str, list[Address]], set[str]]:
    """Return for each role the pages to look at: every route once, and each further look of one
    that no role before it has seen. With it, the addresses that fail."""
    seen: set[tuple[str, str]] = set()
    failed: set[str] = set()
    plan: dict[str, list[Address]] = {}
    for role in ROLES:
        client = app.test_client()
        if role != ANYBODY:
            with app.app_context():
                sign_in(client, db.session.get_one(User, made.user_ids[role]))
        plan[role] = []
        own: set[str] = set()
        for visit in page_walk.visits(client, found):
            endpoint = visit.address.endpoint
            if visit.failed:
                failed.add(f"{role}: {visit.address.path}")
                continue
            if endpoint not in own or (endpoint, visit.shape) not in seen:
                plan[role].append(visit.address)
            own.add(endpoint)
            seen.add((endpoint, visit.shape))
    return plan, failed


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


def test_every_page_is_opened_by_somebody(everything: Everything) -> None:
    """Nobody being able to open the example would leave a page without a test."""
    opened = {address.endpoint for pages in everything.plan.values() for address in pages}
    assert {address.endpoint for address in everything.addresses} - opened == ANSWERS_NO_PAGE


@pytest.mark.parametrize("role", ROLES)
def test_every_page_is_for_everybody(
    everything: Everything, context: BrowserContext, role: str
) -> None:
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(_told(message)))
    if role != ANYBODY:
        sign_in_page(page, everything.served.url, everything.made.people[role])
    problems: list[str] = []
    for address in everything.plan[role]:
        said.clear()
        _open(page, everything.served.url, address)
        found = [*page_checks.problems_of(page), *said]
        problems += [f"{address.path}: {problem}" for problem in found]
    assert not problems, "\n".join(problems)


def _open(page: Page, url: str, address: Address) -> None:
    answer = page.goto(f"{url}{address.path}", wait_until="load")
    assert answer is not None
    assert answer.status == 200, address


def _told(message: ConsoleMessage) -> str:
    return f"the browser's console: {message.text}"
