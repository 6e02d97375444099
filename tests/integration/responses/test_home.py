"""An agency's home: what comes first, and what happens next once ratings are published."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Rag, ReturnState
from s11audit.models import Improvement
from s11audit.queries.agency_home import tasks
from s11audit.services import actions, plans
from tests import factories as make
from tests.factories import NOW
from tests.support.reviewing import DUE, Panel, panel, rated
from tests.support.web import sign_in

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _next(session: Session, of: Panel) -> str:
    (task,) = tasks(session, of.agency, NOW)
    return task.next_step()


@only_sqlite
def test_the_next_step_follows_the_plan(session: Session) -> None:
    of = panel(session)
    rated(session, of, {2: Rag.AMBER})
    lead, qa = of.actor(session, "lead"), of.actor(session, "qa")
    assert "QA requires 1 improvement." in _next(session, of)
    improvement = session.scalars(select(Improvement)).one()
    action = actions.add_action(
        session, lead, improvement.id, what="Name a deputy", owner="Head", due_on=DUE, now=NOW
    )
    later = NOW + timedelta(hours=1)
    plans.return_plan(session, lead, of.return_.id, now=later)
    assert "with QA" in _next(session, of)
    plans.decide_plan(session, qa, of.return_.id, accepted=False, reason="By whom?", now=later)
    assert "asks for your action plan again" in _next(session, of)
    plans.return_plan(session, lead, of.return_.id, now=later)
    plans.decide_plan(session, qa, of.return_.id, accepted=True, now=later)
    assert "1 action is not finished: note progress" in _next(session, of)
    actions.report_complete(session, lead, action.id, note="Done.", now=later)
    assert "QA verifies them" in _next(session, of)
    actions.verify_action(session, qa, action.id, now=later)
    assert "rates those standards again" in _next(session, of)


@only_sqlite
def test_ratings_without_improvement_lead_to_the_ratings(
    session: Session, client: FlaskClient
) -> None:
    of = panel(session)
    rated(session, of)
    session.commit()
    sign_in(client, of.lead)
    page = client.get(f"/agencies/{of.agency.id}").get_data(as_text=True)
    assert "QA requires no improvement." in page
    assert "Your ratings were published on" in page
    assert f'href="/returns/{of.return_.id}/ratings"' in page
    assert f'href="/returns/{of.return_.id}/plan"' not in page


@only_sqlite
def test_a_closed_return_still_leads_to_its_ratings(session: Session, client: FlaskClient) -> None:
    of = panel(session)
    rated(session, of)
    of.return_.state = ReturnState.CLOSED
    session.commit()
    sign_in(client, of.lead)
    page = client.get(f"/agencies/{of.agency.id}").get_data(as_text=True)
    assert "Your ratings were published on" in page.partition("Past returns")[2]
    assert f'href="/returns/{of.return_.id}/ratings"' in page


@only_sqlite
def test_what_is_due_first_comes_first(session: Session) -> None:
    of = panel(session)
    soon = make.cycle(session, of.board, due=(NOW.date() + timedelta(days=7),))
    late = make.cycle(session, of.board, due=(NOW.date() - timedelta(days=7),))
    second, first = (make.return_(session, of.agency, each) for each in (soon, late))
    found = [task.return_.id for task in tasks(session, of.agency, NOW)]
    assert found == [first.id, second.id, of.return_.id]
