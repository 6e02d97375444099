"""A visitor fills in the worksheet on a phone: saved as it is typed, and nothing typed is lost."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Rag
from s11audit.models import VisitFinding, VisitItem
from s11audit.services import visit_teams, visits
from tests import factories as make
from tests.factories import NOW
from tests.support.reviewing import panel
from tests.support.server import Served
from tests.support.web import sign_in_page

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

SAVED = re.compile(r"^Saved at \d+:\d\d[ap]m$")


def test_a_worksheet_on_a_phone(served: Served, page: Page, session: Session) -> None:
    found = panel(session, rag=Rag.GREEN)
    office = found.actor(session, "office")
    peer = make.user(session, name="Peer One")
    visit = visits.arrange(session, office, found.return_.id, make.TODAY, now=NOW)
    visit_teams.add(session, office, found.return_.id, visit.id, peer.email, now=NOW)
    session.commit()
    page.set_viewport_size({"width": 375, "height": 740})
    sign_in_page(page, served.url, peer.email)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Visits to {found.agency.name}")
    page.goto(f"{served.url}/returns/{found.return_.id}/visits/{visit.id}/standards/2")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    box = page.get_by_label("It rates itself green: fully compliant")
    target = page.locator(f"label[for={box.get_attribute('id')}]").bounding_box()
    assert target and target["height"] >= 24
    box.check()
    expect(page.locator("#saved")).to_have_text(SAVED, timeout=8000)
    page.get_by_label("What did you see?").press_sequentially("Ten files.")
    expect(page.locator("#saved")).to_have_text("Not saved yet")
    expect(page.locator("#saved")).to_have_text(SAVED, timeout=8000)
    session.rollback()
    finding = session.scalars(select(VisitFinding).where(VisitFinding.standard == 2)).one()
    assert finding.seen == "Ten files."
    assert [item.done for item in session.scalars(select(VisitItem).order_by(VisitItem.id))].count(
        True
    ) == 1
    # No signal in the basement: what is typed stays in the phone, and is saved afterwards.
    page.context.set_offline(True)
    page.get_by_label("Whom did you speak to?").fill("Two managers")
    page.get_by_label("Whom did you speak to?").blur()
    expect(page.locator("#saved")).to_contain_text("kept in this browser", timeout=8000)
    page.context.set_offline(False)
    page.reload()
    expect(page.get_by_label("Whom did you speak to?")).to_have_value("Two managers")
    expect(page.locator("#saved")).to_have_text(SAVED, timeout=8000)
    page.get_by_role("button", name="Save and next standard").click()
    page.wait_for_url("**/standards/3")
    session.rollback()
    session.refresh(finding)
    assert finding.spoken_to == "Two managers"
