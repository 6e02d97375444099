"""QA on an update and on a confirmation: what is still true keeps its rating."""

import json
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from s11audit.domain.enums import ReturnState
from s11audit.domain.errors import Refused
from s11audit.domain.policy import OPERATOR
from s11audit.queries.carrying import standards_to_rate
from s11audit.queries.returns import return_by_id
from s11audit.queries.review_queue import Waiting, review_queue
from s11audit.reports import as_json
from s11audit.reports.build import build_compliance, build_standards
from s11audit.services import moderation, reviews
from s11audit.services.accepting import accept_as_it_is
from tests.integration.updates.second_year import (
    AMBER_2_RED_5,
    LATER,
    SecondYear,
    second_year,
    send_update,
)
from tests.support.web import sign_in

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _waiting(session: Session, year: SecondYear) -> Waiting:
    rows = review_queue(session, OPERATOR, year.board.id, show=tuple(Waiting)).page.items
    return next(row.waiting for row in rows if row.return_id == year.second.id)


def _row(
    session: Session, year: SecondYear, stage: int, now: datetime = LATER
) -> dict[str, object]:
    report = build_compliance(session, OPERATOR, year.cycle.id, stage, now=now)
    rows: list[dict[str, object]] = json.loads(as_json.draw(report))["rows"]
    return rows[0]


def test_only_what_is_updated_is_rated(session: Session, client: FlaskClient) -> None:
    year = second_year(session, AMBER_2_RED_5)
    send_update(session, year)
    qa, chair = year.actor(session, "qa"), year.actor(session, "chair")
    second = return_by_id(session, year.second.id)
    assert [each.number for each in standards_to_rate(session, second)] == [2, 5]
    reviews.start_review(session, qa, second.id, now=LATER)
    with pytest.raises(Refused):
        accept_as_it_is(session, chair, second.id, now=LATER)
    reviews.rate(session, qa, second.id, 2, label="green", now=LATER)
    session.commit()
    assert _waiting(session, year) is Waiting.IN_REVIEW
    sign_in(client, year.qa)
    page = client.get(f"/returns/{second.id}/review").text
    assert "Still true: keeps its rating" in page and "Rating before" in page
    page = client.get(f"/returns/{second.id}/review/5").text
    assert "A deputy is named." in page and "Improve standard 5." in page
    assert "confirmed on" in client.get(f"/returns/{second.id}/review/1").text

    reviews.rate(session, qa, second.id, 5, label="amber", improvement="Train the rest.", now=LATER)
    moderation.finish(session, qa, second.id, now=LATER)
    session.commit()
    assert _waiting(session, year) is Waiting.READY
    reviews.publish(session, chair, second.id, now=LATER)
    session.commit()
    assert second.state is ReturnState.RATED
    # Compliance now: standard 2 is green, 5 amber by stage 2, the others green by stage 1.
    row = _row(session, year, 2)
    assert (row["returned"], row["initial"], row["current"]) == ("yes", "partially", "partially")
    report = build_standards(session, OPERATOR, year.cycle.id, 2, LATER.date(), now=LATER)
    agreed = json.loads(as_json.draw(report))["rows"][0]["agreed"]
    assert agreed == dict.fromkeys(map(str, range(1, 10)), "green") | {"5": "amber"}


@SQLITE
def test_a_confirmation_is_accepted_as_it_is(session: Session, client: FlaskClient) -> None:
    year = second_year(session)
    send_update(session, year)
    qa, chair = year.actor(session, "qa"), year.actor(session, "chair")
    assert _row(session, year, 2)["plan_returned"] is None  # QA has not looked at it yet
    reviews.start_review(session, qa, year.second.id, now=LATER)
    session.commit()
    assert _waiting(session, year) is Waiting.READY
    sign_in(client, year.chair)
    page = client.get(f"/returns/{year.second.id}/review").text
    assert "Accept the return" in page
    done = client.post(f"/returns/{year.second.id}/review/accept", follow_redirects=True)
    assert "Its standards keep their ratings" in done.text
    session.rollback()
    session.expire_all()
    assert return_by_id(session, year.second.id).state is ReturnState.RATED
    assert _waiting(session, year) is Waiting.PUBLISHED
    with pytest.raises(Refused):
        accept_as_it_is(session, chair, year.second.id, now=LATER)
    assert client.get(f"/returns/{year.second.id}/ratings").status_code == 200
    row = _row(session, year, 2, datetime.now(UTC))
    assert (row["plan_returned"], row["actions_completed"], row["current"]) == ("na", "na", "fully")
