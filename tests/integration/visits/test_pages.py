"""From the draw to the shared findings, through the pages."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Category, Rag, ReturnState, Role
from s11audit.models import Draw, Grant, OutboxMessage, Rating, Stage, User, Visit, VisitItem
from s11audit.queries.calendars import own_entries
from s11audit.queries.visits import proposals_of
from s11audit.services import reviews
from tests import factories as make
from tests.factories import NOW
from tests.support.counting import MOST_QUERIES, counted_queries
from tests.support.reviewing import panel, sent_in
from tests.support.web import sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def read(client: FlaskClient, path: str, status: int = 200) -> str:
    with counted_queries() as asked:
        answer = client.get(path)
    assert answer.status_code == status, answer.text[:1500]
    assert len(asked) <= MOST_QUERIES, (path, asked)
    return answer.text


def post(client: FlaskClient, path: str, status: int = 302, **data: str) -> str:
    answer = client.post(path, data=data)
    assert answer.status_code == status, answer.text[:3000]
    return answer.location or answer.text


def test_from_the_draw_to_what_the_agency_reads(client: FlaskClient, session: Session) -> None:
    found = panel(session, rag=Rag.GREEN)
    board, agency = found.board, found.agency
    others = [
        make.membership(session, board, name, categories=(Category.VOLUNTARY,))
        for name in ("Ærø Club", "Zoë Trust")
    ]
    for other in others:
        sent_in(session, other, found.cycle, rag=Rag.GREEN)
    stage = session.scalars(select(Stage).where(Stage.cycle_id == found.cycle.id)).one()
    peer = make.user(session, Role.LEAD, membership=others[0], name="Peer One")
    reviews.start_review(session, found.actor(session, "qa"), found.return_.id, now=NOW)
    session.commit()

    # The pool is frozen first, then the seed is made: nobody could choose the one by the other.
    sign_in(client, found.office)
    at = f"/boards/{board.slug}"
    freeze = f"{at}/stages/{stage.id}/draw"
    choice = {"category_1": "voluntary", "seed_source": "generated"}
    assert "the pool (Voluntary) holds 3 agencies" in post(
        client, freeze, 200, count_1="4", **choice
    )
    # A part that was begun is not left out; and one sees beforehand how many there are.
    begun = post(client, freeze, 200, count_1="1", count_2="2", **choice)
    assert "Select a category" in begun
    sizes = re.sub(r"<[^>]+>|\s+", " ", read(client, freeze))
    assert re.search(r"Voluntary +3 +3 +Of any category +3 +3", sizes), sizes
    draw_page = post(client, freeze, count_1="3", **choice)
    assert "Make the seed and draw" in read(client, draw_page)
    others[1].name = "Renamed since"
    session.commit()
    post(client, f"{draw_page}/seed")
    draw = session.scalars(select(Draw)).one()
    assert draw.seed and len(draw.seed) == 32
    pool = sorted([agency.name, "Ærø Club", "Zoë Trust"], key=lambda n: (n.casefold(), n))
    ranked = sorted(pool, key=lambda n: sha256(f"{draw.seed}:{n}".encode()).hexdigest())
    assert client.get(f"{draw_page}/draw.json").json == {
        "seed": draw.seed, "pool": pool, "picked": ranked,
    }  # fmt: skip
    page = read(client, draw_page)
    assert [page.index(sha256(f"{draw.seed}:{n}".encode()).hexdigest()) for n in ranked] == sorted(
        page.index(sha256(f"{draw.seed}:{n}".encode()).hexdigest()) for n in ranked
    )
    assert "Give the reason for drawing again" in post(client, freeze, 200, count_1="1", **choice)

    # A visit to one of the picks, by peers of other agencies.
    visits = f"/returns/{found.return_.id}/visits"
    when = {"visit_on-day": "4", "visit_on-month": "5", "visit_on-year": "2027"}
    read(client, f"{visits}/new?draw={draw.id}")
    team = post(client, f"{visits}/new", who="team", draw=str(draw.id), place="Main hall", **when)
    session.rollback()
    visit = session.scalars(select(Visit)).one()
    at_visit = f"{visits}/{visit.id}"
    assert visit.draw_id == draw.id and team == f"{at_visit}/team"
    for wrong in (found.lead, found.contributor):
        assert "an agency of their own" in post(client, team, 200, email=wrong.email)
    post(client, team, email=peer.email)
    post(client, team, email="new@example.org")
    assert "in the team already" in post(client, team, 200, email=peer.email)
    assert "Invited</strong>" in read(client, team)

    # The agency knows the day and who comes to no more than that.
    sign_in(client, found.lead)
    told = read(client, visits)
    assert "4 May 2027" in told and "Main hall" in told and "Peer One" not in told
    read(client, at_visit, 403)

    # The peer reaches that return, and of it what a visitor needs.
    sign_in(client, peer)
    assert "Visit to " + agency.name in read(client, "/places")
    assert visits in read(client, at_visit)
    assert (
        "What we do about standard 3"
        in client.get(f"/returns/{found.return_.id}/submission", follow_redirects=True).text
    )
    for path in ("", "/history", "/review", "/ratings", "/plan"):
        read(client, f"/returns/{found.return_.id}{path}", 404)
    for path in ("", "/visits", "/reports", f"/draws/{draw.id}"):
        read(client, at + path, 404)
    items = session.scalars(
        select(VisitItem).where(VisitItem.standard == 2).order_by(VisitItem.id)
    ).all()
    assert items[0].text == "It rates itself green: fully compliant"
    second = f"{at_visit}/standards/2"
    wording = {f"line_{each.id}": each.text for each in items} | {"add_document": "Rota\nMinutes"}
    post(client, f"{second}/lines", **wording)
    form = {
        f"done_{items[0].id}": "y", f"note_{items[0].id}": "Not so", "result": "not_confirmed",
        "seen": "Six of ten files", "spoken_to": "Two managers", "proposed_label": "amber",
        "proposed_reason": "Four files lack it", "proposed_improvement": "Complete the files",
    }  # fmt: skip
    script = client.post(
        second, data=form | {"based_on": "0"}, headers={"Accept": "application/json"}
    )
    assert script.json["saved"] and script.json["version"] == 1
    lost = post(client, second, 409, **(form | {"based_on": "0", "seen": "Mine"}))
    assert "Mine" in lost and "Six of ten files" in lost
    assert "Six of ten files" in read(client, second)
    post(client, f"{at_visit}/standards/3", result="confirmed", seen="Minutes", based_on="0")
    assert "Say who was spoken to" in post(client, f"{at_visit}/finish", 409)
    post(client, f"{at_visit}/standards/3", result="confirmed", seen="Minutes", spoken_to="Nobody")
    assert "Rota" in read(client, f"{at_visit}/paper")
    assert client.get(f"{at_visit}/worksheet.pdf").data.startswith(b"%PDF")
    post(client, f"{at_visit}/finish")
    read(client, at_visit, 404)  # the role ended with the visit
    session.rollback()
    assert session.scalars(select(Grant).where(Grant.role == Role.VISITOR)).one().ended_at

    # QA sees what is proposed; nothing changed by itself.
    sign_in(client, found.qa)
    assert session.scalars(select(Rating).where(Rating.role == "reviewer")).all() == []
    shown = read(client, at_visit)
    link = re.search(r'href="(/returns/\d+/review/2\?proposal=\d+)"', shown)
    assert link and "It waits for QA" in shown
    prefilled = client.get(link.group(1)).text
    assert "Complete the files" in prefilled
    assert "A visit proposes 1 rating" in read(client, f"{at}/reviews")
    # Rating the standard, as proposed or otherwise, decides it; so does setting it aside.
    session.rollback()
    reviews.rate(
        session, found.actor(session, "qa"), found.return_.id, 2, label="green",
        reason="Seen since", now=datetime.now(UTC),
    )  # fmt: skip
    session.flush()
    assert not proposals_of(session, found.return_)[2].open
    session.rollback()
    aside = f"{at_visit}/standards/2/set-aside"
    read(client, aside)
    assert "Enter the reason" in post(client, aside, 200)
    post(client, aside, reason="The files were another team’s")
    assert "A visit proposes" not in read(client, f"{at}/reviews")
    assert "another team’s" in read(client, at_visit)
    # The board's report counts what the agency has been shown.
    report = f"{at}/stages/{stage.id}/visits"
    assert "The findings of 0 of 1 visit are shared" in read(client, report)
    sign_in(client, found.office)
    post(client, f"{at_visit}/share")
    sign_in(client, found.lead)
    assert "Six of ten files" in read(client, visits)
    assert "Six of ten" not in client.get(f"/returns/{found.return_.id}/history").text
    sign_in(client, found.viewer)
    told = re.sub(r"<[^>]+>|\s+", " ", read(client, report))
    assert "3 agencies were drawn, 1 of them visited" in told
    assert re.search(r"2\. Commitment\s+1\s+0 of 1\s+0 of 1\s+1 of 1\s+1 of 1", told)
    for name, begins in (("pdf", b"%PDF"), ("xlsx", b"PK"), ("html", b"<!DOCTYPE")):
        assert client.get(f"{report}.{name}").data.startswith(begins)


def test_invited_people_alone_and_cancelled(client: FlaskClient, session: Session) -> None:
    found = panel(session)
    session.commit()
    sign_in(client, found.office)
    visits = f"/returns/{found.return_.id}/visits"
    when = {"visit_on-day": "4", "visit_on-month": "5", "visit_on-year": "2027"}
    team = post(client, f"{visits}/new", who="team", **when)
    post(client, team, email="peer@example.org")
    post(client, team, email="other@example.org")
    session.rollback()
    links = [
        "/invitations/" + letter.body.partition("/invitations/")[2].split()[0]
        for letter in session.scalars(
            select(OutboxMessage).where(OutboxMessage.body.contains("/invitations/"))
        )
    ]
    # Between the invitation and its acceptance one of them joins the agency visited.
    joined = make.user(session, Role.LEAD, membership=found.agency, email="peer@example.org")
    session.commit()
    sign_in(client, joined)
    assert f"the visit to {found.agency.name}" in read(client, links[0])
    assert "an agency of their own" in post(client, links[0], 200)
    with client.session_transaction() as cookie:
        cookie.clear()
    post(client, links[1], name="Ola Peer", password="a long pass phrase of mine")
    assert "/standards/1" in read(client, team.removesuffix("/team"))
    # Who accepted goes by name, has the visit in their calendar, and is told what becomes of it.
    session.rollback()
    peer = session.scalars(select(User).where(User.name == "Ola Peer")).one()
    due = own_entries(session, make.actor(session, peer), make.TODAY)
    assert [each.summary for each in due] == [f"Visit: {found.agency.name}"]
    read(client, due[0].path)
    sign_in(client, found.office)
    at_visit = team.removesuffix("/team")
    for path in (team, at_visit, f"{at_visit}/paper", visits):
        assert "Ola Peer" in read(client, path)
    assert "arranged already" in post(client, f"{visits}/new", 200, who="alone", **when)
    post(client, f"{at_visit}/change", place="Elsewhere", **(when | {"visit_on-day": "6"}))
    assert "Enter the reason" in post(client, f"{at_visit}/cancel", 200)
    post(client, f"{at_visit}/cancel", reason="Half term")
    assert "Half term" in read(client, visits)
    session.rollback()
    letters = session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.to_email.in_((peer.email, found.lead.email)))
        .where(OutboxMessage.subject.contains("the visit"))
        .order_by(OutboxMessage.id)
    ).all()
    told = [(each.to_email == peer.email, each.subject.partition(": ")[2]) for each in letters]
    assert told == [
        (False, "the visit is now on 6 May 2027, Elsewhere"),
        (True, "the visit is now on 6 May 2027, Elsewhere"),
        (False, "the visit on 6 May 2027 is cancelled"),
        (True, "the visit on 6 May 2027 is cancelled"),
    ]  # fmt: skip
    assert "Half term" in letters[-1].body and f"{visits}/" not in letters[-1].body
    session.rollback()
    alone = post(client, f"{visits}/new", who="alone", **when)
    assert "alone" in read(client, alone)
    post(client, f"{alone}/standards/1", result="confirmed", seen="All", spoken_to="The lead")
    post(client, f"{alone}/finish")
    # The coordinator of one agency is no visitor there.
    make.grant(session, found.office, Role.CONTRIBUTOR, membership=found.agency)
    session.commit()
    assert "an agency of their own" in post(client, f"{visits}/new", 200, who="alone", **when)
    read(client, alone, 403)


def test_the_list_of_visits_costs_the_same_for_many(client: FlaskClient, session: Session) -> None:
    found = panel(session)
    stage = session.scalars(select(Stage).where(Stage.cycle_id == found.cycle.id)).one()
    for _ in range(60):
        member = make.membership(session, found.board)
        made = make.return_(session, member, found.cycle, state=ReturnState.SUBMITTED)
        session.add(
            Visit(return_id=made.id, number=1, visit_on=make.TODAY + timedelta(1), arranged_at=NOW)
        )
    session.commit()
    sign_in(client, found.qa)
    page = read(client, f"/boards/{found.board.slug}/visits?stage={stage.id}")
    assert "60 visits" in page and "Page 2" in page
    assert read(client, f"/boards/{found.board.slug}/stages/{stage.id}/visits")
