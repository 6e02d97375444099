"""Calendar feeds: read back with a parser of its own, by whoever has the address."""

import re
from datetime import date, timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select

from s11audit.domain.calendars import Entry
from s11audit.domain.enums import ActionState, MeetingKind, ReturnState, Role
from s11audit.models import AuditLog, CalendarFeed, DigestChoice, Grant, Meeting, Visit
from s11audit.reports.as_ics import as_ics
from s11audit.services import returns
from tests import factories as make
from tests.integration.reminders.test_digests import DUE, a_board, action, improvement, shared
from tests.support.counting import counted_queries
from tests.support.web import sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def made(client, board=""):
    """Make a feed by the page and return the path of its address."""
    page = client.post("/calendar/address", data={"board": board}).text
    return re.search(r'value="http://[^/"]+(/calendars/[^"]+\.ics)"', page)[1]


def fetched(client, path):
    """What a calendar program gets: {summary: event}."""
    with client.session_transaction() as session:
        session.clear()
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.content_type == "text/calendar; charset=utf-8"
    lines = answer.data.split(b"\r\n")
    assert lines.pop() == b"" and not any(b"\n" in line or len(line) > 75 for line in lines)
    return {str(event["summary"]): event for event in Calendar.from_ical(answer.data).events}


def test_a_persons_feed_follows_their_work(session, client):
    board, agencies = a_board(session, 3)
    (member, return_), (_elsewhere, theirs), _ = agencies
    member.name = "Żółw; & Sons, “North”\\South" + " for children and families" * 4
    make.return_(session, member, make.cycle(session, board), state=ReturnState.IN_REVIEW)
    plan = improvement(session, theirs)
    plan.membership_id = member.id  # it passed on from an agency that closed
    doing = action(session, plan, 1, DUE + timedelta(days=9))
    action(session, plan, 2, DUE, ActionState.VERIFIED)
    lead = make.user(session, Role.LEAD, membership=member)
    office = make.user(session, Role.OFFICE, board=board)
    session.commit()
    sign_in(client, lead)
    assert "Make the address" in client.get("/calendar").text
    path = made(client)
    found = fetched(client, path)
    assert len(found) == 2 and "Train" not in str(found)
    event = found[f"Return due: {member.name}"]
    assert (event["dtstart"].dt, event["dtend"].dt) == (DUE, DUE + timedelta(days=1))
    assert event["uid"] == f"return-{return_.id}@127.0.0.1" and event["sequence"] == 0
    assert str(event["description"]).startswith("Audit 2026, stage 1\n")
    assert str(event["url"]) == f"http://127.0.0.1:8000/returns/{return_.id}"
    first = event["last-modified"].dt

    returns.extend(
        session, make.actor(session, office), return_.id, date(2026, 5, 1), "Ill.", now=make.NOW
    )
    doing.state = ActionState.REPORTED_COMPLETE
    session.commit()
    found = fetched(client, path)
    (event,) = found.values()
    assert event["dtstart"].dt == date(2026, 5, 1)
    assert event["uid"] == f"return-{return_.id}@127.0.0.1"
    assert event["last-modified"].dt >= first
    tag = client.get(path).headers["ETag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304

    sign_in(client, lead)
    assert "You have had an address since" in client.get("/calendar").text
    renewed = made(client)
    assert client.get(path).status_code == 404 and fetched(client, renewed)
    assert client.get("/calendars/guessed.ics").status_code == 404
    session.rollback()
    kept = session.scalars(select(CalendarFeed.token_hash)).one()
    assert kept not in renewed and renewed.split("/")[-1].removesuffix(".ics") != kept
    for grant in session.scalars(select(Grant).where(Grant.user_id == lead.id)):
        grant.ended_at = make.NOW
    session.commit()
    assert client.get(renewed).status_code == 404, "the feed ends with the role"
    what = session.scalars(select(AuditLog.what).where(AuditLog.subject == "calendar")).all()
    assert what == ["calendar.made", "calendar.renewed"]


def test_a_boards_feed_shows_what_the_person_may_see(session, client):
    board, agencies = a_board(session, 30)
    member, extended = agencies[0]
    extended.due_on = DUE + timedelta(days=20)
    action(session, improvement(session, extended), 1, DUE)
    today = date.today()  # noqa: DTZ011
    session.add_all([
        Visit(return_id=agencies[2][1].id, number=1, visit_on=DUE, place="Town hall",
              arranged_at=make.NOW),
        *(Meeting(board_id=board.id, kind=kind, held_on=today, title=f"{kind} meeting",
                  starts_at="10am", added_at=make.NOW) for kind in MeetingKind),
    ])  # fmt: skip
    shared(session, agencies[1][1], today)
    people = {
        role: make.user(session, role, board=board) for role in (Role.OFFICE, Role.QA, Role.VIEWER)
    }
    stranger = make.user(session, Role.LEAD, membership=member)
    session.commit()
    everything = {
        "Returns due: Audit 2026, stage 1", "executive meeting", "qa meeting",
        f"Return due: {member.name}", f"Action due: {member.name}",
        f"Visit: {agencies[2][0].name}",
        f"Last day to reply to the ratings: {agencies[1][0].name}",
    }  # fmt: skip
    for role, person in people.items():
        sign_in(client, person)
        assert board.name in client.get("/calendar").text
        with counted_queries() as statements:
            found = fetched(client, made(client, str(board.id)))
        assert len(statements) <= 30
        few = {"Returns due: Audit 2026, stage 1", "executive meeting"}
        assert set(found) == (few if role is Role.VIEWER else everything), role
    sign_in(client, stranger)
    assert client.post("/calendar/address", data={"board": str(board.id)}).status_code == 404
    assert client.post("/calendar/address", data={"board": "x"}).status_code == 404
    sign_in(client, people[Role.QA])
    assert client.post("/calendar/stop", data={"board": str(board.id)}).status_code == 302
    session.rollback()
    assert len(session.scalars(select(CalendarFeed)).all()) == 2
    for wanted in ("no", "yes"):
        client.post("/calendar/reminders", data={"wanted": wanted})
        session.rollback()
        assert session.scalars(select(DigestChoice.wanted)).one() is (wanted == "yes")
    assert as_ics("None", [], base_url="", host="h").startswith(b"BEGIN:VCALENDAR\r\n")
    last = Entry("action", 1, date.max, "Action due: Æ; a, b", "/x", make.NOW)
    told = Calendar.from_ical(as_ics("Last", [last], base_url="", host="h")).walk("VEVENT")[0]
    assert (told["summary"], told["dtstart"].dt, "dtend" in told) == (last.summary, date.max, False)
