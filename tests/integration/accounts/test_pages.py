"""The administrator's pages, places, and the number of queries of every list of people."""

import pytest
from sqlalchemy import func, select, update

from s11audit.domain.enums import Role
from s11audit.models import AuditLog, Board, Grant, Invitation, OutboxMessage
from s11audit.services.log import verify
from tests import factories as make
from tests.support.counting import counted_queries
from tests.support.tampering import unguarded
from tests.support.web import sign_in


@pytest.fixture
def admin(session):
    made = make.user(session, Role.ADMIN, name="Adam Admin", email="adam@example.org")
    session.commit()
    return made


def test_an_administrator_adds_a_board_and_invites_its_office(session, client, admin):
    sign_in(client, admin)
    assert client.get("/").location == "/admin"
    wrong = client.post("/admin/boards/add", data={"name": "A board", "slug": "Not right"})
    assert wrong.status_code == 200 and "small letters" in wrong.text and "A board" in wrong.text
    answer = client.post("/admin/boards/add", data={"name": "A board", "slug": "a-board"})
    assert answer.location == "/boards/a-board/people/invite"
    answer = client.post(answer.location, data={"email": "olive@example.org", "role": "office"})
    assert answer.location == "/boards/a-board/people/invitations"
    assert "olive@example.org" in client.get(answer.location).text
    session.rollback()
    assert session.scalars(select(Board.slug)).all() == ["a-board"]
    assert session.scalars(select(AuditLog.what).order_by(AuditLog.id)).all() == [
        "board.added",
        "invitation.sent",
    ]


def test_administrators_are_invited_and_ended_but_the_last(session, client, admin):
    sign_in(client, admin)
    own = session.scalars(select(Grant.id)).one()
    assert client.post(f"/admin/administrators/{own}/end").status_code == 409
    answer = client.post("/admin/administrators", data={"email": "eve@example.org"})
    assert answer.status_code == 302
    page = client.get("/admin/administrators").text
    assert "eve@example.org" in page
    session.rollback()
    invitation = session.scalars(select(Invitation)).one()
    assert (invitation.role, invitation.board_id) == (Role.ADMIN, None)
    assert (
        client.post(f"/admin/administrators/invitations/{invitation.id}/resend").status_code == 302
    )
    path = f"/admin/administrators/invitations/{invitation.id}/withdraw"
    assert client.post(path).status_code == 302
    assert "eve@example.org" not in client.get("/admin/administrators").text
    session.rollback()
    other = make.user(session, Role.ADMIN, name="Otto Other")
    session.commit()
    theirs = session.scalars(select(Grant.id).where(Grant.user_id == other.id)).one()
    asked = client.get(f"/admin/administrators/{theirs}/end").text
    assert "End the role of Otto Other" in asked and f"/admin/accounts/{other.id}" in asked
    assert client.post(f"/admin/administrators/{own}/end").location == "/"
    assert client.get("/admin").status_code == 404


def test_the_log_is_checked_by_a_button(session, client, admin):
    sign_in(client, admin)
    client.post("/admin/boards/add", data={"name": "A board", "slug": "a-board"})
    assert "The 1 row holds" in client.post("/admin/log").text
    session.rollback()
    with unguarded(session):
        session.execute(update(AuditLog).values(who="nobody"))
    session.commit()
    page = client.post("/admin/log").text
    assert "The log does not hold: the row was altered" in page
    assert verify(session)[1] is not None


def test_a_person_with_several_places_chooses_and_always_sees_where_they_are(session, client):
    board = make.board(session, name="North Board")
    member = make.membership(session, board, "Northvale College")
    person = make.user(session, Role.VIEWER, board=board)
    make.grant(session, person, Role.LEAD, membership=member)
    nobody = make.user(session)
    session.commit()
    sign_in(client, person)
    assert client.get("/").location == "/places"
    page = client.get("/places").text
    assert "North Board" in page and "Northvale College" in page and "Safeguarding lead" in page
    for path, name in ((f"/boards/{board.slug}", "North Board"),
                       (f"/agencies/{member.id}", "Northvale College")):  # fmt: skip
        header = client.get(path).text.split("</header>")[0]
        assert f"<strong>{name}</strong>" in header and "Change place" in header
    sign_in(client, nobody)
    assert client.get("/").location == "/places"
    assert "You hold no role" in client.get("/places").text


@pytest.mark.parametrize(
    "path",
    [
        "/boards/{slug}/people",
        "/boards/{slug}/people/invite",
        "/boards/{slug}/people/invitations",
        "/boards/{slug}/outbox",
        "/admin",
        "/admin/people",
        "/admin/administrators",
        "/admin/outbox",
        "/places",
    ],
)
def test_the_number_of_queries_does_not_grow(session, client, admin, path):
    board = make.board(session)
    sign_in(client, admin)

    def fill(count):
        for number in range(count):
            member = make.membership(session, board)
            person = make.user(session, Role.LEAD, membership=member)
            make.grant(session, admin, Role.CONTRIBUTOR, membership=member)
            places = {"board_id": board.id} if number % 2 else {}
            session.add(
                Invitation(
                    email=person.email, role=Role.QA if places else Role.ADMIN, **places,
                    token_hash=person.email, sent_at=make.NOW, expires_at=make.NOW,
                )
            )  # fmt: skip
            session.add(
                OutboxMessage(
                    dedupe_key=person.email, **places, to_email=person.email, subject="s",
                    body="b", created_at=make.NOW, next_attempt_at=make.NOW,
                )
            )  # fmt: skip
        session.commit()

    counts = []
    for count in (2, 30):
        fill(count)
        with counted_queries() as queries:
            assert client.get(path.format(slug=board.slug)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12, counts
    assert session.scalar(select(func.count(OutboxMessage.id))) == 32
