"""Adding, changing and ending memberships: the service, and the pages over it."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Category, Duty, Participation, Role
from s11audit.domain.errors import Invalid, NotAllowed, NotFound, Refused
from s11audit.domain.policy import OPERATOR
from s11audit.models import Agency, AuditLog, Board, Membership
from s11audit.services import agencies
from tests import factories as make
from tests.factories import NOW, TODAY
from tests.support.office import an_office
from tests.support.web import sign_in

TYPED = {
    "name": "North Vale College",
    "categories": ["education", "other"],
    "participation": "advisory",
    "duty": "invited",
    "save": "yes",
}


def add(session: Session, board: Board, name: str) -> Membership:
    return agencies.add_membership(
        session, OPERATOR, board.id, name, categories=[Category.POLICE],
        participation=Participation.FULL, duty=Duty.STATUTORY, now=NOW,
    )  # fmt: skip


@pytest.mark.parametrize("again", ["Café", "  CAFÉ ", "Cafe\u0301", "café\u00a0"])
def test_a_name_is_taken_by_nfc_and_casefold(session: Session, again: str) -> None:
    board = make.board(session)
    add(session, board, "Café")
    with pytest.raises(Invalid) as refused:
        add(session, board, again)
    assert "already on this board" in refused.value.problems["name"]


@pytest.mark.parametrize("name", ["", " ", "\u2003", "x" * 201, "a\x00b", "a\ud800b", "ΐ" * 199])
def test_names_that_cannot_be(session: Session, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        add(session, make.board(session), name)
    assert list(refused.value.problems) == ["name"]


def test_the_same_name_on_another_board_is_another_agency(session: Session) -> None:
    one, two = make.board(session), make.board(session)
    assert add(session, one, "Trust").agency_id != add(session, two, "Trust").agency_id


def test_a_category_is_needed(session: Session) -> None:
    board = make.board(session)
    with pytest.raises(Invalid) as refused:
        agencies.add_membership(
            session, OPERATOR, board.id, "A", categories=[], participation=Participation.FULL,
            duty=Duty.STATUTORY, now=NOW,
        )  # fmt: skip
    assert list(refused.value.problems) == ["categories"]


def test_changes_are_logged_with_what_differs_only(session: Session) -> None:
    board = make.board(session)
    one = add(session, board, "A")
    for name in ("B", "B"):
        agencies.change_membership(
            session, OPERATOR, one.id, name=name, categories=[Category.POLICE],
            participation=Participation.FULL, duty=Duty.STATUTORY, now=NOW,
        )  # fmt: skip
    session.commit()
    assert list(session.scalars(select(AuditLog.what).order_by(AuditLog.id))) == [
        "membership.added",
        "membership.changed",
    ]


def test_ending_and_starting_again(session: Session) -> None:
    one = add(session, make.board(session), "A")
    with pytest.raises(Invalid):
        agencies.end_membership(session, OPERATOR, one.id, TODAY - timedelta(days=1), now=NOW)
    with pytest.raises(Refused):
        agencies.resume_membership(session, OPERATOR, one.id, now=NOW)
    agencies.end_membership(session, OPERATOR, one.id, TODAY, now=NOW)
    with pytest.raises(Refused):
        agencies.end_membership(session, OPERATOR, one.id, TODAY, now=NOW)
    with pytest.raises(Invalid, match="start its membership again"):
        add(session, one.board, "a")
    agencies.resume_membership(session, OPERATOR, one.id, now=NOW)
    assert one.ends_on is None


def test_only_the_office_of_the_board(session: Session) -> None:
    one = add(session, board := make.board(session), "A")
    viewer = make.actor(session, make.user(session, Role.VIEWER, board=board))
    elsewhere = make.actor(session, make.user(session, Role.OFFICE, board=make.board(session)))
    for actor, error in ((viewer, NotAllowed), (elsewhere, NotFound)):
        with pytest.raises(error):
            agencies.end_membership(session, actor, one.id, TODAY, now=NOW)
        with pytest.raises(error):
            agencies.add_membership(
                session, actor, board.id, "B", categories=[Category.OTHER],
                participation=Participation.FULL, duty=Duty.STATUTORY, now=NOW,
            )  # fmt: skip


def test_adding_by_page(session: Session, client: FlaskClient) -> None:
    office = an_office(session)
    sign_in(client, office.office)
    answer = client.post(f"{office.at}/agencies/add", data=TYPED, follow_redirects=True)
    assert "North Vale College is now on the board." in answer.text
    again = client.post(f"{office.at}/agencies/add", data=TYPED | {"name": "north  vale COLLEGE"})
    assert "is already on this board" in again.text
    assert 'value="north  vale COLLEGE"' in again.text
    assert again.text.count("checked") == 4
    made = session.scalars(select(Membership).where(Membership.name == "North Vale College")).one()
    assert made.categories == (Category.EDUCATION, Category.OTHER)
    assert (made.participation, made.duty) == (Participation.ADVISORY, Duty.INVITED)


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"name": "x" * 5000}, {"categories": ["pirates"]}, {"participation": "x"},
     {"duty": ""}, {"categories": []}, {"name": "a\x00"}],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_is_kept(
    session: Session, client: FlaskClient, wrong: dict[str, object]
) -> None:
    office = an_office(session)
    sign_in(client, office.office)
    before = session.scalar(select(func.count(Agency.id)))
    answer = client.post(f"{office.at}/agencies/add", data=TYPED | wrong)
    if wrong == {"name": "a\x00"}:
        assert answer.status_code == 302
        return
    assert answer.status_code == 200
    assert "There is a problem" in answer.text
    session.rollback()
    assert session.scalar(select(func.count(Agency.id))) == before


def test_changing_and_ending_by_page(session: Session, client: FlaskClient) -> None:
    office = an_office(session)
    sign_in(client, office.office)
    at = f"{office.at}/agencies/{office.members[0].id}"
    assert "future returns only" in client.get(f"{at}/change").text
    assert (
        "The agency was saved"
        in client.post(f"{at}/change", data=TYPED, follow_redirects=True).text
    )
    for typed, said in (
        ({}, "Enter the day on which the membership ends"),
        ({"ends_on-day": "31", "ends_on-month": "2", "ends_on-year": "2030"}, "real date"),
        ({"ends_on-day": "1", "ends_on-month": "1", "ends_on-year": "1999"}, "on or after its"),
    ):
        assert said in client.post(f"{at}/end", data=typed).text
    day = office.today
    typed = {"ends_on-day": day.day, "ends_on-month": day.month, "ends_on-year": day.year}
    assert client.post(f"{at}/end", data=typed).status_code == 302
    assert client.post(f"{at}/end", data=typed).status_code == 409
    assert "Membership ended" in client.get(at).text
    assert "North Vale College" in client.get(f"{office.at}/agencies?ended=yes").text
    assert client.post(f"{at}/resume").status_code == 302
    assert client.post(f"{at}/resume").status_code == 409
