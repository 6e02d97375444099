"""The office screens a return on its pages, and QA reads where that stands."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from s11audit.domain.dates import in_words, london_today
from s11audit.domain.enums import Basis, PointState, ReturnState, Role, ScreeningOutcome
from s11audit.jobs import screenings
from s11audit.models import OutboxMessage, Return, Screening, ScreeningPoint, SendBack
from tests import factories as make
from tests.factories import NOW
from tests.support.counting import MOST_QUERIES, counted_queries
from tests.support.reviewing import panel, sent_in
from tests.support.web import sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def points_of(session):
    session.expire_all()
    return list(session.scalars(select(ScreeningPoint).order_by(ScreeningPoint.id)))


def test_the_office_decides_on_each_point_and_passes_the_return_to_qa(session, client):
    found = panel(session)
    at = f"/returns/{found.return_.id}/screening"
    session.commit()
    sign_in(client, found.office)
    listed = f"/boards/{found.board.slug}/screening"
    assert "0 of 1 lists are drafted" in client.get(listed).text
    assert "1 return is to be screened" in client.get(f"/boards/{found.board.slug}").text
    page = client.get(at).text
    assert "Read it now" in page and "Not screened" in page
    assert client.post(f"{at}/pass").status_code == 409
    assert client.post(f"{at}/draft").location.endswith(at)
    session.rollback()

    # Nine short statements, and two percentages that were not answered.
    first, *others = points_of(session)
    assert len(others) == 10
    assert "11 points: 11 open, 0 confirmed" in client.get(at).text
    client.post(f"{at}/points/{first.id}/confirm")
    dismiss = f"{at}/points/{others[0].id}/dismiss"
    assert "Enter the reason for dismissing it" in client.post(dismiss, data={"word": " "}).text
    client.post(dismiss, data={"word": "It is all there is to say"})
    answer = client.post(f"{at}/pass")
    assert answer.status_code == 409 and "9 are open" in answer.text
    form = {"standard": "3", "passage": "Who is the lead?"}
    assert "Select the standard" in client.post(f"{at}/add", data=form | {"standard": ""}).text
    assert "Who is the lead?" in client.post(f"{at}/add", data=form | {"standard": ""}).text
    client.post(f"{at}/add", data=form)
    client.post(f"{at}/confirm")
    session.rollback()
    states = [point.state for point in points_of(session)]
    assert states.count(PointState.CONFIRMED) == 11 and states.count(PointState.DISMISSED) == 1
    client.post(f"{at}/pass")
    session.rollback()
    one = session.scalars(select(Screening)).one()
    assert one.outcome is ScreeningOutcome.PASSED and one.concluded_by_id == found.office.id
    assert client.post(f"{at}/points/{first.id}/confirm").status_code == 409
    assert client.get(f"{at}/send-back").status_code == 409

    # Where it stands, for QA and the office; the agency is told nothing of it.
    passed = f"Passed on {in_words(london_today(datetime.now(UTC)))}"
    assert passed in client.get(f"{listed}?show=passed").text
    assert passed in client.get(f"/returns/{found.return_.id}").text
    assert "point confirmed" in client.get(f"/returns/{found.return_.id}/history").text
    sign_in(client, found.qa)
    assert passed in client.get(f"/boards/{found.board.slug}/reviews").text
    review = client.get(f"/returns/{found.return_.id}/review").text
    assert "11 points confirmed" in review and "Who is the lead?" in review
    assert "all there is to say" not in review
    sign_in(client, found.lead)
    for path in ("", "/history"):
        assert "creening" not in client.get(f"/returns/{found.return_.id}{path}").text


def test_a_return_goes_back_with_the_confirmed_points_as_a_letter(session, client):
    found = panel(session)
    at = f"/returns/{found.return_.id}/screening"
    session.commit()
    assert screenings.draft_waiting(NOW) == 1
    sign_in(client, found.office)
    first, *_others = points_of(session)
    client.post(f"{at}/points/{first.id}/confirm")
    page = client.get(f"{at}/send-back").text
    assert "lists the 1 confirmed point." in page and "10 points are still open" in page
    assert "fewer than 30 words" in page
    assert "Enter the letter" in client.post(f"{at}/send-back", data={"letter": ""}).text
    letter = "Dear colleague\n\n" + "Please say more. " * 400
    client.post(f"{at}/send-back", data={"letter": letter.replace("\n", "\r\n")})
    session.rollback()
    assert session.scalars(select(SendBack)).one().reason == letter.strip()
    assert session.get(Return, found.return_.id).state is ReturnState.IN_PROGRESS
    assert session.scalars(select(Screening)).one().outcome is ScreeningOutcome.SENT_BACK
    mail = session.scalars(
        select(OutboxMessage).where(OutboxMessage.to_email == found.lead.email)
    ).all()
    assert letter.strip() in mail[-1].body
    assert "nothing to screen" in client.get(at).text
    assert client.post(f"{at}/draft").status_code == 409


def test_the_list_takes_the_same_queries_however_many_returns_there_are(session, client):
    found = panel(session)
    session.commit()
    sign_in(client, found.office)
    path = f"/boards/{found.board.slug}/screening"
    counts = []
    for more in (1, 9):
        for _ in range(more):
            sent_in(session, make.membership(session, found.board), found.cycle)
        session.commit()
        screenings.draft_waiting(NOW)
        client.get(path)
        with counted_queries() as statements:
            assert client.get(path).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] <= MOST_QUERIES
    assert "No return is here" in client.get(f"{path}?search=nobody").text


def test_where_qa_does_not_rate_the_screening_leads_to_the_result(session, client):
    board = make.board(session)
    cycle = make.cycle(session, board, basis=Basis.CONFIRMED)
    return_ = sent_in(session, make.membership(session, board), cycle)
    sign_in(client, make.user(session, Role.OFFICE, board=board))
    session.commit()
    at = f"/returns/{return_.id}/screening"
    client.post(f"{at}/draft")
    page = client.get(at).text
    assert "Finish the screening" in page and "Pass to QA" not in page
    client.post(f"{at}/confirm")
    assert "is finished" in client.post(f"{at}/pass", follow_redirects=True).text
    assert f"/returns/{return_.id}/result/return" in client.get(at).text
    # A letter that was begun before that is given back.
    letter = {"letter": "Please say more about the lead."}
    older = client.post(f"{at}/send-back", data=letter)
    assert older.status_code == 409 and letter["letter"] in older.text
