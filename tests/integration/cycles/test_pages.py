"""Opening a cycle by page: what, a page that says what will happen, then it happens."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Role
from s11audit.models import Cycle, Return
from tests import factories as make
from tests.support.office import an_office
from tests.support.web import sign_in

TYPED = {
    "name": "Audit 2030",
    "tool": "working-together-2023",
    "due_1-day": "31", "due_1-month": "3", "due_1-year": "2130",
    "due_2-day": "31", "due_2-month": "mar", "due_2-year": "2131",
}  # fmt: skip


def test_a_cycle_is_opened_after_a_look_at_what_it_does(
    session: Session, client: FlaskClient
) -> None:
    office = an_office(session, 5)
    sign_in(client, office.office)
    at = f"{office.at}/cycles/open"
    asked = client.post(at, data=TYPED | {"check": "yes"})
    assert "4 agencies are asked" in asked.text
    assert "1 April 2130" in asked.text
    everybody = client.post(at, data=TYPED | {"include_advisory": "y", "check": "yes"})
    assert "5 agencies are asked" in everybody.text
    assert session.scalar(select(func.count(Cycle.id))) == 1
    back = client.post(at, data=TYPED | {"change": "yes"})
    assert 'value="mar"' in back.text
    done = client.post(at, data=TYPED | {"confirm": "yes"}, follow_redirects=True)
    assert "Audit 2030 is open" in done.text
    again = client.post(at, data=TYPED | {"confirm": "yes"})
    assert "There is already a cycle" in again.text
    session.rollback()
    made = session.scalars(select(Cycle).where(Cycle.name == "Audit 2030")).one()
    assert len(made.stages) == 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "Enter the name of the cycle"),
        ({"name": " section 11 AUDIT"}, "There is already a cycle"),
        ({"name": "x" * 101}, "100 characters or fewer"),
        ({"tool": "nothing"}, "Select the audit tool"),
        ({"due_1-year": "1999"}, "must be in the future"),
        ({"due_1-year": "99999"}, "the year must include 4 numbers"),
        ({"due_1-day": ""}, "must include a day"),
        ({"due_2-year": "2130", "due_2-month": "2", "due_2-day": "1"}, "must be after"),
        ({"due_2-year": "", "due_2-month": "", "due_2-day": "", "due_3-day": "1",
          "due_3-month": "1", "due_3-year": "2140"}, "Enter when stage 2 is due"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(
    session: Session, client: FlaskClient, wrong: dict[str, str], said: str
) -> None:
    office = an_office(session, 3)
    sign_in(client, office.office)
    for button in ("check", "confirm"):
        answer = client.post(f"{office.at}/cycles/open", data=TYPED | wrong | {button: "yes"})
        assert answer.status_code == 200
        assert said in answer.text
    session.rollback()
    assert session.scalar(select(func.count(Cycle.id))) == 1


def test_nobody_to_ask(session: Session, client: FlaskClient) -> None:
    board = make.board(session)
    person = make.user(session, Role.OFFICE, board=board)
    session.commit()
    sign_in(client, person)
    answer = client.post(f"/boards/{board.slug}/cycles/open", data=TYPED | {"confirm": "yes"})
    assert "No agency would be asked" in answer.text
    session.rollback()
    assert session.scalar(select(func.count(Cycle.id))) == 0


def test_stages_by_page(session: Session, client: FlaskClient) -> None:
    office = an_office(session, 5)
    sign_in(client, office.office)
    first, second = (each.id for each in office.stages)

    def post(path: str, **data: Any) -> int:
        return client.post(f"{office.at}/stages/{path}", data=data).status_code

    assert post(f"{second}/close") == 409
    assert post(f"{second}/open") == 302
    assert post(f"{second}/open") == 409
    confirm = client.get(f"{office.at}/stages/{first}/close").text
    assert "2 not submitted" in confirm
    assert "2 submitted or in review" in confirm
    late = make.membership(session, office.board, "Late one")
    other = make.membership(session, make.board(session))
    session.commit()
    day = {"due_on-day": "1", "due_on-month": "2", "due_on-year": "2130"}
    assert post(f"{first}/join", membership=str(other.id), **day) == 200
    assert post(f"{first}/join", membership="x", **day) == 200
    assert post(f"{first}/join", membership=str(late.id)) == 200
    past = day | {"due_on-year": "2001"}
    assert post(f"{first}/join", membership=str(late.id), **past) == 200
    assert post(f"{first}/join", membership=str(late.id), **day) == 302
    assert post(f"{first}/join", membership=str(late.id), **day) == 200
    session.rollback()
    joined = select(func.count(Return.id)).where(Return.membership_id == late.id)
    assert session.scalar(joined) == 2
    assert post(f"{first}/close") == 302
    assert post(f"{first}/close") == 409
