"""The rolling programme through its pages, and the quarterly exception report."""

from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Basis, MeetingKind, Rag, RatingRole, Standing
from s11audit.domain.errors import Invalid, NotAllowed, Refused
from s11audit.domain.quarters import Quarter
from s11audit.models import Confirmation, Extension, ProgrammeItem, Rating
from s11audit.reports.build_exceptions import build_exceptions
from s11audit.reports.build_programme import forward_plan, plan_document
from s11audit.services import meetings
from tests import factories as make
from tests.factories import NOW, TODAY
from tests.support.counting import MOST_QUERIES, counted_queries
from tests.support.office import an_office
from tests.support.reporting import Asked, at, ratings
from tests.support.web import sign_in

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@SQLITE
def test_the_office_plans_which_return_comes_when(client: FlaskClient, session: Session) -> None:
    office = an_office(session, 6)
    sign_in(client, office.office)
    due = office.stages[0].due_on  # in two weeks: meetings in 3 weeks are too soon
    for days, title in ((21, "Soon"), (60, "May"), (120, "July")):
        day = date.fromordinal(office.today.toordinal() + days)
        answer = client.post(
            f"{office.at}/meetings/add",
            data={"kind": "executive", "title": title, "held_on-day": day.day,
                  "held_on-month": day.month, "held_on-year": day.year},
        )  # fmt: skip
        assert answer.status_code == 302
    plan_page = f"{office.at}/programme?stage={office.stages[0].id}"
    page = client.get(plan_page).get_data(as_text=True)
    assert "0 of 6 returns have a meeting." in page
    assert "to " in page and ": July" in page
    # Six returns, two meetings late enough: three each.
    found = forward_plan(
        session, make.actor(session, office.office), office.board.id, office.stages[0].id,
        now=office.now,
    )  # fmt: skip
    assert sorted(each.title for each in found.proposed.values()) == ["July"] * 3 + ["May"] * 3
    assert due < found.meetings[0].held_on
    places = [f"{return_id}:{each.id}" for return_id, each in found.proposed.items()]
    client.post(f"{office.at}/programme/accept?stage={office.stages[0].id}",
                data={"place": places[:5]})  # fmt: skip
    page = client.get(plan_page).get_data(as_text=True)
    assert "5 of 6 returns have a meeting." in page
    moved = int(places[0].partition(":")[0])
    soon = found.meetings[0].id
    answer = client.post(
        f"{office.at}/programme/{moved}",
        data={"meeting": soon, "position": "1", "note": "with the annual report"},
    )
    assert answer.status_code == 302
    session.rollback()
    item = session.scalars(select(ProgrammeItem).where(ProgrammeItem.return_id == moved)).one()
    assert (item.meeting_id, item.position) == (soon, 1)
    page = client.get(f"{office.at}/meetings/{soon}").get_data(as_text=True)
    assert "with the annual report" in page
    client.post(f"{office.at}/meetings/{soon}/remove")
    assert client.get(f"{office.at}/meetings/{soon}").status_code == 200  # it has a return
    client.post(f"{office.at}/programme/{moved}/remove")
    client.post(f"{office.at}/meetings/{soon}/remove")
    assert client.get(f"{office.at}/meetings/{soon}").status_code == 404
    for kind, start in (("pdf", b"%PDF"), ("xlsx", b"PK"), ("html", b"<!DOCTYPE")):
        assert client.get(f"{office.at}/programme/plan.{kind}").data.startswith(start)


@SQLITE
def test_the_number_of_queries_is_fixed(client: FlaskClient, session: Session) -> None:
    counts = []
    for agencies in (5, 60):
        office = an_office(session, agencies)
        by = make.actor(session, office.office)
        for day in (date(2999, 1, 1), date(2999, 2, 1)):
            held = meetings.add_meeting(
                session, by, office.board.id, kind=MeetingKind.EXECUTIVE, held_on=day,
                now=office.now,
            )  # fmt: skip
        for each in office.returns[: agencies // 2]:
            meetings.schedule(session, by, office.board.id, each.id, held.id, now=office.now)
        session.commit()
        sign_in(client, office.office)
        counts.append([])
        for path in ("meetings", f"meetings/{held.id}", "programme", "exceptions"):
            client.get(f"{office.at}/{path}")
            with counted_queries() as queries:
                client.get(f"{office.at}/{path}")
            counts[-1].append(len(queries))
    assert counts[0] == counts[1]
    assert max(counts[0]) <= MOST_QUERIES


def test_a_place_is_the_executives_and_an_agencys_once(session: Session) -> None:
    office = an_office(session, 2)
    by, board_id = make.actor(session, office.office), office.board.id
    add = {"now": NOW, "held_on": TODAY}
    executive = meetings.add_meeting(session, by, board_id, kind=MeetingKind.EXECUTIVE, **add)
    group = meetings.add_meeting(session, by, board_id, kind=MeetingKind.QA, **add)
    with pytest.raises(Invalid):
        meetings.add_meeting(session, by, board_id, kind=MeetingKind.QA, **add)
    first = office.returns[0].id
    with pytest.raises(Refused):
        meetings.schedule(session, by, board_id, first, group.id, now=NOW)
    made = meetings.schedule(session, by, board_id, first, executive.id, now=NOW)
    again = meetings.schedule(session, by, board_id, first, executive.id, note="X", now=NOW)
    assert (made.id, again.position, again.note) == (again.id, 1, "X")
    office.returns[0].standing = Standing.WITHDRAWN
    office.returns[1].standing = Standing.EXCUSED
    with pytest.raises(Refused):
        meetings.schedule(session, by, board_id, office.returns[1].id, executive.id, now=NOW)
    session.flush()
    plan = forward_plan(session, by, board_id, office.stages[0].id, now=NOW)
    document = plan_document(plan, office.board)
    assert document.parts[0].table.rows[0][1].endswith("(withdrawn): X")
    assert plan.unplanned == []
    viewer = make.actor(session, make.user(session, make.Role.VIEWER, board=office.board))
    with pytest.raises(NotAllowed):
        meetings.unschedule(session, viewer, board_id, first, now=NOW)


def test_exceptions_are_as_at_the_quarters_end(session: Session) -> None:
    """Four agencies, due on 18 August 2026. A sends in on 20 August, late, and is rated; B sends
    in on 1 October, after the quarter; C got time until 15 October, but only on 2 October; D is
    excused. So at 30 September two of three asked are late, B by 43 days."""
    board = make.board(session)
    cycle = make.cycle(session, board, due=(date(2026, 8, 18),))
    names = ("Alder", "Birch", "Cedar", "Dogwood")
    a, b, c, d = (Asked(session, board, cycle, name) for name in names)
    a.submit(at("2026-08-20"), ratings("grrg"))
    a.submissions[0].late = True
    a.publish(at("2026-09-10"), ratings("grrn"))
    a.publish(at("2026-10-01"), {2: Rag.GREEN})  # after the quarter
    disputed = session.scalars(select(Rating).where(Rating.standard == 3)).one()
    disputed.disputed = True
    overdue = a.act(2, at("2026-09-11"), verified=at("2026-10-05"))
    overdue.due_on = date(2026, 9, 29)
    a.act(3, at("2026-09-11"), removed=at("2026-09-12")).due_on = date(2026, 9, 20)
    a.act(3, at("2026-09-11"))  # due on the quarter's last day, which has not ended for it
    b.submit(at("2026-10-01"), ratings("gggg"))
    c.return_.due_on = date(2026, 10, 15)
    session.add(
        Extension(
            return_id=c.return_.id,
            was_due_on=date(2026, 8, 18),
            due_on=date(2026, 10, 15),
            reason="Ill",
            given_at=at("2026-10-02"),
        )
    )
    d.stand(at("2026-08-01"), Standing.EXCUSED, "Merged")
    session.flush()
    reader = make.actor(session, make.user(session, make.Role.VIEWER, board=board))
    found = build_exceptions(session, reader, board, Quarter(2026, 3), now=at("2026-11-01"))
    assert found.statements == [
        "Returns: 2 late of 3 asked (1 returned); 1 came in late in the quarter.",
        "Ratings: 2 red and 1 disputed of 3 ratings of standards.",
        "Actions: 1 overdue of 2 open or underway.",
    ]
    late = found.parts[0].table.rows
    assert [(row[0], row[2], row[3]) for row in late] == [
        ("Birch", "18 August 2026", 43),
        ("Cedar", "18 August 2026", 43),
    ]
    assert [(row[0], row[1][:2], row[3]) for row in found.parts[2].table.rows] == [
        ("Alder", "2.", ""),
        ("Alder", "3.", "Yes"),
    ]
    with pytest.raises(Invalid):
        build_exceptions(session, reader, board, Quarter(2027, 1), now=at("2026-11-01"))


def test_exceptions_hold_what_agencies_confirmed(session: Session) -> None:
    """A confirmed self rating counts from the day of the confirmation on."""
    board = make.board(session)
    cycle = make.cycle(session, board, due=(date(2026, 8, 18),), basis=Basis.CONFIRMED)
    alder = Asked(session, board, cycle, "Alder").submit(at("2026-08-10"), ratings("grr"))
    confirmed = Confirmation(
        return_id=alder.return_.id, submission_id=alder.submissions[0].id, name="Ann",
        designation="Director", effective_at=at("2026-09-10"), recorded_at=at("2026-09-10"),
    )  # fmt: skip
    session.add(confirmed)
    session.flush()
    for standard, rag in ((1, Rag.GREEN), (2, Rag.RED)):
        session.add(
            Rating(
                return_id=alder.return_.id,
                standard=standard,
                role=RatingRole.SELF,
                label=rag.value,
                rag=rag,
                rated_at=at("2026-09-10"),
                confirmation_id=confirmed.id,
            )
        )
    session.flush()
    reader = make.actor(session, make.user(session, make.Role.VIEWER, board=board))
    for day, told in (
        (date(2026, 9, 9), "Ratings: 0 red and 0 disputed of 0 ratings of standards."),
        (date(2026, 9, 30), "Ratings: 1 red and 0 disputed of 2 ratings of standards."),
    ):
        found = build_exceptions(session, reader, board, Quarter(2026, 3), now=at(day.isoformat()))
        assert found.statements[1] == told
    assert found.parts[2].table.rows[0][-1] == "10 September 2026"
