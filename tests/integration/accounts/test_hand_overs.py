"""A lead invites contributors and hands the role over (domain rules 67 and 69)."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from s11audit.domain.dates import london_today
from s11audit.domain.enums import Role
from s11audit.domain.errors import Invalid, NotAllowed, NotFound, Refused
from s11audit.models import AuditLog, Grant, HandOverNote, Invitation, OutboxMessage, Response, User
from s11audit.services import accounts, grants, hand_overs, invitations
from s11audit.services.hand_overs import Successor
from s11audit.services.log import verify
from tests import factories as make
from tests.support import filled_board
from tests.support.counting import MOST_QUERIES, counted_queries
from tests.support.web import sign_in

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
BASE = "http://s11.example.org"
NEW = Successor(name="Nell New", email="nell@college.example")


@pytest.fixture
def place(session):
    """Two agencies of a board; Lena leads the first, with Carl to help."""
    session.info["base_url"] = BASE
    board = make.board(session)
    member, other = make.membership(session, board, "Bury College"), make.membership(session, board)
    found = {
        "board": board,
        "member": member,
        "other": other,
        "lena": make.user(session, Role.LEAD, membership=member, name="Lena Lead"),
        "carl": make.user(session, Role.CONTRIBUTOR, membership=member, name="Carl Contributor"),
        "office": make.user(session, Role.OFFICE, board=board),
    }
    session.commit()
    return found


def actor(session, user, day=make.TODAY):
    return make.actor(session, user, day)


def roles(session, user, day=make.TODAY):
    return [held.role for held in actor(session, user, day).grants]


def begin(session, place, successor=NEW, **more):
    lena = actor(session, place["lena"])
    handed = hand_overs.hand_over(
        session, lena, place["member"].id, successor, now=make.NOW, **more
    )
    session.commit()
    body = session.scalars(select(OutboxMessage.body).order_by(OutboxMessage.id.desc())).first()
    link = next(word for word in body.split() if word.startswith(BASE))
    return handed, link.rsplit("/", 1)[1]


def accept(session, token, name="Nell New"):
    user = invitations.accept_as_new(session, token, name, "hash", now=make.NOW)
    session.commit()
    return user


def test_the_old_leads_role_ends_when_the_successor_accepts(session, place):
    handed, token = begin(session, place)
    assert roles(session, place["lena"]) == [Role.LEAD]
    with pytest.raises(Refused, match="already"):
        begin(session, place, Successor(name="X", email="x@college.example"))
    nell = accept(session, token)
    assert roles(session, nell) == [Role.LEAD]
    assert roles(session, place["lena"]) == []
    letter = session.scalars(
        select(OutboxMessage.subject).where(OutboxMessage.to_email == place["lena"].email)
    ).one()
    assert letter == "Nell New has taken over as safeguarding lead of Bury College"
    with pytest.raises((NotFound, NotAllowed)):
        hand_overs.take_back(session, actor(session, place["lena"]), place["member"].id,
                             now=make.NOW)  # fmt: skip
    assert verify(session)[1] is None
    told = session.scalars(select(AuditLog.what).order_by(AuditLog.id)).all()
    assert {"hand_over.begun", "hand_over.accepted", "role.ended"} <= set(told)
    assert handed.stays_until is None


@SQLITE
def test_the_old_lead_stays_until_the_day_they_set(session, place):
    day = make.TODAY + timedelta(days=10)
    nell = accept(session, begin(session, place, stays_until=day)[1])
    assert roles(session, nell) == [Role.LEAD]
    assert roles(session, place["lena"], day) == [Role.LEAD]
    assert roles(session, place["lena"], day + timedelta(days=1)) == []
    for wrong in (make.TODAY - timedelta(days=1), make.TODAY + timedelta(days=400)):
        with pytest.raises(Invalid, match="within a year"):
            begin(session, place, Successor(name="X", email="x@y.org"), stays_until=wrong)


@SQLITE
def test_a_colleague_takes_over_and_is_a_contributor_no_longer(session, place):
    with pytest.raises(Invalid, match="colleague"):
        begin(session, place, Successor(colleague_id=place["office"].id))
    _handed, token = begin(session, place, Successor(colleague_id=place["carl"].id))
    with pytest.raises(Refused):
        invitations.accept(session, actor(session, place["lena"]), token, now=make.NOW)
    invitations.accept(session, actor(session, place["carl"]), token, now=make.NOW)
    assert roles(session, place["carl"]) == [Role.LEAD]
    assert roles(session, place["lena"]) == []


@SQLITE
def test_it_can_be_taken_back_before(session, place):
    _handed, token = begin(session, place)
    hand_overs.take_back(session, actor(session, place["lena"]), place["member"].id, now=make.NOW)
    session.commit()
    with pytest.raises(NotFound):
        accept(session, token)
    assert roles(session, place["lena"]) == [Role.LEAD]
    accept(session, begin(session, place)[1])


@SQLITE
def test_the_office_replaces_a_lead_who_has_left(session, place):
    handed, token = begin(session, place)
    office, board = actor(session, place["office"]), place["board"].id
    held = session.scalars(select(Grant).where(Grant.role == Role.LEAD)).one()
    with pytest.raises((NotFound, NotAllowed)):
        hand_overs.replace_lead(
            session, actor(session, place["carl"]), board, held.id, NEW, now=make.NOW
        )
    herself = Successor(name="Lena", email=place["lena"].email.upper())
    with pytest.raises(Invalid, match="who has left"):
        hand_overs.replace_lead(session, office, board, held.id, herself, now=make.NOW)
    session.rollback()
    new = hand_overs.replace_lead(
        session, office, board, held.id, Successor(colleague_id=place["carl"].id), now=make.NOW
    )
    session.commit()
    assert roles(session, place["lena"]) == [] and new.by_office
    with pytest.raises(NotFound):  # what she was handing over is void
        accept(session, token)
    assert handed.invitation.revoked_at is not None


def test_a_lead_reaches_contributors_of_their_own_agency_and_nobody_else(session, place):
    lena, member = actor(session, place["lena"]), place["member"]

    def invite(role, **where):
        return accounts.invite(session, lena, "x@college.example", role, now=make.NOW, **where)

    for role, where in (
        (Role.CONTRIBUTOR, {"membership_id": place["other"].id}),
        (Role.LEAD, {"membership_id": member.id}),
        (Role.OFFICE, {"board_id": place["board"].id}),
        (Role.ADMIN, {}),
    ):
        with pytest.raises((NotFound, NotAllowed)):
            invite(role, **where)
    carls = session.scalars(select(Grant).where(Grant.user_id == place["carl"].id)).one()
    with pytest.raises((NotFound, NotAllowed)):
        grants.change_role(
            session, lena, carls.id, Role.LEAD, board_id=place["board"].id, now=make.NOW
        )
    invitation, _link = invite(Role.CONTRIBUTOR, membership_id=member.id)
    session.flush()
    accounts.resend(session, lena, invitation.id, now=make.NOW)
    member.ends_on = make.TODAY
    session.flush()
    for refused in (
        lambda: accounts.invite(
            session,
            lena,
            "y@college.example",
            Role.CONTRIBUTOR,
            membership_id=member.id,
            now=make.NOW,
        ),
        lambda: hand_overs.hand_over(session, lena, member.id, NEW, now=make.NOW),
    ):
        with pytest.raises(Refused, match="has left the board"):
            refused()


@SQLITE
def test_a_lead_through_the_pages(session, client, place):
    """Invites, sends again, withdraws and ends; what is another's is not found."""
    member, other = place["member"], place["other"]
    at = f"/agencies/{member.id}"
    theirs = make.grant(session, make.user(session), Role.CONTRIBUTOR, membership=other)
    asked = accounts.invite(
        session, actor(session, place["office"]), "o@x.org", Role.LEAD,
        membership_id=member.id, now=datetime.now(UTC),
    )[0]  # fmt: skip
    session.commit()
    lead = session.scalars(select(Grant).where(Grant.user_id == place["lena"].id)).one()
    carls = session.scalars(select(Grant).where(Grant.user_id == place["carl"].id)).one()
    sign_in(client, place["lena"])
    assert f'href="{at}/people"' in client.get(at).text
    fields = {"email": "new@x.org", "name": "Nell"}
    wrong = client.post(f"{at}/people/invite", data=fields | {"email": "nobody"})
    assert "correct format" in wrong.text
    more = fields | {"role": "lead", "membership_id": other.id, "board_id": place["board"].id}
    assert client.post(f"{at}/people/invite", data=more).status_code == 302
    session.rollback()
    made = session.scalars(select(Invitation).where(Invitation.email == "new@x.org")).one()
    assert (made.role, made.membership_id) == (Role.CONTRIBUTOR, member.id)
    page = client.get(f"{at}/people").text
    assert "new@x.org" in page and "Carl Contributor" in page and "o@x.org" not in page
    for path, status in (
        (f"{at}/people/invitations/{made.id}/resend", 302),
        (f"{at}/people/invitations/{asked.id}/resend", 404),
        (f"{at}/people/invitations/{asked.id}/withdraw", 404),
        (f"{at}/people/invitations/{made.id}/withdraw", 302),
        (f"{at}/people/{theirs.id}/end", 404),
        (f"{at}/people/{lead.id}/end", 404),
        (f"{at}/people/{carls.id}/end", 302),
    ):
        assert client.post(path).status_code == status, path
    session.rollback()
    assert roles(session, place["carl"]) == []
    sign_in(client, place["office"])
    assert "Lena Lead" in client.get(f"/boards/{place['board'].slug}/people").text


@SQLITE
def test_a_successor_reads_where_things_stand(session, app, client):
    """Handing over, with a note, to somebody new: who comes in first sees the page; the standards
    of a colleague who has left are marked. The board is the filled one."""
    made = filled_board.build(session, app.config["EVIDENCE_URL"])
    session.commit()
    at = f"/agencies/{made.membership_id}/hand-over"
    lead = session.get_one(User, made.user_ids["lead"])
    sign_in(client, lead)
    wrong = client.post(f"{at}/begin", data={}).text
    assert "Select who takes over" in wrong
    wrong = client.post(f"{at}/begin", data={"colleague": 0, "name": "Nell", "email": "x"}).text
    assert "correct format" in wrong and 'value="Nell"' in wrong
    day = london_today(datetime.now(UTC)) + timedelta(days=9)
    parts = {f"stays_until-{name}": str(getattr(day, name)) for name in ("day", "month", "year")}
    answer = client.post(
        f"{at}/begin",
        data={"colleague": 0, "name": "Nell New", "email": "nell@x.org", **parts},
    )
    assert answer.status_code == 302, answer.text
    note = "Ask Mo for the training figures.\nThe chief officer signs."
    assert client.post(f"{at}/note", data={"note": note}).status_code == 302
    assert "Nell New" in client.get(f"/agencies/{made.membership_id}/people").text
    session.rollback()
    assert session.scalars(select(HandOverNote.text)).all() == [note]
    mails = session.scalars(
        select(OutboxMessage.body).where(OutboxMessage.to_email == "nell@x.org")
    )
    link = next(word for word in mails.one().split() if "/invitations/" in word)
    path = link[link.index("/invitations/") :]
    new = client.application.test_client()
    answer = new.post(path, data={"name": "Nell New", "password": make.PASSWORD})
    assert answer.location == at
    with counted_queries() as statements:
        page = new.get(at).text
    assert len(statements) <= MOST_QUERIES, len(statements)
    for text in ("Ask Mo for the training figures.", "What is asked of you now", "What is due",
                 "What was said last time", "Required improvement", "Overdue"):  # fmt: skip
        assert text in page, text
    assert f'href="{at}"' in new.get(f"/agencies/{made.membership_id}").text
    session.rollback()
    left = session.scalars(
        select(Grant).where(
            Grant.user_id == made.user_ids["contributor"], Grant.membership_id == made.membership_id
        )
    ).one()
    session.rollback()
    left.ended_at = datetime.now(UTC)
    response = session.scalars(
        select(Response).where(Response.return_id == made.return_ids["in_progress"])
    ).first()
    response.assigned_to_id, response.complete = made.user_ids["contributor"], False
    session.commit()
    page = new.get(at).text
    assert "in the hands of people who no longer work on this" in page and "Has left" in page
