"""The histories of a return, a rating and an action as people read them (domain rule 75)."""

from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Rag, Role
from s11audit.domain.policy import OPERATOR
from s11audit.models import Improvement
from s11audit.services import actions, moderation, plans, reviews
from s11audit.services.redactions import redact_passage
from tests import factories as make
from tests.factories import NOW
from tests.integration.reviews.test_moderation import rate_all, two
from tests.support.counting import MOST_QUERIES, counted_queries
from tests.support.reviewing import panel, rated
from tests.support.web import sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ADDED = '<span class="govuk-visually-hidden">[added: </span>'
REMOVED = '<span class="govuk-visually-hidden">[removed: </span>'


def test_a_rating_is_told_in_every_role_and_hidden_from_whom_it_is_hidden(
    client: FlaskClient, session: Session
) -> None:
    found = two(session)
    rate_all(session, found, "qa", {2: Rag.AMBER}, "Quinn reads about standard")
    rate_all(session, found, "other", {2: Rag.RED}, "Olu says")
    reviews.rate(
        session, found.actor(session, "qa"), found.return_.id, 2, label="amber",
        comment="Quinn reads about standard 2 and has seen it.", improvement="Show it.",
        reason="Read again.", now=NOW + timedelta(hours=1),
    )  # fmt: skip
    session.commit()
    path = f"/returns/{found.return_.id}/ratings/2/history"
    sign_in(client, found.qa)
    alone = client.get(path).text
    assert f'<ins class="app-told__added">{ADDED} 2 and has seen it.' in alone
    assert f"{REMOVED} 2." in alone and "Why: Read again." in alone and "Superseded" in alone
    assert "Olu says" not in alone
    for who in ("qa", "other"):
        moderation.finish(session, found.actor(session, who), found.return_.id, now=NOW)
    session.commit()
    with counted_queries() as asked:
        assert "Olu says" in client.get(path).text
    assert len(asked) <= MOST_QUERIES
    sign_in(client, found.lead)
    own = client.get(path).text
    assert "Self rating" in own and "Quinn" not in own and "Olu" not in own
    assert client.get(path.replace("/2/", "/99/")).status_code == 404


def test_an_action_is_told_with_what_it_said_before(client: FlaskClient, session: Session) -> None:
    found = panel(session)
    rated(session, found, {2: Rag.AMBER})
    improvement = session.scalars(select(Improvement.id)).one()
    lead = found.actor(session, "lead")
    action = actions.add_action(
        session, lead, improvement, what="Write a procedure for all our volunteers by spring",
        owner="Deputy head", due_on=date(2030, 3, 4), now=NOW,
    )  # fmt: skip
    actions.change_action(
        session, lead, action.id, what="Write a procedure for all our staff by spring",
        owner="Deputy head", due_on=date(2030, 4, 5), now=NOW,
    )  # fmt: skip
    actions.add_progress(session, lead, action.id, note="Half of it is written.", now=NOW)
    qa = found.actor(session, "qa")
    plans.monitor(
        session, qa, found.return_.id, 2, raised=True, reason="It was late before.",
        action_id=action.id, now=NOW,
    )  # fmt: skip
    session.commit()
    path = f"/returns/{found.return_.id}/plan/actions/{action.id}/history"
    sign_in(client, found.contributor)
    with counted_queries() as asked:
        page = client.get(path).text
    assert len(asked) <= MOST_QUERIES
    assert f"{REMOVED} volunteers" in page and f"{ADDED} staff" in page
    assert f"{REMOVED}4 March 2030" in page and f"{ADDED}5 April 2030" in page
    assert f"{REMOVED}Open" in page and f"{ADDED}Underway" in page
    assert "Half of it is written." in page and "It was late before." in page
    # What was redacted since is told as that, with the day.
    redact_passage(session, OPERATOR, found.board.id, "our volunteers", "A name.", now=NOW)
    session.commit()
    page = client.get(path).text
    assert "volunteers" not in page and "[redacted on 4 March 2026]" in page
    other = make.user(session, Role.LEAD, membership=make.membership(session, found.board))
    session.commit()
    sign_in(client, other)
    assert client.get(path).status_code == 404
