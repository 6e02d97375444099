"""The confirmed way through its pages: the office returns, the agency corrects, the office rates
again; and what may not be done."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from s11audit.domain.enums import Basis, Participation, Rag, RatingRole, ReturnState, Role
from s11audit.domain.errors import Refused
from s11audit.domain.policy import OPERATOR
from s11audit.models import Cycle, Improvement, OutboxMessage, Rating, Stage
from s11audit.queries.returns import return_by_id
from s11audit.reports.build import build_compliance
from s11audit.services import actions, allotments, plans
from tests import factories as make
from tests.factories import NOW
from tests.support.counting import MOST_QUERIES, counted_queries
from tests.support.reporting import at
from tests.support.reviewing import sent_in
from tests.support.web import sign_in

WHO = {"name": "Pat Lee", "designation": "Chief Executive"}


def posted(client, path, **values):
    answer = client.post(path, data=values)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return answer


def test_a_result_from_return_to_rating_again(session, client):
    board = make.board(session)
    cycle = make.cycle(session, board, basis=Basis.CONFIRMED)
    stage_id = session.scalars(select(Stage.id).where(Stage.cycle_id == cycle.id)).one()
    main = make.membership(session, board, "Vale College")
    advisory = make.membership(session, board, "Fire service", participation=Participation.ADVISORY)
    # The agency rates itself green; only standard 2 proposes actions.
    return_ = sent_in(session, main, cycle, rag=Rag.GREEN)
    other = sent_in(session, advisory, cycle, rag=Rag.AMBER)
    office = make.user(session, Role.OFFICE, board=board)
    qa = make.user(session, Role.QA, board=board)
    lead = make.user(session, Role.LEAD, membership=main)
    fire = make.user(session, Role.LEAD, membership=advisory)
    session.commit()
    mine, theirs = f"/returns/{return_.id}", f"/returns/{other.id}"
    # QA has nothing to do with it.
    sign_in(client, qa)
    queue = client.get(f"/boards/{board.slug}/reviews?show=all").text
    assert "Review queue" in queue
    assert "Vale College" not in queue
    assert "Fire service" not in queue
    assert "waits for a review to start" not in client.get(f"/boards/{board.slug}").text
    assert client.post(f"{mine}/review/start").status_code == 409
    with pytest.raises(Refused, match="nobody reviews"):
        allotments.allot_stage(
            session, OPERATOR, stage_id, reviewers=[qa.id], per_return=1, now=NOW
        )
    session.rollback()  # it holds the stage
    sign_in(client, lead)
    assert client.get(f"{mine}/result").status_code == 404
    # The office returns one result, then all that wait.
    sign_in(client, office)
    posted(client, f"{mine}/result/return")
    listed = f"/boards/{board.slug}/stages/{stage_id}/results"
    with counted_queries() as queries:
        page = client.get(listed).text
    assert len(queries) <= MOST_QUERIES
    assert "Partially (0 red, 9 amber, 0 green)" in page
    posted(client, listed)
    assert "Return the waiting result" not in client.get(listed).text
    # The agency reads it and corrects two standards.
    sign_in(client, lead)
    assert "Please confirm this result" in client.get(f"{mine}/result").text
    fixes = {"label_2": "amber", "reason_2": "The rota ended.", "label_5": "na"}
    page = client.post(f"{mine}/result/confirm", data=WHO | fixes | {"reason_7": "Forms."}).text
    # A reason without the rating that it is for is not passed over.
    assert "Standard 7: choose the right rating, or clear the reason" in page
    assert "Standard 5: say why you correct the rating" in page
    assert "The rota ended." in page
    # A page of an earlier submission confirms nothing.
    older = client.post(f"{mine}/result/confirm", data=WHO | fixes | {"submission": "0"})
    assert older.status_code == 409
    assert "The rota ended." in older.text
    posted(client, f"{mine}/result/confirm", **WHO, **fixes, reason_5="No staff of ours.")
    assert client.post(f"{mine}/result/confirm", data=WHO).status_code == 409
    sign_in(client, fire)
    posted(client, f"{theirs}/result/confirm", **WHO)
    session.rollback()
    session.expire_all()
    confirmed = session.scalars(
        select(Rating)
        .where(Rating.return_id == return_.id, Rating.confirmation_id.is_not(None))
        .order_by(Rating.standard)
    ).all()
    assert [each.rag.value[0] for each in confirmed] == list("gaggngggg")
    assert all(each.role is RatingRole.SELF and each.supersedes_id for each in confirmed)
    assert confirmed[4].na_reason == "No staff of ours."
    opened = session.scalars(
        select(Improvement).order_by(Improvement.return_id, Improvement.standard)
    ).all()
    assert [(each.return_id, each.standard) for each in opened] == [
        (return_.id, 2), *((other.id, number) for number in range(1, 10)),
    ]  # fmt: skip
    assert opened[0].text.endswith(
        "You proposed: Name a deputy for the safeguarding lead; Ask young people what they think"
        " of the complaints leaflet"
    )
    assert opened[1].text.endswith("Say what you will do to meet it fully.")
    assert return_by_id(session, return_.id).state is ReturnState.RATED
    # What counts, by day: nothing before the confirmation.
    actor, now = make.actor(session, office), session.scalars(select(Rating.rated_at)).all()[-1]
    rows = build_compliance(session, actor, cycle.id, 1, now=now).rows
    assert [(row.current, row.initial, row.plan_returned) for row in rows] == [
        ("advisory", "partially", "no"), ("partially", "fully", "no"),
    ]  # fmt: skip
    early = build_compliance(session, actor, cycle.id, 1, now.date() - timedelta(days=1), now=now)
    assert [(row.current, row.initial, row.plan_returned) for row in early.rows] == [
        ("advisory", "partially", None), ("not_known", "fully", None),
    ]  # fmt: skip
    # Nothing turns green before its action is verified, by the office here.
    again = f"{mine}/result/standards/2"
    sign_in(client, office)
    green = {"label": "green", "reason": "The new rota was seen."}
    answer = client.post(again, data=green | {"based_on": str(confirmed[1].id)})
    assert answer.status_code == 409
    assert "Verify the agency’s actions for this standard first" in answer.text
    assert "The new rota was seen." in answer.text
    by = make.actor(session, lead)
    made = actions.take_over(session, by, opened[0].id, 1, now=now)
    plans.return_plan(session, by, return_.id, now=now)
    actions.report_complete(session, by, made.id, note="Done", now=now)
    session.commit()
    page = client.get(f"/boards/{board.slug}").text
    assert "1 action plan waits for a decision" in page
    assert "1 action is reported complete and to be verified" in page
    plan = f"{mine}/plan"
    posted(client, f"{plan}/decide", decision="accept")
    posted(client, f"{plan}/actions/{made.id}/verify", note="")
    assert "rate standard 2 again" in client.get(plan).text
    assert client.post(again, data=green | {"based_on": "0"}).status_code == 409
    posted(client, again, **green, based_on=str(confirmed[1].id))
    page = client.get(f"{mine}/result").text
    assert "The new rota was seen." in page
    session.rollback()
    session.expire_all()
    row = build_compliance(session, actor, cycle.id, 1, now=now + timedelta(days=1)).rows[1]
    assert (row.current, row.plan_returned, row.actions_completed) == ("fully", "yes", "yes")
    # An advisory agency is not rated, and nobody rates their own.
    assert client.get(f"{theirs}/result/standards/1").status_code == 409
    make.grant(session, office, Role.CONTRIBUTOR, membership=main)
    session.commit()
    assert client.get(again).status_code == 403
    subjects = set(session.scalars(select(OutboxMessage.subject)))
    assert "Vale College: standard 2 has been rated again" in subjects
    assert "Vale College has confirmed its result: " + cycle.name in subjects


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_office_opens_such_a_cycle(session, client):
    board = make.board(session)
    make.membership(session, board)
    office = make.user(session, Role.OFFICE, board=board)
    session.commit()
    sign_in(client, office)
    values = {
        "name": "Audit 2030", "tool": "leicestershire-rutland-2011", "basis": "confirmed",
        "due_1-day": "31", "due_1-month": "3", "due_1-year": "2030",
    }  # fmt: skip
    page = client.post(f"/boards/{board.slug}/cycles/open", data=values).text
    assert "Each agency confirms its own result" in page
    assert 'name="basis" value="confirmed"' in page
    posted(client, f"/boards/{board.slug}/cycles/open", **values, confirm="y")
    assert session.scalars(select(Cycle.basis)).one() is Basis.CONFIRMED


def test_the_latest_of_confirmed_and_agreed_counts():
    """A later stage's confirmation counts over what was agreed before it (domain rule 6)."""
    from s11audit.queries.reports import ConfirmedRead, PublicationRead
    from s11audit.reports.build import _since_confirmed

    said = [
        ConfirmedRead(1, 7, "1:amber 2:red", at("2026-03-01")),
        ConfirmedRead(2, 7, "1:amber", at("2027-03-01")),
    ]
    published = [
        PublicationRead(1, 7, "1:green 2:green", at("2026-06-01")),
        PublicationRead(2, 7, "1:green", at("2027-03-01")),
    ]
    assert _since_confirmed(said[:1], published[:1]) == {7: {1: Rag.GREEN, 2: Rag.GREEN}}
    assert _since_confirmed(said, published[:1]) == {7: {2: Rag.GREEN}}
    assert _since_confirmed(said, published) == {7: {1: Rag.GREEN, 2: Rag.GREEN}}
