"""Invitations: a link that works once, expires, and is not used up by being opened."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from s11audit.domain.enums import Role
from s11audit.domain.errors import Invalid, NotAllowed, NotFound, Refused
from s11audit.domain.policy import OPERATOR
from s11audit.models import AuditLog, Grant, Invitation, OutboxMessage, User
from s11audit.services import accounts, grants, invitations
from s11audit.services.log import verify
from tests import factories as make
from tests.support.web import sign_in

BASE = "http://s11.example.org"
LATER = timedelta(days=1)


@pytest.fixture
def place(session):
    """A board with its office and an agency, and another board with its own."""
    session.info["base_url"] = BASE
    board = make.board(session)
    member = make.membership(session, board, "Bury College")
    other = make.board(session)
    found = {
        "board": board,
        "member": member,
        "other": other,
        "other_member": make.membership(session, other),
        "office": make.user(session, Role.OFFICE, board=board, name="Olive Office"),
        "admin": make.user(session, Role.ADMIN, name="Adam Admin"),
    }
    session.commit()
    return found


def actor(session, user):
    return make.actor(session, user)


def token_of(link):
    return link.removeprefix(f"{BASE}/invitations/")


def invite(session, place, email="new@example.org", role=Role.LEAD, **more):
    values = {"membership_id": place["member"].id} if role in (Role.LEAD, Role.CONTRIBUTOR) else {}
    return accounts.invite(
        session, actor(session, place["office"]), email, role, now=make.NOW, **values, **more
    )


def test_an_invitation_keeps_only_the_hash_of_its_link_and_queues_a_letter(session, place):
    invitation, link = invite(session, place, " New@Example.org ", name="Nell New")
    session.commit()
    assert invitation.email == "new@example.org"
    assert invitation.expires_at == make.NOW + timedelta(days=14)
    assert token_of(link) not in (invitation.token_hash, "")
    letter = session.scalars(select(OutboxMessage)).one()
    assert (letter.to_email, letter.secret, letter.board_id) == (
        "new@example.org",
        True,
        place["board"].id,
    )
    assert link in letter.body
    assert "Nell New" in letter.body and "Olive Office" in letter.body
    logged = session.scalars(select(AuditLog)).one()
    assert (logged.what, logged.role, logged.chain) == (
        "invitation.sent",
        "office",
        f"board:{place['board'].id}",
    )
    assert verify(session) == (1, None)


def test_a_new_person_accepts_once(session, place):
    _, link = invite(session, place)
    user = invitations.accept_as_new(session, token_of(link), "Nell New", "hash", now=make.NOW)
    session.commit()
    assert [held.role for held in actor(session, user).grants] == [Role.LEAD]
    with pytest.raises(NotFound):
        invitations.accept_as_new(session, token_of(link), "Nell Again", "hash", now=make.NOW)


def test_a_link_expires(session, place):
    _, link = invite(session, place)
    last = make.NOW + timedelta(days=14) - timedelta(seconds=1)
    assert invitations.pending(session, token_of(link), now=last)
    with pytest.raises(NotFound):
        invitations.pending(session, token_of(link), now=last + timedelta(seconds=1))


def test_sending_again_voids_the_old_link_and_its_unsent_letter(session, place):
    invitation, old = invite(session, place)
    new = accounts.resend(
        session, actor(session, place["office"]), invitation.id, now=make.NOW + LATER
    )
    session.commit()
    with pytest.raises(NotFound):
        invitations.pending(session, token_of(old), now=make.NOW + LATER)
    found = invitations.pending(session, token_of(new), now=make.NOW + LATER)
    assert found.expires_at == make.NOW + LATER + timedelta(days=14)
    assert [letter.body.count(new) for letter in session.scalars(select(OutboxMessage))] == [1]


def test_a_withdrawn_invitation_does_not_work(session, place):
    invitation, link = invite(session, place)
    accounts.revoke(session, actor(session, place["office"]), invitation.id, now=make.NOW)
    session.commit()
    with pytest.raises(NotFound):
        invitations.accept_as_new(session, token_of(link), "Nell", "hash", now=make.NOW)
    assert session.scalar(select(func.count(OutboxMessage.id))) == 0


def test_a_person_with_an_account_accepts_as_that_person_only(session, place):
    somebody = make.user(session, email="new@example.org")
    stranger = make.user(session)
    _, link = invite(session, place)
    with pytest.raises(Refused):
        invitations.accept(session, actor(session, stranger), token_of(link), now=make.NOW)
    with pytest.raises(Refused):
        invitations.accept_as_new(session, token_of(link), "Nell", "hash", now=make.NOW)
    invitations.accept(session, actor(session, somebody), token_of(link), now=make.NOW)
    session.commit()
    assert [held.membership_id for held in actor(session, somebody).grants] == [place["member"].id]


@pytest.mark.parametrize("role", [Role.LEAD, Role.OFFICE])
def test_nobody_is_invited_twice_to_what_they_hold_or_were_offered(session, place, role):
    values = {"board_id": place["board"].id} if role is Role.OFFICE else {}
    _, link = invite(session, place, role=role, **values)
    with pytest.raises(Refused, match="invited already"):
        invite(session, place, role=role, **values)
    invitations.accept_as_new(session, token_of(link), "Nell", "hash", now=make.NOW)
    with pytest.raises(Refused, match="holds this role"):
        invite(session, place, role=role, **values)


def test_a_board_office_reaches_its_own_board_and_agencies_only(session, place):
    office = actor(session, place["office"])
    other, member = place["other"].id, place["other_member"].id
    for role, values in (
        (Role.QA, {"board_id": other}),
        (Role.LEAD, {"membership_id": member}),
        (Role.ADMIN, {}),
    ):
        with pytest.raises((NotFound, NotAllowed)):
            accounts.invite(session, office, "x@example.org", role, now=make.NOW, **values)


@pytest.mark.parametrize(
    ("role", "more", "message"),
    [
        (Role.SCRUTINEER, {}, "until"),
        (Role.SCRUTINEER, {"until": make.TODAY - timedelta(days=1)}, "today or later"),
        (Role.QA, {"until": make.TODAY}, "Only a scrutineer"),
        (Role.LEAD, {"membership_id": None}, "needs an agency"),
    ],
)
def test_wrong_values_are_refused(session, place, role, more, message):
    values = {"board_id": place["board"].id} | more
    with pytest.raises(Invalid, match=message):
        accounts.invite(
            session, actor(session, place["office"]), "x@example.org", role, now=make.NOW, **values
        )


def test_a_wrong_address_is_refused(session, place):
    with pytest.raises(Invalid, match="correct format"):
        invite(session, place, "not an address")


def test_the_operator_adds_a_user_without_a_letter(session):
    session.info["base_url"] = BASE
    link = accounts.add_user(session, OPERATOR, "Boss@example.org", Role.ADMIN, now=make.NOW)
    user = invitations.accept_as_new(session, token_of(link), "Boss", "hash", now=make.NOW)
    session.commit()
    assert user.email == "boss@example.org"
    assert [held.role for held in actor(session, user).grants] == [Role.ADMIN]
    assert session.scalar(select(func.count(OutboxMessage.id))) == 0


def test_opening_the_link_does_not_use_it_up_and_the_button_does(session, client, place):
    now = make.datetime.now(make.UTC)
    _, link = accounts.invite(
        session, actor(session, place["office"]), "new@example.org", Role.LEAD,
        membership_id=place["member"].id, now=now,
    )  # fmt: skip
    session.commit()
    path = link.removeprefix(BASE)
    for _ in range(3):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "Bury College" in answer.text
        assert client.head(path).status_code == 200
    assert session.scalar(select(func.count(Grant.id)).where(Grant.role == Role.LEAD)) == 0
    short = client.post(path, data={"name": "Nell New", "password": "short"})
    assert "12 characters" in short.text
    answer = client.post(path, data={"name": "Nell New", "password": make.PASSWORD})
    assert answer.status_code == 302
    assert client.get("/").status_code == 302
    assert client.get("/").location == f"/agencies/{place['member'].id}"
    again = make_client(client).post(path, data={"name": "Other", "password": make.PASSWORD})
    assert again.status_code == 404
    assert "does not work any more" in again.text
    session.rollback()
    assert session.scalars(select(User.name).where(User.email == "new@example.org")).one() == (
        "Nell New"
    )


def make_client(client):
    return client.application.test_client()


def test_a_person_with_an_account_is_led_to_sign_in_first(session, client, place):
    somebody = make.user(session, email="known@example.org")
    stranger = make.user(session)
    _, link = accounts.invite(
        session, actor(session, place["office"]), "known@example.org", Role.CONTRIBUTOR,
        membership_id=place["member"].id, now=make.datetime.now(make.UTC),
    )  # fmt: skip
    session.commit()
    path = link.removeprefix(BASE)
    assert f"/login?next={path}" in client.get(path).text
    assert client.post(path).status_code == 200
    sign_in(client, stranger)
    assert "Sign out, then open the link again" in client.get(path).text
    assert client.post(path).status_code == 200
    sign_in(client, somebody)
    assert "Accept the invitation" in client.get(path).text
    assert client.post(path).status_code == 302
    session.rollback()
    assert [held.role for held in actor(session, somebody).grants] == [Role.CONTRIBUTOR]


def test_roles_are_changed_and_ended_at_once(session, client, place):
    board = place["board"]
    member = make.user(session, Role.VIEWER, board=board, name="Vera Viewer")
    session.commit()
    grant = session.scalars(select(Grant).where(Grant.user_id == member.id)).one()
    theirs = make_client(client)
    sign_in(theirs, member)
    assert theirs.get("/").location == f"/boards/{board.slug}"
    sign_in(client, place["office"])
    page = client.get(f"/boards/{board.slug}/people/{grant.id}")
    assert page.status_code == 200
    answer = client.post(f"/boards/{board.slug}/people/{grant.id}", data={"role": "office"})
    assert answer.status_code == 302, answer.text
    session.rollback()
    assert [held.role for held in actor(session, member).grants] == [Role.OFFICE]
    assert theirs.get(f"/boards/{board.slug}/people").status_code == 200
    new = session.scalars(select(Grant).where(Grant.user_id == member.id, Grant.ended_at.is_(None)))
    answer = client.post(f"/boards/{board.slug}/people/{new.one().id}/end")
    assert answer.status_code == 302
    assert theirs.get(f"/boards/{board.slug}/people").status_code == 404
    session.rollback()
    assert verify(session)[1] is None


def test_a_scrutineers_end_can_be_moved_and_what_has_lapsed_given_again(session, place):
    office = actor(session, place["office"])
    board_id = place["board"].id
    person = make.user(session)
    old = make.grant(session, person, Role.SCRUTINEER, board=place["board"],
                     until=make.TODAY - timedelta(days=1))  # fmt: skip
    _, link = accounts.invite(
        session, office, person.email, Role.SCRUTINEER, board_id=board_id,
        until=make.TODAY, now=make.NOW,
    )  # fmt: skip
    invitations.accept(session, actor(session, person), token_of(link), now=make.NOW)
    session.commit()
    assert old.ended_at is not None
    new = session.scalars(select(Grant).where(Grant.user_id == person.id, Grant.ended_at.is_(None)))
    until = make.TODAY + timedelta(days=30)
    grants.change_role(session, office, new.one().id, Role.SCRUTINEER, until=until,
                       board_id=board_id, now=make.NOW)  # fmt: skip
    session.commit()
    assert len(actor(session, person).grants) == 1


def test_the_last_administrator_stays(session, place):
    admin = actor(session, place["admin"])
    grant = session.scalars(select(Grant).where(Grant.role == Role.ADMIN)).one()
    with pytest.raises(Refused, match="last administrator"):
        grants.end_role(session, admin, grant.id, now=make.NOW)
    make.user(session, Role.ADMIN)
    grants.end_role(session, admin, grant.id, now=make.NOW)
    session.commit()
    assert grant.ended_at == make.NOW


def test_the_office_ends_nobodys_role_elsewhere(session, client, place):
    other = make.user(session, Role.QA, board=place["other"])
    session.commit()
    ids = dict(session.execute(select(Grant.user_id, Grant.id)).all())
    sign_in(client, place["office"])
    slug = place["board"].slug
    for user in (other, place["admin"]):
        for path in (f"/boards/{slug}/people/{ids[user.id]}/end",):
            assert client.post(path).status_code == 404
    assert client.post(f"/admin/administrators/{ids[place['admin'].id]}/end").status_code == 404
    session.rollback()
    assert session.scalar(select(func.count(Grant.id)).where(Grant.ended_at.is_not(None))) == 0


def test_people_are_listed_and_found(session, client, place):
    make.user(session, Role.LEAD, membership=place["member"], name="Zed 100%_x")
    make.user(session, Role.QA, board=place["other"], name="Elsewhere")
    session.commit()
    sign_in(client, place["office"])
    path = f"/boards/{place['board'].slug}/people"
    page = client.get(path).text
    assert "Zed 100%_x" in page and "Olive Office" in page and "Elsewhere" not in page
    assert "Olive Office" not in client.get(f"{path}?q=%25_").text.split("<main")[1]
    assert "Zed 100%_x" in client.get(f"{path}?q=bury").text
    assert "Zed 100%_x" not in client.get(f"{path}?role=qa").text
    assert client.get(f"{path}?role=nonsense&page=99&q=%00").status_code == 200


def test_invitations_by_file(session, client, place):
    sign_in(client, place["office"])
    path = f"/boards/{place['board'].slug}/people/import"
    bad = "agency,email,role\nNowhere,a@example.org,lead\nBury College,wrong,lead\n,b@x.org,admin\n"
    page = send(client, path, bad)
    for fault in ("row 2, column agency", "row 3, column email", "row 4, column role"):
        assert fault in page
    assert "must be 1 MB or smaller" in send(client, path, bad + "x" * 1_000_000)
    good = "role,email,agency\nlead,A@example.org,bury COLLEGE\nqa,b@example.org,\n"
    page = send(client, path, good)
    assert "2 to invite" in page and "a@example.org" in page
    session.rollback()
    assert session.scalar(select(func.count(Invitation.id))) == 0
    fields = dict(re.findall(r'name="(text|filename|digest)"[^>]*value="([^"]*)"', page, re.S))
    answer = client.post(path, data=fields | {"text": good})
    assert answer.status_code == 302, answer.text
    session.rollback()
    found = session.scalars(select(Invitation).order_by(Invitation.email)).all()
    assert [(one.email, one.role) for one in found] == [
        ("a@example.org", Role.LEAD),
        ("b@example.org", Role.QA),
    ]
    assert "0 to invite, 2 left" in send(client, path, good)


def send(client, path, text):
    from io import BytesIO

    answer = client.post(path, data={"file": (BytesIO(text.encode()), "people.csv")})
    assert answer.status_code == 200
    return answer.text


def test_the_operator_gets_a_new_link_by_asking_again(session):
    session.info["base_url"] = BASE
    old = accounts.add_user(session, OPERATOR, "boss@example.org", Role.ADMIN, now=make.NOW)
    new = accounts.add_user(session, OPERATOR, "Boss@example.org", Role.ADMIN, now=make.NOW)
    with pytest.raises(NotFound):
        invitations.pending(session, token_of(old), now=make.NOW)
    assert invitations.pending(session, token_of(new), now=make.NOW)
