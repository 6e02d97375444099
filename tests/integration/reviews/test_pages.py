"""QA's pages: the queue, rating beside what was sent in, publishing, what the agency sees."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Category, Participation, Rag, RatingRole, ReturnState, Role
from s11audit.models import Rating, Response
from s11audit.services import reviews
from tests import factories as make
from tests.factories import NOW
from tests.support.counting import MOST_QUERIES, counted_queries
from tests.support.reviewing import Panel, panel, rated, sent_in
from tests.support.web import sign_in

GREEN = {"label": "green", "comment": "Well shown.", "based_on": "0", "save_next": "yes"}


@pytest.fixture
def found(session: Session) -> Panel:
    made = panel(session)
    session.commit()
    return made


def begin(session: Session, of: Panel) -> None:
    reviews.start_review(session, of.actor(session, "qa"), of.return_.id, now=NOW)
    session.commit()


def text(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.text[:2000]
    return answer.text


def test_the_queue_leads_into_a_return_and_the_review_begins(
    client: FlaskClient, session: Session, found: Panel
) -> None:
    sign_in(client, found.qa)
    path = f"/returns/{found.return_.id}/review"
    page = text(client, f"/boards/{found.board.slug}/reviews")
    assert found.agency.name in page
    assert f'href="{path}"' in page
    assert "Start the review" in text(client, path)
    assert "Start the review" in text(client, f"{path}/3")
    answer = client.post(f"{path}/start")
    assert answer.location == f"{path}/1"
    session.expire_all()
    assert found.return_.state is ReturnState.IN_REVIEW


def test_a_standard_stands_beside_its_rating(
    client: FlaskClient, session: Session, found: Panel
) -> None:
    begin(session, found)
    # What the agency types afterwards is not what QA reads.
    response = session.scalars(select(Response).where(Response.standard == 2)).one()
    response.statement = "A later draft."
    session.commit()
    sign_in(client, found.qa)
    page = text(client, f"/returns/{found.return_.id}/review/2")
    for part in (
        "What we do about standard 2.",
        "Name a deputy for the safeguarding lead",
        "Head of Operations, due 30 June 2026",
        "Participation worker, no date",
        "The agency chose otherwise",
        "Save and next standard",
        "Required improvement",
        "Flag this standard to monitor",
        "Previous standard",
    ):
        assert part in page, part
    assert "A later draft." not in page


def test_saving_goes_on_to_the_next_standard_and_at_the_end_to_the_overview(
    client: FlaskClient, session: Session, found: Panel
) -> None:
    begin(session, found)
    sign_in(client, found.qa)
    path = f"/returns/{found.return_.id}/review"
    for number in range(1, 10):
        answer = client.post(f"{path}/{number}", data=GREEN)
        assert answer.location == (f"{path}/{number + 1}" if number < 9 else path)
    assert "Say that you have finished" in text(client, path)
    stay = {**GREEN, "based_on": "", "comment": "More.", "reason": "I read on.", "save": "yes"}
    stay.pop("save_next")
    assert client.post(f"{path}/1", data=stay).location == f"{path}/1"
    page = text(client, f"{path}/1")
    assert "Why it was changed: I read on." in page
    assert "Quinn Able" in page
    assert client.post(f"{path}/finish").location == path
    assert "The QA chair can now publish" in text(client, path)
    assert "Save and next standard" not in text(client, f"{path}/1")
    client.post(f"{path}/reopen")
    assert "Save and next standard" in text(client, f"{path}/1")


def test_what_was_typed_is_kept_when_something_is_missing(
    client: FlaskClient, session: Session, found: Panel
) -> None:
    begin(session, found)
    sign_in(client, found.qa)
    path = f"/returns/{found.return_.id}/review/1"
    answer = client.post(path, data={"label": "amber", "comment": "Half done <b>", "monitor": "y"})
    assert answer.status_code == 200
    assert "Error: " in answer.text
    assert "Say what improvement is required" in answer.text
    assert "Half done &lt;b&gt;" in answer.text
    assert 'value="amber" checked' in answer.text
    answer = client.post(path, data={"comment": "No choice yet"})
    assert "Choose a rating" in answer.text
    assert "No choice yet" in answer.text
    assert "There is a problem" in client.post(path, data={"label": "splendid"}).text
    assert "Say why the standard does not apply" in client.post(path, data={"label": "na"}).text
    assert session.scalar(select(Rating).where(Rating.role == RatingRole.REVIEWER)) is None


def test_who_rates_in_two_windows_keeps_what_they_typed(
    client: FlaskClient, session: Session, found: Panel
) -> None:
    begin(session, found)
    path = f"/returns/{found.return_.id}/review/1"
    sign_in(client, found.qa)
    client.post(path, data=GREEN)
    typed = GREEN | {"label": "red", "improvement": "Begin again.", "comment": "Not shown."}
    answer = client.post(path, data=typed)
    assert answer.status_code == 409
    for part in ("in another window", "Begin again.", "Not shown.", "Well shown."):
        assert part in answer.text, part
    first = session.scalars(select(Rating).where(Rating.role == RatingRole.REVIEWER)).one()
    assert f'name="based_on" type="hidden" value="{first.id}"' in answer.text
    again = typed | {"based_on": str(first.id), "reason": "I disagree."}
    assert client.post(path, data=again).status_code == 302


def test_the_chair_publishes_and_the_agency_reads(
    client: FlaskClient, session: Session, found: Panel
) -> None:
    rated(session, found, {2: Rag.AMBER}, publish=False, finish=True)
    session.commit()
    ratings, path = (f"/returns/{found.return_.id}/{part}" for part in ("ratings", "review"))
    for person in (found.lead, found.contributor, found.office):
        sign_in(client, person)
        page = text(client, ratings)
        assert "No rating has been published" in page
        assert "About standard 2." not in page
    sign_in(client, found.qa)
    text(client, f"{path}/publish", 403)
    sign_in(client, found.chair)
    assert "Publish the ratings" in text(client, path)
    assert "Show how it is done." in text(client, f"{path}/publish")
    assert client.post(f"{path}/publish").location == path
    assert client.post(f"{path}/publish").status_code == 409
    assert "nothing new to publish" in text(client, f"{path}/publish")
    for person in (found.lead, found.contributor, found.office, found.scrutineer):
        sign_in(client, person)
        page = text(client, ratings)
        assert "About standard 2." in page
        assert "Show how it is done." in page


@pytest.mark.parametrize("who", ["lead", "contributor", "office"])
def test_the_review_is_private(client: FlaskClient, found: Panel, who: str) -> None:
    sign_in(client, getattr(found, who))
    for part in ("review", "review/1", "review/next", "review/publish"):
        text(client, f"/returns/{found.return_.id}/{part}", 403)
    assert client.post(f"/returns/{found.return_.id}/review/1", data=GREEN).status_code == 403


def test_a_scrutineer_reads_and_does_not_rate(
    client: FlaskClient, session: Session, found: Panel
) -> None:
    begin(session, found)
    sign_in(client, found.scrutineer)
    page = text(client, f"/returns/{found.return_.id}/review/1")
    assert "Save and next standard" not in page
    assert client.post(f"/returns/{found.return_.id}/review/1", data=GREEN).status_code == 403


def test_ones_own_agency_is_in_the_queue_without_a_way_in(
    client: FlaskClient, session: Session, found: Panel
) -> None:
    make.grant(session, found.qa, Role.LEAD, membership=found.agency)
    session.commit()
    sign_in(client, found.qa)
    page = text(client, f"/boards/{found.board.slug}/reviews")
    assert "Not yours to rate" in page
    assert f"/returns/{found.return_.id}/review" not in page
    text(client, f"/returns/{found.return_.id}/review", 403)


def test_an_advisory_agencys_return_is_read_and_not_rated(
    client: FlaskClient, session: Session
) -> None:
    found = panel(session, participation=Participation.ADVISORY)
    session.commit()
    sign_in(client, found.qa)
    assert found.agency.name not in text(client, f"/boards/{found.board.slug}/reviews")
    page = text(client, f"/boards/{found.board.slug}/reviews?show=advisory")
    assert found.agency.name in page
    page = text(client, f"/returns/{found.return_.id}/review/1")
    assert "is not rated" in page
    assert "Start the review" not in page


def test_the_next_return_is_the_next_one_that_may_be_rated(
    client: FlaskClient, session: Session, found: Panel
) -> None:
    others = [
        sent_in(
            session,
            make.membership(session, found.board, categories=(Category.VOLUNTARY,)),
            found.cycle,
            now=NOW + timedelta(hours=hour),
        )
        for hour in (1, 2)
    ]
    make.grant(session, found.qa, Role.LEAD, membership=others[0].membership)
    session.commit()
    sign_in(client, found.qa)
    path = "/returns/{}/review"
    first = path.format(found.return_.id)
    assert client.get(f"{first}/next").location == path.format(others[1].id)
    assert client.get(f"{path.format(others[1].id)}/next").location == first


def test_a_return_that_was_not_sent_in_has_nothing_to_review(
    client: FlaskClient, session: Session, found: Panel
) -> None:
    agency = make.membership(session, found.board, categories=(Category.VOLUNTARY,))
    other = make.return_(session, agency, found.cycle, state=ReturnState.IN_PROGRESS)
    session.commit()
    sign_in(client, found.qa)
    assert "nothing to review" in text(client, f"/returns/{other.id}/review")
    assert client.get(f"/returns/{other.id}/review/1").status_code == 302


@pytest.mark.parametrize("path", ["9999/review", "9999/review/1", "9999/ratings"])
def test_what_is_not_there_is_not_found(client: FlaskClient, found: Panel, path: str) -> None:
    sign_in(client, found.qa)
    text(client, f"/returns/{path}", 404)
    text(client, f"/returns/{found.return_.id}/review/99", 404)


def fill(session: Session, of: Panel, number: int) -> None:
    """Add this many agencies to the board, each with a return in review and one rating."""
    for _ in range(number):
        agency = make.membership(session, of.board, categories=(Category.VOLUNTARY,))
        return_ = sent_in(session, agency, of.cycle, state=ReturnState.IN_REVIEW)
        session.add(
            Rating(
                return_id=return_.id,
                standard=1,
                role=RatingRole.REVIEWER,
                label="green",
                rag=Rag.GREEN,
                rated_at=NOW,
            )
        )
    session.commit()


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_number_of_queries_is_fixed(client: FlaskClient, session: Session) -> None:
    found = panel(session)
    begin(session, found)
    sign_in(client, found.chair)
    paths = [
        f"/boards/{found.board.slug}/reviews?show=all",
        f"/boards/{found.board.slug}/reviews?show=in_review&page=2",
        f"/returns/{found.return_.id}/review",
        f"/returns/{found.return_.id}/review/2",
        f"/returns/{found.return_.id}/review/next",
        f"/returns/{found.return_.id}/review/publish",
        f"/returns/{found.return_.id}/ratings",
    ]
    client.get(paths[0])  # the tool is parsed once a process
    counts: list[list[int]] = []
    for more in (2, 297):
        fill(session, found, more)
        counts.append([])
        for path in paths:
            with counted_queries() as queries:
                client.get(path)
            counts[-1].append(len(queries))
    assert counts[0] == counts[1]
    assert max(counts[0]) <= MOST_QUERIES
