"""The office says what became of an agency, looks at what passes, and confirms."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.dates import london_today
from s11audit.domain.enums import Standing
from s11audit.models import Improvement, Membership, Return
from s11audit.queries.open_improvements import open_of
from tests import factories as make
from tests.integration.lineage.new_cycle import new_cycle
from tests.support.web import sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_split_is_looked_at_then_confirmed(client: FlaskClient, session: Session) -> None:
    from s11audit.views.guards import now

    with client.application.app_context():
        day = london_today(now())
    at = new_cycle(session)
    sign_in(client, at.office)
    page = f"/boards/{at.board.slug}/agencies/{at.agency.id}/succession"
    assert "What became of this agency?" in client.get(page).text
    typed = {
        "kind": "split", "names": "Fellmere Acute\r\nFellmere Community", "reason": "By order.",
        "on-day": day.day, "on-month": day.month, "on-year": day.year, "standing": "withdrawn",
    }  # fmt: skip
    wrong = client.post(page, data=typed | {"names": "One", "check": "y"}).text
    assert "Enter two to 6 agencies" in wrong and "By order." in wrong
    shown = client.post(page, data=typed | {"check": "y"}).text
    for words in ("Check before you confirm", "Improve standard 7.", "Amira Khan", "Audit 2026"):
        assert words in shown
    assert session.scalar(select(Membership.id).where(Membership.name == "Fellmere Acute")) is None
    seven = next(each for each in open_of(session, at.agency.id) if each.standard == 7)
    assert f'name="improvement-{seven.id}"' in shown
    session.rollback()
    done = client.post(
        page, data=typed | {"confirm": "y", f"improvement-{seven.id}": "1"}, follow_redirects=True
    ).text
    assert "What was under way passed to Fellmere Acute and Fellmere Community." in done
    assert "carried on by" in done
    community = session.scalars(
        select(Membership).where(Membership.name == "Fellmere Community")
    ).one()
    assert session.get_one(Improvement, seven.id).membership_id == community.id
    # The lead passed to Fellmere Acute, reads the old return from its home, and its plan.
    acute = session.scalars(select(Membership).where(Membership.name == "Fellmere Acute")).one()
    community_page = f"/boards/{at.board.slug}/agencies/{community.id}"
    session.rollback()
    assert "Improve standard 7." in client.get(community_page).text
    sign_in(client, at.lead)
    home = client.get(f"/agencies/{acute.id}").text
    assert "From those that you carry on" in home and "Audit 2023" in home
    assert client.get(f"/returns/{at.was.id}/submissions/1").status_code == 200
    assert client.get(f"/returns/{at.was.id}/plan").status_code == 200


def test_several_that_merged_into_one_are_recorded_together(
    client: FlaskClient, session: Session
) -> None:
    from s11audit.views.guards import now

    with client.application.app_context():
        day = london_today(now())
    at = new_cycle(session)
    other = make.membership(session, at.board, "Hilltop Trust", categories=at.agency.categories)
    theirs = make.return_(session, other, at.cycle)
    session.commit()
    sign_in(client, at.office)
    page = f"/boards/{at.board.slug}/agencies/{at.agency.id}/succession"
    typed = {
        "kind": "merged", "names": "North Trust", "others": "hilltop trust", "reason": "By order.",
        "on-day": day.day, "on-month": day.month, "on-year": day.year, "standing": "withdrawn",
    }  # fmt: skip
    wrong = client.post(page, data=typed | {"others": "Nobody Trust", "check": "y"}).text
    assert "“Nobody Trust” is not on this board" in wrong and "By order." in wrong
    shown = client.post(page, data=typed | {"check": "y"}).text
    assert "Hilltop Trust</h2>" in shown and "This one is withdrawn" in shown
    client.post(page, data=typed | {"confirm": "y"})
    session.expire_all()
    new = session.scalars(select(Membership).where(Membership.name == "North Trust")).one()
    assert session.get_one(Return, at.now.id).membership_id == new.id
    assert session.get_one(Return, theirs.id).standing is Standing.WITHDRAWN
    assert session.get_one(Membership, other.id).ends_on == day
    # A second browser that confirms the same is told, and nothing is done twice.
    again = client.post(page, data=typed | {"confirm": "y"}, follow_redirects=True)
    assert "left the board" in again.text
