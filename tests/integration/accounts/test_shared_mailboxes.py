"""One person, one account, also where an office shares one mailbox (domain rule 68)."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from s11audit.domain.enums import Role
from s11audit.domain.errors import Invalid, Refused
from s11audit.domain.policy import OPERATOR
from s11audit.exchange import people as people_file
from s11audit.models import Invitation, OutboxMessage, User
from s11audit.services import accounts, invitations, mailboxes, notices
from s11audit.services.log import verify
from tests import factories as make
from tests.support.web import sign_in

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
BASE = "http://s11.example.org"
BOX = "safeguarding@college.example"


@pytest.fixture
def place(session):
    """An agency where Ann has the account of the office's mailbox."""
    session.info["base_url"] = BASE
    board = make.board(session)
    member = make.membership(session, board, "Bury College")
    ann = make.user(session, Role.CONTRIBUTOR, membership=member, email=BOX, name="Ann Smith")
    office = make.user(session, Role.OFFICE, board=board)
    session.commit()
    return {"board": board, "member": member, "ann": ann, "office": office}


def invite(session, place, name="Ben Brown", *, shared=True, now=None):
    office = make.actor(session, place["office"])
    link = accounts.invite(
        session, office, BOX, Role.CONTRIBUTOR, membership_id=place["member"].id,
        name=name, shared=shared, now=now or make.NOW,
    )[1]  # fmt: skip
    session.commit()
    return link.removeprefix(BASE)


def subjects(session):
    return list(session.scalars(select(OutboxMessage.subject).order_by(OutboxMessage.id)))


def test_a_second_person_gets_an_account_and_both_a_sign_in_name(session, place):
    with pytest.raises(Refused, match="holds this role"):
        invite(session, place, shared=False)
    with pytest.raises(Invalid, match="name"):
        invite(session, place, name=" ")
    token = invite(session, place).rsplit("/", 1)[1]
    for wrong, error in ((None, Refused), ("ben@x.org", Invalid), ("b", Invalid)):
        with pytest.raises(error):
            invitations.accept_as_new(
                session, token, "Ben", "hash", sign_in_name=wrong, now=make.NOW
            )
    ben = invitations.accept_as_new(
        session, token, "Ben Brown", "hash", sign_in_name=" Ben.Brown", now=make.NOW
    )
    session.commit()
    assert (ben.email, ben.sign_in_name) == (BOX, "ben.brown")
    assert place["ann"].sign_in_name == "ann.smith"
    assert subjects(session)[-1] == "Your sign-in name for s11audit: ann.smith"
    assert mailboxes.account_named(session, BOX) is None, "the address names nobody any more"
    assert mailboxes.sole_account(session, BOX) is None
    assert mailboxes.account_named(session, "BEN.brown") is ben
    assert verify(session)[1] is None


def test_the_database_keeps_sign_in_names_apart(session, place):
    def another(**values):
        return User(
            email=BOX, name="C", active=True, created_at=make.NOW,
            fs_uniquifier=f"c{len(values)}{values.get('sign_in_name')}", **values,
        )  # fmt: skip

    place["ann"].sign_in_name = "ann"
    session.commit()
    for wrong in ("ann", "Carl", "carl@x", ""):
        session.add(another(sign_in_name=wrong))
        with pytest.raises(IntegrityError):
            session.flush()
        session.rollback()
    session.add_all([another(), another(sign_in_name="carl")])
    session.flush()
    session.add(another(password="x"))
    with pytest.raises(IntegrityError):
        session.flush()


@SQLITE
def test_a_taken_sign_in_name_gets_a_number(session, place):
    make.user(session, name="x").sign_in_name = "ann.smith"
    session.flush()
    mailboxes.give_sign_in_names(session, OPERATOR, BOX, now=make.NOW)
    assert place["ann"].sign_in_name == "ann.smith2"


@SQLITE
def test_through_the_pages(session, client, place):
    """Invited, an account of one's own, signing in by name, a forgotten password, another name."""
    path = invite(session, place, now=datetime.now(UTC))
    page = client.get(path).text
    assert "Sign in to accept" in page and f"{path}?own=yes" in page
    assert "Sign in to accept" in client.post(path, data={"name": "Ben"}).text
    own = f"{path}?own=yes"
    assert "Choose a sign-in name" in client.get(own).text
    data = {"name": "Ben Brown", "sign_in_name": "ben", "password": make.PASSWORD}
    assert "Enter a sign-in name" in client.post(own, data=data | {"sign_in_name": ""}).text
    told = client.post(own, data=data, follow_redirects=True).text
    assert "Next time, sign in with the name ben." in told
    for typed, works in (("ben", True), ("BEN ", True), ("ann.smith", True), (BOX, False)):
        browser = client.application.test_client()
        answer = browser.post("/login", data={"email": typed, "password": make.PASSWORD})
        assert (answer.status_code == 302) is works, typed
    for typed, letters in ((BOX, 2), ("ben", 1), ("nobody", 0)):
        session.rollback()
        before = len(subjects(session))
        answer = client.application.test_client().post("/reset", data={"email": typed})
        assert "If there is an account of that address or sign-in name" in answer.text
        session.rollback()
        found = subjects(session)[before:]
        assert len(found) == letters, typed
        if typed == BOX:
            assert {each.rsplit(" ", 1)[1] for each in found} == {"ann.smith", "ben"}
    sign_in(client, place["ann"])
    page = client.get("/account/name").text
    assert "Others share your mailbox" in page and 'value="ann.smith"' in page
    taken = {"name": "Ann Smith", "sign_in_name": "Ben"}
    assert "This sign-in name is taken" in client.post("/account/name", data=taken).text
    none = client.post("/account/name", data=taken | {"sign_in_name": ""}).text
    assert "Others share your mailbox, so you need" in none
    new = {"name": "Ann Smythe", "sign_in_name": "ann"}
    assert client.post("/account/name", data=new).status_code == 302
    session.refresh(place["ann"])
    assert (place["ann"].name, place["ann"].sign_in_name) == ("Ann Smythe", "ann")


@SQLITE
def test_an_invitation_for_one_account_is_for_no_other_of_the_mailbox(session, place):
    ben = make.user(session, name="Ben")
    ben.sign_in_name, place["ann"].sign_in_name = "ben", "ann"
    session.flush()
    ben.email = BOX
    token = invite(session, place).rsplit("/", 1)[1]
    session.scalars(select(Invitation)).one().for_user_id = ben.id
    session.flush()
    with pytest.raises(Refused):
        invitations.accept(session, make.actor(session, place["ann"]), token, now=make.NOW)
    with pytest.raises(Refused):
        invitations.accept_as_new(session, token, "C", "hash", sign_in_name="carl", now=make.NOW)
    invitations.accept(session, make.actor(session, ben), token, now=make.NOW)
    assert [held.role for held in make.actor(session, ben).grants] == [Role.CONTRIBUTOR]


@SQLITE
def test_each_person_of_a_mailbox_gets_a_letter_of_their_own(session, place):
    ben = make.user(session, Role.CONTRIBUTOR, membership=place["member"], name="Ben")
    ben.sign_in_name, place["ann"].sign_in_name = "ben", "ann"
    session.flush()
    ben.email = BOX
    return_ = make.return_(session, place["member"], make.cycle(session, place["board"]))
    people = notices.agency_people(session, return_, [Role.CONTRIBUTOR], make.NOW)
    told = notices.tell(
        session,
        people,
        "ratings_published",
        "x",
        return_,
        path="/",
        now=make.NOW,
        first=True,
        improvements=0,
        disputed=0,
    )
    letters = session.execute(select(OutboxMessage.to_email, OutboxMessage.body)).all()
    assert told == 2 and [each.to_email for each in letters] == [BOX, BOX]
    assert {re.search(r"Dear (\w+)", each.body)[1] for each in letters} == {"Ann", "Ben"}


@SQLITE
def test_a_file_names_several_people_of_one_mailbox(session, place):
    """Rows of one address and role that name different people are so many invitations; a row
    that names who holds the role already is left as is."""
    office = make.actor(session, place["office"])
    head = "agency,email,role,name\n"
    row = f"Bury College,{BOX},contributor,"
    data = (head + row + "ann smith\n" + row + "Ben Brown\n" + row + "Cat Cole\n").encode()
    _rows, plan = people_file.plan(
        session, office, place["board"].id, data, "people.csv", now=make.NOW
    )
    assert plan.unchanged == 1 and len(plan.added) == 2
    people_file.apply(session, office, place["board"].id, data, "people.csv", now=make.NOW)
    session.flush()
    names = session.scalars(select(Invitation.name).order_by(Invitation.id)).all()
    assert names == ["Ben Brown", "Cat Cole"]
    later = make.NOW + timedelta(hours=1)
    again = people_file.plan(session, office, place["board"].id, data, "people.csv", now=later)
    assert again[1].unchanged == 3
    alone = (head + row + "Somebody Else\n").encode()
    found = people_file.plan(session, office, place["board"].id, alone, "people.csv", now=later)
    assert found[1].unchanged == 1, "one row of an address is one person, whatever the name"
