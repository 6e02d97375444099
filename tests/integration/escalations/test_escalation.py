"""An agency that does not answer: its steps through the pages, and what stops them."""

from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import select

from s11audit.domain.enums import Role
from s11audit.models import EscalationStep, OutboxMessage
from s11audit.queries.escalations import escalation_of, late_without
from s11audit.queries.returns import return_by_id
from tests import factories as make
from tests.support.counting import MOST_QUERIES, counted_queries
from tests.support.web import sign_in

LATE = timedelta(days=-30)


def posted(client, path, **values):
    answer = client.post(path, data=values)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return answer


def test_the_steps_of_an_escalation(session, client):
    board = make.board(session, name="North Vale Board")
    cycle = make.cycle(session, board, due=(make.TODAY + LATE,))
    agency, other = (make.membership(session, board, name) for name in ("Vale College", "Other"))
    return_, _quiet = (make.return_(session, each, cycle) for each in (agency, other))
    office = make.user(session, Role.OFFICE, board=board)
    make.user(session, Role.CHAIR, board=board, name="Charlie Hope")
    viewer = make.user(session, Role.QA, board=board)
    lead = make.user(session, Role.LEAD, membership=agency)
    session.commit()
    sign_in(client, office)
    home = f"/returns/{return_.id}/escalation"
    assert late_without(session, board.id, make.TODAY) == 2
    posted(client, f"{home}/begin")
    assert client.post(f"{home}/begin").status_code == 409
    session.commit()
    assert "1 escalation has a step to be taken" in client.get(f"/boards/{board.slug}").text
    first, second, third, _last = escalation_of(session, return_by_id(session, return_.id)).steps
    assert late_without(session, board.id, make.TODAY) == 1
    # The reminder goes to the agency's lead.
    today = {"done_on-day": "4", "done_on-month": "3", "done_on-year": "2026"}
    assert client.post(f"{home}/steps/{second.id}/done", data=today).status_code == 409
    posted(client, f"{home}/steps/{first.id}/done", **today, note="Rang too", by_email="y")
    session.commit()
    sent = session.scalars(select(OutboxMessage)).one()
    assert (sent.to_email, sent.subject) == (
        lead.email, "Your safeguarding audit is overdue: Vale College",
    )  # fmt: skip
    # The manager has no account: the address is given with the letter.
    fields = {
        "due_on-day": "9", "due_on-month": "3", "due_on-year": "2026",
        "to_name": "Pat Lee, Director", "to_email": "not an address",
        "subject": second.subject, "text": "Please help.\n\nThank you.",
    }  # fmt: skip
    page = client.post(f"{home}/steps/{second.id}/letter", data=fields)
    assert "Enter an e-mail address in the correct format" in page.text
    assert "Please help." in page.text
    posted(client, f"{home}/steps/{second.id}/letter", **fields | {"to_email": "pat@example.org"})
    page = client.get(f"{home}/steps/{second.id}").text
    assert "By e-mail it would go to pat@example.org" in page
    posted(client, f"{home}/steps/{second.id}/done", **today, by_email="y")
    session.commit()
    assert session.scalars(
        select(OutboxMessage.body).where(OutboxMessage.to_email == "pat@example.org")
    ).one() == "Please help.\n\nThank you.\n"  # fmt: skip
    # The chair's letter goes on paper.
    page = client.get(f"{home}/steps/{third.id}").text
    assert "There is no e-mail address, so it goes out on paper" in page
    assert "Charlie Hope" in page
    answer = client.get(f"{home}/steps/{third.id}/letter.pdf")
    assert answer.mimetype == "application/pdf"
    assert BytesIO(answer.data).read(5) == b"%PDF-"
    # The list, for whoever may see it.
    sign_in(client, viewer)
    with counted_queries() as queries:
        page = client.get(f"/boards/{board.slug}/escalations").text
    assert len(queries) <= MOST_QUERIES
    assert "Vale College" in page
    assert "Letter to the manager" in page
    assert client.get(f"{home}/steps/{third.id}/done").status_code == 403
    # It stops when the return comes in, and nothing more can be recorded.
    session.expire_all()
    session.get_one(type(return_), return_.id).state = "submitted"
    session.commit()
    sign_in(client, office)
    assert client.post(f"{home}/steps/{third.id}/done", data=today).status_code == 409
    assert "The return has come in. Nothing more is to be done." in client.get(home).text
    listed = f"/boards/{board.slug}/escalations"
    assert "Vale College" not in client.get(listed).text
    assert "Vale College" in client.get(f"{listed}?show=stopped").text
    steps = session.scalars(select(EscalationStep).where(EscalationStep.done_at.is_not(None)))
    assert {step.kind for step in steps} == {first.kind, second.kind}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_not_late_is_not_escalated(session, client):
    board = make.board(session)
    cycle = make.cycle(session, board)
    return_ = make.return_(session, make.membership(session, board), cycle)
    return_.due_on = make.date(2999, 1, 1)
    session.commit()
    office = make.user(session, Role.OFFICE, board=board)
    session.commit()
    sign_in(client, office)
    answer = client.post(f"/returns/{return_.id}/escalation/begin")
    assert answer.status_code == 409
    assert "not late" in answer.text
