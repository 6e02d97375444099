"""Every page of the board office opens, in a number of queries that does not grow."""

from datetime import datetime

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from s11audit.domain.enums import Participation, ReturnState, Role
from s11audit.models import Return, Submission
from tests import factories as make
from tests.support.counting import MOST_QUERIES, counted_queries
from tests.support.office import Office, an_office
from tests.support.reviewing import panel
from tests.support.web import sign_in


def addresses(office: Office) -> list[str]:
    at = office.at
    first, second = office.stages
    one = office.members[0].id
    unsent, sent = office.in_state(ReturnState.NOT_STARTED), office.in_state(ReturnState.SUBMITTED)
    tool = f"{at}/tools/lancashire-2012/1"
    return [
        at,
        f"{at}/agencies",
        f"{at}/agencies?search=harrow&category=police&participation=full&page=9",
        f"{at}/agencies?ended=yes",
        f"{at}/agencies/add",
        f"{at}/agencies/{one}",
        f"{at}/agencies/{one}/change",
        f"{at}/agencies/{one}/end",
        f"{at}/cycles",
        f"{at}/cycles/open",
        f"{at}/cycles/{office.cycle.id}",
        f"{at}/stages/{second.id}/open",
        f"{at}/stages/{first.id}/close",
        f"{at}/stages/{second.id}/close",
        f"{at}/stages/{first.id}/join",
        f"{at}/returns",
        f"{at}/returns?stage=all&sort=state&order=descending&page=2",
        f"{at}/returns?state=in_progress&category=police&standing=asked&search=agency&sort=due",
        f"{at}/returns?state=late&sort=category",
        f"{at}/chase?stage={first.id}",
        f"{at}/chase?return={unsent.id}",
        f"{at}/tools",
        f"{at}/tools/add",
        tool,
        f"{tool}/standards/5",
        f"{tool}/standards/5?category=police",
        f"/returns/{unsent.id}",
        f"/returns/{sent.id}",
        f"/returns/{unsent.id}/history",
        f"/returns/{unsent.id}/extend",
        f"/returns/{unsent.id}/standing",
        f"/returns/{sent.id}/send-back",
    ]


def test_every_page_opens_in_few_queries(session: Session, client: FlaskClient) -> None:
    counts = []
    for agencies in (3, 40, 300):
        office = an_office(session, agencies)
        sign_in(client, office.office)
        counted = []
        for address in addresses(office):
            with counted_queries() as queries:
                answer = client.get(address)
            assert answer.status_code == 200, (address, answer.text)
            assert len(queries) <= MOST_QUERIES, (address, queries)
            counted.append(len(queries))
        counts.append(counted)
    # With three agencies some lists are empty, and what hangs on them is not asked for.
    _, some, many = counts
    assert some == many


def test_the_dashboard_says_what_needs_doing(session: Session, client: FlaskClient) -> None:
    office = an_office(session, 6, late=True)
    sign_in(client, office.office)
    text = client.get(office.at).text
    assert "3 returns are late in stage 1 of Section 11 audit: write to the agencies" in text
    assert "1 submitted return waits for QA" in text
    assert "5 agencies have a return to make and nobody to fill it in" in text
    assert "6 asked" in text


def _sent(return_: Return, at: datetime) -> Submission:
    return Submission(
        return_id=return_.id, number=1, reference=f"TEST-{return_.id}", self_ratings={},
        snapshot={}, signatory_name="Ann Example", signatory_designation="Director",
        signatory_email="ann@example.org", late=False, effective_at=at, recorded_at=at,
    )  # fmt: skip


def test_each_role_sees_its_own_dashboard(session: Session, client: FlaskClient) -> None:
    office = an_office(session, 6, late=True)
    for state in (ReturnState.SUBMITTED, ReturnState.IN_REVIEW):
        session.add(_sent(office.in_state(state), office.now))
    for role, seen, unseen in (
        (Role.QA, "1 submitted return waits for a review to start", "write to the agencies"),
        (Role.CHAIR, "1 return is in review", "write to the agencies"),
        (Role.VIEWER, "Read the board", "What needs doing"),
        (Role.SCRUTINEER, "All returns of this stage", "What needs doing"),
    ):
        person = make.user(session, role, board=office.board)
        session.commit()
        sign_in(client, person)
        text = client.get(office.at).text
        assert seen in text, role
        assert unseen not in text, role
        # Who can allot is told what nobody reviews.
        assert ("2 returns have no reviewer yet in stage 1" in text) is (role is Role.CHAIR)
    admin = make.user(session, Role.ADMIN)
    session.commit()
    sign_in(client, admin)
    text = client.get(office.at).text
    assert "Audit tools of this board" in text
    assert "Section 11 audit" not in text


def test_a_new_board_is_told_where_to_begin(session: Session, client: FlaskClient) -> None:
    board = make.board(session)
    office = make.user(session, Role.OFFICE, board=board)
    session.commit()
    sign_in(client, office)
    assert "Add the board’s agencies" in client.get(f"/boards/{board.slug}").text
    make.membership(session, board)
    session.commit()
    assert "Open a cycle" in client.get(f"/boards/{board.slug}").text


def test_pages_of_another_board_do_not_exist(session: Session, client: FlaskClient) -> None:
    office = an_office(session)
    other = make.board(session)
    elsewhere = make.user(session, Role.OFFICE, board=other)
    session.commit()
    sign_in(client, elsewhere)
    for address in addresses(office):
        assert client.get(address).status_code == 404, address
    here = f"/boards/{other.slug}"
    for address in (
        f"{here}/agencies/{office.members[0].id}",
        f"{here}/cycles/{office.cycle.id}",
        f"{here}/stages/{office.stages[0].id}/close",
        f"{here}/chase?stage={office.stages[0].id}",
    ):
        assert client.get(address).status_code == 404, address
    chase = client.post(
        f"{here}/chase",
        data={"return": office.returns[0].id, "subject": "S", "text": "T", "preview": "yes"},
    )
    assert chase.status_code == 404


def test_strange_addresses_are_answered(session: Session, client: FlaskClient) -> None:
    office = an_office(session)
    sign_in(client, office.office)
    for query in (
        "page=0", "page=-1", "page=99999999999999999999", "page=x", "stage=x", "stage=999999999",
        "stage=99999999999999", "state=nothing", "category=%00", "search=%00%ff%25_", "sort=;",
        "order=x", "standing=x", f"search={'x' * 5000}", "search=%F0%9F%98%80", "stage=²",
    ):  # fmt: skip
        for page in ("returns", "agencies"):
            assert client.get(f"{office.at}/{page}?{query}").status_code == 200, (page, query)
    nobody = client.get(f"{office.at}/chase?from={office.stages[0].id}", follow_redirects=True)
    assert "Select the returns to write about" in nobody.text
    assert client.get(f"{office.at}/chase?return=x").status_code == 400
    assert client.get(f"{office.at}/chase?return=999999999").status_code in (200, 404)
    assert client.get(f"{office.at}/cycles/99999999999").status_code == 404


def test_what_nobody_rates_waits_for_nobody(session: Session, client: FlaskClient) -> None:
    at = panel(session, participation=Participation.ADVISORY)
    session.commit()
    sign_in(client, at.qa)
    page = client.get(f"/boards/{at.board.slug}").text
    assert "for a review to start" not in page
    sign_in(client, at.office)
    page = client.get(f"/boards/{at.board.slug}").text
    assert "waits for QA" not in page
    assert "No return is still out in stage 1" in page
