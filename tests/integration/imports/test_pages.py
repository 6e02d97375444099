"""The three imports as pages: nothing is applied that was not shown."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Category, Role
from s11audit.models import Board, Cycle, Membership, RecordedOutcome, Return
from tests import factories
from tests.support.counting import counted_queries
from tests.support.web import sign_in

TABLE = Path(__file__).parents[3] / "s11audit" / "demonstration" / "leicestershire-rutland-2011.csv"


@pytest.fixture
def board(session: Session, client: FlaskClient) -> Board:
    made = factories.board(session, "north")
    factories.membership(session, made, "Ærø Trust", categories=(Category.POLICE,))
    office = factories.user(session, Role.OFFICE, board=made)
    session.commit()
    sign_in(client, office)
    return made


def send(client: FlaskClient, kind: str, data: bytes, **fields: Any) -> Any:
    values = {"file": (io.BytesIO(data), "our file.csv"), **fields}
    return client.post(f"/boards/north/imports/{kind}", data=values)


def token_in(page: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found, page
    return found[1]


def names(session: Session) -> list[str]:
    session.rollback()
    return sorted(session.scalars(select(Membership.name)))


def test_the_pages_are_there(client: FlaskClient, board: Board) -> None:
    assert client.get("/boards/north/imports").status_code == 200
    for kind in ("agencies", "returns", "compliance-table"):
        page = client.get(f"/boards/north/imports/{kind}")
        assert page.status_code == 200
        assert "What the file must hold" in page.text
    assert client.get("/boards/north/imports/nonsense").status_code == 404


def test_agencies_are_shown_first_and_then_imported(
    client: FlaskClient, session: Session, board: Board
) -> None:
    data = (
        "agency,category,participation\nÆRØ trust,council,full\nNew one,police;council,advisory\n"
    )
    shown = send(client, "agencies", data.encode())
    assert shown.status_code == 200
    assert "1 agency to add, 1 to change, 0 unchanged" in shown.text
    assert "Ærø Trust: category from Police to Council" in shown.text
    assert names(session) == ["Ærø Trust"]
    applied = client.post(
        "/boards/north/imports/agencies/apply", data={"token": token_in(shown.text)}
    )
    assert applied.status_code == 302
    assert names(session) == ["New one", "Ærø Trust"]
    changed = session.scalars(select(Membership).where(Membership.name == "Ærø Trust")).one()
    assert changed.categories == (Category.COUNCIL,)
    again = client.get("/boards/north/imports")
    assert "1 agency added, 1 changed, 0 unchanged" in again.text


def test_faults_are_shown_with_row_column_and_reason(
    client: FlaskClient, session: Session, board: Board
) -> None:
    shown = send(client, "agencies", b"agency,category,participation\nA,army,full\nB,police,half\n")
    assert shown.status_code == 422
    assert "our file.csv was refused. Nothing was imported" in shown.text
    for text in ("army", "is not a category", "half", "full or advisory"):
        assert text in shown.text
    assert names(session) == ["Ærø Trust"]


def test_a_file_that_is_no_text_is_refused_in_words(client: FlaskClient, board: Board) -> None:
    shown = send(
        client, "agencies", "agency,category,participation\nÆ,police,full".encode("cp1252")
    )
    assert shown.status_code == 422
    assert "This is not UTF-8" in shown.text
    assert send(client, "agencies", b"x" * 2_000_001).status_code == 422
    nothing = client.post("/boards/north/imports/agencies", data={})
    assert nothing.status_code == 422
    assert "Choose the file" in nothing.text


def test_what_was_not_shown_is_not_applied(
    client: FlaskClient, session: Session, board: Board
) -> None:
    data = b"agency,category,participation\nNew one,police,full\n"
    token = token_in(send(client, "agencies", data).text)
    factories.membership(session, board, "New One", categories=(Category.COUNCIL,))
    session.commit()
    answer = client.post("/boards/north/imports/agencies/apply", data={"token": token})
    assert answer.status_code == 409
    assert "The board has changed since you checked the file" in answer.text
    member = session.scalars(select(Membership).where(Membership.name == "New One")).one()
    assert member.categories == (Category.COUNCIL,)
    again = client.post(
        "/boards/north/imports/agencies/apply", data={"token": token_in(answer.text)}
    )
    assert again.status_code == 302
    session.rollback()
    assert member.categories == (Category.POLICE,)


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c"])
def test_a_token_of_nobody_imports_nothing(
    client: FlaskClient, session: Session, board: Board, token: str
) -> None:
    answer = client.post("/boards/north/imports/agencies/apply", data={"token": token})
    assert answer.status_code == 302
    assert names(session) == ["Ærø Trust"]


def test_a_token_is_bound_to_person_board_and_import(
    client: FlaskClient, session: Session, board: Board
) -> None:
    data = b"agency,category,participation\nNew one,police,full\n"
    token = token_in(send(client, "agencies", data).text)
    other = factories.board(session, "south")
    both = factories.user(session, Role.OFFICE, board=board)
    factories.grant(session, both, Role.OFFICE, board=other)
    session.commit()
    assert (
        client.post("/boards/north/imports/returns/apply", data={"token": token})
        .headers["Location"]
        .endswith("/imports/returns")
    )
    sign_in(client, both)
    client.post("/boards/north/imports/agencies/apply", data={"token": token})
    client.post("/boards/south/imports/agencies/apply", data={"token": token})
    assert names(session) == ["Ærø Trust"]


def test_the_published_table_is_imported(
    client: FlaskClient, session: Session, board: Board
) -> None:
    shown = send(client, "compliance-table", TABLE.read_bytes(), cycle="Audit 2011")
    assert "27 recorded returns to add" in shown.text
    assert "make the cycle Audit 2011" in shown.text
    token = token_in(shown.text)
    client.post("/boards/north/imports/compliance-table/apply", data={"token": token})
    session.rollback()
    assert session.scalar(select(func.count()).select_from(RecordedOutcome)) == 27
    again = send(client, "compliance-table", TABLE.read_bytes(), cycle="audit 2011")
    assert "There is nothing to do" in again.text


def test_returns_are_imported_into_the_chosen_stage(
    client: FlaskClient, session: Session, board: Board
) -> None:
    cycle = factories.cycle(session, board, name="Audit")
    member = session.scalars(select(Membership)).one()
    made = factories.return_(session, member, cycle)
    stage_id = made.stage_id
    session.commit()
    header = "agency,standard,self_rating,statement,submitted_on,agreed_rating,improvement,rated_on"
    rows = "\n".join(f"Ærø Trust,{number},green,,2020-01-31,,," for number in range(1, 10))
    refused = send(client, "returns", f"{header}\n{rows}".encode(), stage="999")
    assert refused.status_code == 422
    shown = send(client, "returns", f"{header}\n{rows}".encode(), stage=str(stage_id))
    assert "Ærø Trust: 9 standards, submitted on 2020-01-31; then submitted" in shown.text
    token = token_in(shown.text)
    done = client.post("/boards/north/imports/returns/apply", data={"token": token})
    assert done.status_code == 302
    session.rollback()
    assert session.scalars(select(Return.state)).all() == ["submitted"]
    # The same file once more: the return has begun.
    twice = client.post("/boards/north/imports/returns/apply", data={"token": token})
    assert twice.status_code == 409
    assert "has already begun" in twice.text


def test_only_the_board_office_imports(client: FlaskClient, session: Session, board: Board) -> None:
    for role, status in ((Role.QA, 403), (Role.VIEWER, 403)):
        sign_in(client, factories.user(session, role, board=board))
        session.commit()
        assert client.get("/boards/north/imports").status_code == status
    other = factories.user(session, Role.OFFICE, board=factories.board(session))
    session.commit()
    sign_in(client, other)
    assert client.get("/boards/north/imports").status_code == 404
    assert client.post("/boards/north/imports/agencies/apply").status_code == 404
    assert session.scalar(select(func.count()).select_from(Cycle)) == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_checking_a_file_takes_the_same_queries_whatever_its_length(
    client: FlaskClient, board: Board
) -> None:
    numbers = []
    for length in (1, 300):
        rows = "".join(f"Agency {number},police,full\n" for number in range(length))
        with counted_queries() as counted:
            shown = send(client, "agencies", f"agency,category,participation\n{rows}".encode())
        assert shown.status_code == 200
        numbers.append(len(counted))
    assert numbers[0] == numbers[1] <= 12
