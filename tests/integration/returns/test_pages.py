"""The list of returns, the page of one, and what the office does there."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Category, ReturnState, Role, Standing
from s11audit.models import OutboxMessage, Return, Submission
from s11audit.queries.return_list import ReturnFilter, Sort, StateFilter, list_returns
from s11audit.services import log
from tests import factories as make
from tests.support.office import Office, an_office
from tests.support.web import sign_in


def submit(session: Session, one: Return, office: Office) -> None:
    session.add(
        Submission(
            return_id=one.id, number=1, reference=f"S11-{one.id:05d}-1", snapshot={},
            self_ratings={}, signatory_name="Ann Other", signatory_designation="Director",
            signatory_email="ann@example.org", late=False, effective_at=office.now,
            recorded_at=office.now,
        )
    )  # fmt: skip
    session.commit()


def test_filters_and_order(session: Session) -> None:
    office = an_office(session, 20, late=True)
    back = office.in_state(ReturnState.IN_PROGRESS)
    submit(session, back, office)
    office.returns[0].standing = Standing.DECLINED
    office.returns[5].due_on = office.today + timedelta(days=3)
    session.commit()
    stage = office.stages[0].id

    def found(**wanted: Any) -> list[Any]:
        order = {key: wanted.pop(key) for key in ("sort", "descending") if key in wanted}
        narrowed = ReturnFilter(**({"stage_id": stage} | wanted))
        return list(list_returns(session, office.board.id, narrowed, office.today, **order).items)

    assert len(found()) == 20
    assert len(found(stage_id=None)) == 40
    late = found(state=StateFilter.LATE)
    assert {row.late_days for row in late} == {1}
    assert len(late) == 6
    assert [row.return_id for row in found(state=StateFilter.SENT_BACK)] == [back.id]
    assert len(found(state=StateFilter.IN_PROGRESS)) == 3
    assert [row.standing for row in found(standing=Standing.DECLINED)] == [Standing.DECLINED]
    assert {row.categories for row in found(category=Category.POLICE)} == {(Category.POLICE,)}
    assert [row.agency for row in found(search="agency 0007")] == [office.members[7].name]
    assert found(search="100%_") == []
    assert found(search="a' OR 1=1 --") == []
    states = [row.state for row in found(sort=Sort.STATE)]
    assert states == sorted(states, key=list(ReturnState).index)
    due = [row.due_on for row in found(sort=Sort.DUE, descending=True)]
    assert due == sorted(due, reverse=True)
    for sort in Sort:
        assert len({row.return_id for row in found(sort=sort)}) == 20
    row = next(row for row in found() if row.state is ReturnState.SUBMITTED)
    assert (row.done, row.standards) == (9, 9)
    assert next(row for row in found() if row.return_id == back.id).done == 0


def test_pages_of_the_list_hold_each_return_once(session: Session) -> None:
    office = an_office(session, 120)
    wanted = ReturnFilter(stage_id=office.stages[0].id)
    seen = [
        row.return_id
        for page in (1, 2, 3)
        for row in list_returns(
            session, office.board.id, wanted, office.today, sort=Sort.CATEGORY, page=page
        ).items
    ]
    assert len(seen) == len(set(seen)) == 120


def test_what_the_office_does_by_page(session: Session, client: FlaskClient) -> None:
    office = an_office(session, 5)
    sign_in(client, office.office)
    unsent, sent = office.in_state(ReturnState.NOT_STARTED), office.in_state(ReturnState.SUBMITTED)
    submit(session, sent, office)
    day = {"due_on-day": "1", "due_on-month": "2", "due_on-year": "2130"}

    def post(path: str, **data: Any) -> str:
        return client.post(f"/returns/{path}", data=data, follow_redirects=True).text

    kept = post(f"{unsent.id}/extend", reason="The lead is ill & away")
    assert "Enter the new due date" in kept
    assert "The lead is ill &amp; away" in kept
    assert "must be after" in post(f"{unsent.id}/extend", reason="Why", **day | {
        "due_on-year": "2001"})  # fmt: skip
    assert "2000 characters" in post(f"{unsent.id}/extend", reason="x" * 2001, **day)
    assert "was extended" in post(f"{unsent.id}/extend", reason="Why\r\nso", **day)
    assert "Select what has happened" in post(f"{unsent.id}/standing", reason="Why")
    assert "Enter the reason" in post(f"{unsent.id}/standing", standing="nil", reason=" ")
    assert "Select what has happened" in post(
        f"{unsent.id}/standing", standing="asked", reason="Why"
    )
    assert "marked as excused" in post(f"{unsent.id}/standing", standing="excused", reason="Why")
    assert client.get(f"/returns/{unsent.id}/extend").status_code == 409
    assert "back with the agency" in post(f"{sent.id}/send-back", reason="Standard 2 is empty")
    assert client.post(f"/returns/{sent.id}/send-back", data={"reason": "x"}).status_code == 409
    page = client.get(f"/returns/{sent.id}").text
    assert "Standard 2 is empty" in page
    assert "Sent back" in page
    history = client.get(f"/returns/{unsent.id}/history").text
    assert "Due date extended" in history
    assert "1 February 2130" in history
    assert "Board office" in history
    assert "@example.org" not in history


def test_who_may_open_the_page_of_a_return(session: Session, client: FlaskClient) -> None:
    office = an_office(session, 3)
    one = office.returns[0]
    people = {
        (Role.QA, office.board): (200, 403, 403),
        (Role.VIEWER, office.board): (404, 404, 404),
        (Role.OFFICE, make.board(session)): (404, 404, 404),
    }
    for (role, board), expected in people.items():
        person = make.user(session, role, board=board)
        session.commit()
        sign_in(client, person)
        answers = tuple(
            client.get(f"/returns/{one.id}{path}").status_code
            for path in ("", "/extend", "/standing")
        )
        assert answers == expected, role
    lead = make.user(session, Role.LEAD, membership=office.members[0])
    session.commit()
    sign_in(client, lead)
    assert client.get(f"/returns/{one.id}").status_code == 200
    assert client.get(f"/returns/{office.returns[1].id}").status_code == 404
    assert client.post(f"/returns/{one.id}/extend", data={}).status_code == 403


def test_chasing_by_page(session: Session, client: FlaskClient) -> None:
    office = an_office(session, 12, late=True)
    sign_in(client, office.office)
    at, stage = f"{office.at}/chase", str(office.stages[0].id)
    written = {
        "stage": stage,
        "subject": "Late: {agency}",
        "text": "Dear {name}",
        "batch": "a" * 32,
    }
    preview = client.post(at, data=written | {"preview": "yes"}).text
    assert "Late: Agency 0000" in preview
    assert "Nobody at 5 agencies" in preview
    session.rollback()
    assert session.scalar(select(func.count(OutboxMessage.id))) == 0
    wrong = client.post(at, data=written | {"text": "Dear {nmae}", "preview": "yes"}).text
    assert "{nmae} is not known" in wrong
    assert "Dear {nmae}</textarea>" in wrong
    sent = client.post(at, data=written | {"send": "yes"}, follow_redirects=True).text
    assert "1 e-mail is on the way, about 1 return. 5 agencies have nobody to write to." in sent
    assert client.post(at, data=written | {"send": "yes"}).status_code == 409
    session.rollback()
    assert session.scalar(select(func.count(OutboxMessage.id))) == 1


@pytest.mark.parametrize("batch", ["", "x", "%" * 32, "A" * 32, "0" * 5000])
def test_a_changed_batch_sends_nothing(session: Session, client: FlaskClient, batch: str) -> None:
    office = an_office(session, 3, late=True)
    sign_in(client, office.office)
    data = {"return": office.returns[0].id, "subject": "S", "text": "T", "batch": batch}
    answer = client.post(f"{office.at}/chase", data=data | {"send": "yes"})
    assert answer.status_code == (302 if not batch else 200)


def test_the_history_keeps_back_what_is_not_everybodys(
    session: Session, client: FlaskClient
) -> None:
    office = an_office(session, 3)
    one = office.returns[0]
    qa = make.user(session, Role.QA, board=office.board)
    lead = make.user(session, Role.LEAD, membership=office.members[0])
    actor = make.actor(session, qa, office.today)
    for what, after in (
        ("rating.given", {"comment": "Not yet for them"}),
        ("response.saved", {"statement": "A first draft"}),
    ):
        log.record(
            session, actor, Role.QA, what, "return", one.id, now=office.now,
            board_id=office.board.id, return_id=one.id, after=after,
        )  # fmt: skip
    session.commit()
    for person, seen, unseen in (
        (qa, "Not yet for them", "A first draft"),
        (lead, "A first draft", "Not yet for them"),
        (office.office, "A first draft", "Not yet for them"),
    ):
        sign_in(client, person)
        text = client.get(f"/returns/{one.id}/history").text
        assert seen in text
        assert unseen not in text
