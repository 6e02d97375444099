"""Leaving: a closed account is out at once, keeps its name, and can be opened again (rule 69)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from s11audit.domain.enums import ReturnState, Role
from s11audit.domain.errors import NotAllowed, NotFound, Refused
from s11audit.models import Allotment, AuditLog, Grant, Response, Visit, VisitMember
from s11audit.queries.left_work import left_to_the_office, left_work_of_board, work_of
from s11audit.services import accounts, hand_overs, leaving
from s11audit.services.log import verify
from tests import factories as make
from tests.support.web import sign_in

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
BASE = "http://s11.example.org"


@pytest.fixture
def place(session):
    """A board whose QA member Quin also leads an agency, and two administrators."""
    session.info["base_url"] = BASE
    board = make.board(session)
    member = make.membership(session, board, "Bury College")
    quin = make.user(session, Role.QA, board=board, name="Quin Quality")
    make.grant(session, quin, Role.LEAD, membership=member)
    found = {
        "board": board,
        "member": member,
        "quin": quin,
        "admin": make.user(session, Role.ADMIN, name="Ada Admin"),
        "other": make.user(session, Role.ADMIN),
        "office": make.user(session, Role.OFFICE, board=board),
    }
    session.commit()
    return found


def close(session, place, who="quin", **more):
    admin = make.actor(session, place["admin"])
    leaving.deactivate(session, admin, place[who].id, now=make.NOW, **more)
    session.commit()


def test_a_closed_account_holds_nothing_and_what_it_held_can_be_given_back(session, place):
    quin, office = place["quin"], make.actor(session, place["office"])
    sent = accounts.invite(
        session, make.actor(session, quin), "c@x.org", Role.CONTRIBUTOR,
        membership_id=place["member"].id, now=make.NOW,
    )[0]  # fmt: skip
    handed = hand_overs.hand_over(
        session, make.actor(session, quin), place["member"].id,
        hand_overs.Successor(name="Friend", email="f@x.org"), now=make.NOW,
    )  # fmt: skip
    offered = accounts.invite(
        session, office, quin.email, Role.VIEWER, board_id=place["board"].id, now=make.NOW
    )[0]
    session.commit()
    was = quin.fs_uniquifier
    close(session, place)
    assert (quin.active, quin.deactivated_at) == (False, make.NOW)
    assert quin.fs_uniquifier != was, "links to set a password no longer work"
    assert make.actor(session, quin).grants == ()
    assert offered.revoked_at == make.NOW
    assert sent.revoked_at is None and handed.invitation.revoked_at is None
    logged = session.scalars(select(AuditLog.what).order_by(AuditLog.id)).all()
    assert logged.count("role.ended") == 2 and logged[-1] == "user.deactivated"
    with pytest.raises(Refused, match="already"):
        close(session, place)
    place["member"].ends_on = make.TODAY  # that role has nowhere to be held any more
    session.commit()
    admin = make.actor(session, place["admin"])
    leaving.reactivate(session, admin, quin.id, roles_back=True, now=make.NOW + timedelta(days=1))
    session.commit()
    assert [held.role for held in make.actor(session, quin).grants] == [Role.QA]
    assert (quin.active, quin.deactivated_at) == (True, None)
    assert verify(session)[1] is None
    close(session, place, withdraw_sent=True)
    assert None not in (sent.revoked_at, handed.invitation.revoked_at)
    leaving.reactivate(session, admin, quin.id, now=make.NOW)
    assert make.actor(session, quin).grants == ()


@SQLITE
def test_nobody_closes_their_own_account_or_the_last_administrators(session, place):
    with pytest.raises(Refused, match="your own"):
        close(session, place, "admin")
    office = make.actor(session, place["office"])
    with pytest.raises((NotFound, NotAllowed)):
        leaving.deactivate(session, office, place["quin"].id, now=make.NOW)
    close(session, place, "other")
    operator = make.Actor(user_id=None, name="operator", is_operator=True)
    with pytest.raises(Refused, match="last administrator"):
        leaving.deactivate(session, operator, place["admin"].id, now=make.NOW)


@SQLITE
def test_through_the_pages_sessions_end_at_once_and_the_name_stays(session, client, place):
    quin, board = place["quin"], place["board"]
    cycle = make.cycle(session, board)
    return_ = make.return_(session, place["member"], cycle)
    session.add(
        Response(return_id=return_.id, standard=1, saved_by_id=quin.id, saved_at=make.NOW,
                 assigned_to_id=quin.id)
    )  # fmt: skip
    successor = make.user(session, Role.LEAD, membership=place["member"])
    session.commit()
    theirs = client.application.test_client()
    sign_in(theirs, quin)
    home = f"/agencies/{place['member'].id}"
    assert theirs.get(home).status_code == 200
    sign_in(client, place["admin"])
    at = f"/admin/accounts/{quin.id}"
    assert "Quin Quality" in client.get("/admin/accounts?q=quin").text
    page = client.get(at).text
    assert "Deactivate the account" in page and "1 standard of Bury College" in page
    assert "This is your own account" in client.get(f"/admin/accounts/{place['admin'].id}").text
    assert client.post(f"/admin/accounts/{place['admin'].id}/deactivate").status_code == 409
    assert client.post(f"{at}/deactivate").status_code == 302
    assert "Open the account again" in client.get(at).text
    assert theirs.get(home).location.startswith("/login")
    answer = theirs.post("/login", data={"email": quin.email, "password": make.PASSWORD})
    assert answer.status_code == 200 and "is not right" in answer.text
    assert "Quin Quality" not in client.get("/admin/accounts?state=open").text
    assert "Quin Quality" in client.get("/admin/accounts?state=closed").text
    sign_in(client, successor)
    tasks = client.get(f"/returns/{return_.id}/tasks").text
    assert "Quin Quality had this in hand and has left." in tasks
    assert f'href="/returns/{return_.id}/history"' in tasks
    shared = client.get(f"/returns/{return_.id}/assignments").text
    assert "Quin Quality had this in hand and has left." in shared
    sign_in(client, place["office"])
    left = client.get(f"/boards/{board.slug}/people/left-work").text
    assert "Quin Quality: 1 standard of Bury College" in left
    invite = client.get(f"/boards/{board.slug}/people/invite?agency={place['member'].id}").text
    assert f'<option value="{place["member"].id}" selected>' in invite
    assert client.get(f"/boards/{board.slug}/people/invite?agency=x").status_code == 200
    sign_in(client, place["admin"])
    closed = client.get(at).text
    assert "Give back the roles" in closed
    assert f'href="/boards/{board.slug}/people/left-work"' in closed
    assert client.post(f"{at}/reactivate", data={"roles_back": "y"}).status_code == 302
    answer = theirs.post("/login", data={"email": quin.email, "password": make.PASSWORD})
    assert answer.status_code == 302
    assert theirs.get(home).status_code == 200


def test_what_they_had_in_hand_is_listed_for_who_shares_it_out(session, client, place):
    """Worked by hand: of Quin's work, what is complete, finished or over is not listed."""
    quin, board = place["quin"], place["board"]
    cycle = make.cycle(session, board)
    filled = make.return_(session, place["member"], cycle)
    reviewed, visited, _leaderless = (
        make.return_(session, make.membership(session, board, name), cycle, state=state)
        for name, state in (
            ("Reviewed", ReturnState.SUBMITTED),
            ("Visited", ReturnState.RATED),
            ("Nobody leads", ReturnState.NOT_STARTED),
        )
    )
    for standard, complete in ((1, False), (2, False), (3, True)):
        session.add(Response(return_id=filled.id, standard=standard, complete=complete,
                             assigned_to_id=quin.id))  # fmt: skip
    session.add(Allotment(return_id=reviewed.id, reviewer_id=quin.id, allotted_at=make.NOW))
    for number, over in ((1, True), (2, False)):
        visit = Visit(return_id=visited.id, number=number, visit_on=make.TODAY,
                      arranged_at=make.NOW, finished_at=make.NOW if over else None)  # fmt: skip
        session.add(visit)
        session.flush()
        session.add(VisitMember(visit_id=visit.id, email=quin.email, user_id=quin.id,
                                added_at=make.NOW))  # fmt: skip
    make.grant(session, quin, Role.VISITOR, return_=visited)
    session.commit()

    def told(found):
        return [
            [(each.agency, each.number) for each in kind]
            for kind in (found.standards, found.reviews, found.visits, found.without_lead)
        ]

    in_hand = [[("Bury College", 2)], [("Reviewed", 1)], [("Visited", 1)]]
    assert told(work_of(session, quin.id, make.NOW)) == [*in_hand, []]
    assert told(left_work_of_board(session, board.id, make.NOW)) == [
        [], [], [], [("Nobody leads", 1)],
    ]  # fmt: skip
    assert left_to_the_office(session, board.id, make.NOW) == 0
    close(session, place)
    assert left_to_the_office(session, board.id, make.NOW) == 2
    assert told(left_work_of_board(session, board.id, make.NOW)) == [
        *in_hand, [("Bury College", 1), ("Nobody leads", 1)],
    ]  # fmt: skip
    assert session.scalar(select(Grant.id).where(Grant.user_id == quin.id, Grant.ended_at.is_(None))
                          ) is None  # fmt: skip
    sign_in(client, place["office"])
    assert "Quin Quality (has left)" in client.get(f"/returns/{reviewed.id}/reviewers").text
