"""The QA sub-group's pack and minutes: what each reader sees, and what approval freezes."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.enums import (
    ActionState,
    AttendanceKind,
    Category,
    MeetingKind,
    Rag,
    ReturnState,
    Role,
)
from s11audit.domain.errors import NotAllowed, NotFound, Refused
from s11audit.models import AuditLog, EnquiryLine, Meeting, PlanSubmission
from s11audit.reports.build_pack import Section, meeting_pack
from s11audit.services import enquiries, meetings, minutes, moderation
from tests import factories as make
from tests.factories import NOW
from tests.support.counting import MOST_QUERIES, counted_queries
from tests.support.reporting import Asked
from tests.support.reviewing import Panel, panel, rated, sent_in
from tests.support.web import sign_in

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def meeting_of(session: Session, found: Panel) -> Meeting:
    return meetings.add_meeting(
        session, found.actor(session, "office"), found.board.id, kind=MeetingKind.QA,
        held_on=make.TODAY + timedelta(days=7), now=NOW,
    )  # fmt: skip


def totals(session: Session, found: Panel, who: str, meeting: Meeting) -> dict[Section, int]:
    pack = meeting_pack(session, found.actor(session, who), found.board.id, meeting, now=NOW)
    return {each.section: each.total for each in pack.sections if each.total}


def test_a_reader_finds_no_more_in_the_pack_than_elsewhere(session: Session) -> None:
    found = panel(session, rag=Rag.GREEN)
    meeting = meeting_of(session, found)
    rated(session, found, {1: Rag.RED, 2: Rag.RED}, publish=False)
    office, chair = found.actor(session, "office"), found.actor(session, "chair")
    assert totals(session, found, "chair", meeting) == {Section.WAITING: 1}
    # Before the moderation nothing is drafted from the reviewer's ratings.
    assert enquiries.draft_enquiries(session, chair, found.board.id, meeting.id, now=NOW) == 0
    moderation.finish(session, found.actor(session, "qa"), found.return_.id, now=NOW)
    assert totals(session, found, "chair", meeting) == {Section.AGREE: 1}
    enquiries.draft_enquiries(session, office, found.board.id, meeting.id, now=NOW)
    lines = {(line.standard, line.draft_key): line for line in session.scalars(select(EnquiryLine))}
    assert sorted(lines) == [(1, "red"), (2, "red")]
    count = len(lines)
    enquiries.change_enquiry(
        session, chair, found.board.id, meeting.id, lines[1, "red"].id, text="What now?", now=NOW
    )
    # What was drafted, edited or removed is not drafted again.
    enquiries.remove_enquiry(
        session, chair, found.board.id, meeting.id, lines[1, "red"].id, now=NOW
    )
    assert enquiries.draft_enquiries(session, chair, found.board.id, meeting.id, now=NOW) == 0
    enquiries.add_enquiry(
        session, office, found.board.id, meeting.id, return_id=found.return_.id, standard=3,
        text="Who reads the log?", now=NOW,
    )  # fmt: skip

    def pack(who: str):
        return meeting_pack(session, found.actor(session, who), found.board.id, meeting, now=NOW)

    assert len(pack("qa").lines) == count
    # The board office sees no unpublished ratings, so no line that draws on them.
    seen = pack("office")
    assert [line.text for line in seen.lines] == ["Who reads the log?"]
    assert seen.hidden == count - 1
    # A member who works for the agency sees nothing of it, and is told so.
    make.grant(session, found.qa, Role.CONTRIBUTOR, membership=found.agency)
    own = pack("qa")
    assert (list(own.lines), [each.total for each in own.sections]) == ([], [0] * 6)
    assert own.own == count + 1 and "left out for you" in own.left_out[0]
    make.grant(session, found.chair, Role.LEAD, membership=found.agency)
    with pytest.raises(NotFound):
        enquiries.change_enquiry(
            session, found.actor(session, "chair"), found.board.id, meeting.id,
            lines[2, "red"].id, text="X", now=NOW,
        )  # fmt: skip


@SQLITE
def test_minutes_are_taken_approved_and_frozen(client: FlaskClient, session: Session) -> None:
    found = panel(session)
    rated(session, found, publish=False)
    meeting = meeting_of(session, found)
    session.commit()
    at = f"/boards/{found.board.slug}/meetings/{meeting.id}"
    sign_in(client, found.chair)
    assert client.get(f"/boards/{found.board.slug}/meetings").status_code == 200
    assert client.get(at).status_code == 200
    page = client.post(
        f"{at}/decisions/add",
        data={"text": "Agree amber for standard 2.", "about": found.return_.id, "standard": "99",
              "owner": "Quinn Able"},
    ).get_data(as_text=True)  # fmt: skip
    assert "Enter the number of a standard" in page and "Agree amber" in page
    for path, data in (
        ("decisions/add", {"text": "Agree amber for standard 2.", "about": found.return_.id,
                           "standard": "2", "owner": "Quinn Able", "due_on-day": "1",
                           "due_on-month": "6", "due_on-year": "2026"}),
        ("attendance/add", {"name": "Quinn Able", "kind": "present",
                            "conflict": found.agency.id}),
        ("attendance/add", {"name": "Lin Oduya", "kind": "apologies", "from_where": "Police"}),
        ("notes", {"notes": "The chair thanked everybody."}),
    ):  # fmt: skip
        assert client.post(f"{at}/{path}", data=data).status_code == 302, path
    page = client.get(f"{at}/minutes").get_data(as_text=True)
    for words in ("Draft", "Agree amber for standard 2.", "1 June 2026", "Lin Oduya, Police",
                  f"Quinn Able: {found.agency.name}", "The chair thanked"):  # fmt: skip
        assert words in page, words
    client.post(f"{at}/minutes/approve")
    page = client.get(f"{at}/minutes").get_data(as_text=True)
    assert "Approved by Charlie Hope" in page
    refused = client.post(f"{at}/notes", data={"notes": "Changed"}).get_data(as_text=True)
    assert "are approved" in refused
    for kind, start in (("pdf", b"%PDF"), ("xlsx", b"PK"), ("html", b"<!DOCTYPE")):
        for what in ("minutes", "pack"):
            assert client.get(f"{at}/{what}.{kind}").data.startswith(start)
    # Who holds a role at the agency does not read what was decided about it.
    session.rollback()
    make.grant(session, found.qa, Role.LEAD, membership=found.agency)
    session.commit()
    sign_in(client, found.qa)
    page = client.get(f"{at}/minutes").get_data(as_text=True)
    assert "Agree amber" not in page and "1 decision is left out for you" in page
    # Agencies read their return's history: nothing of a meeting is in it.
    assert not session.scalars(
        select(AuditLog).where(
            AuditLog.return_id.is_not(None), AuditLog.what.startswith("decision")
        )
    ).all()
    sign_in(client, found.viewer)
    assert client.get(f"{at}/pack").status_code == 403


@SQLITE
def test_an_action_to_verify_is_whose_improvement_it_is_now(session: Session) -> None:
    found = panel(session)
    meeting = meeting_of(session, found)
    alder = Asked(session, found.board, found.cycle, "Alder").submit(NOW, {1: Rag.RED})
    alder.publish(NOW, {1: Rag.RED})
    action = alder.act(1, NOW)
    action.state = ActionState.REPORTED_COMPLETE
    heir = make.membership(session, found.board, "Heir")
    action.improvement.membership_id = heir.id
    session.flush()

    def to_verify(who: str) -> list[str]:
        pack = meeting_pack(session, found.actor(session, who), found.board.id, meeting, now=NOW)
        return [each.agency for each in pack.sections[-1].items]

    assert to_verify("qa") == ["Heir"]
    make.grant(session, found.qa, Role.LEAD, membership=heir)
    assert to_verify("qa") == []


def test_minutes_need_somebody_present_and_the_chair(session: Session) -> None:
    found = panel(session)
    meeting = meeting_of(session, found)
    office, chair = found.actor(session, "office"), found.actor(session, "chair")
    with pytest.raises(Refused, match="Record who was"):
        minutes.approve_minutes(
            session, chair, found.board.id, meeting.id, now=NOW + timedelta(days=7)
        )
    for kind in (AttendanceKind.APOLOGIES, AttendanceKind.PRESENT):  # the second replaces the first
        minutes.record_attendance(
            session, office, found.board.id, meeting.id, name="Quinn  Able", kind=kind, now=NOW
        )
    with pytest.raises(NotAllowed):
        minutes.approve_minutes(session, office, found.board.id, meeting.id, now=NOW)
    with pytest.raises(Refused, match="not been held yet"):
        minutes.approve_minutes(session, chair, found.board.id, meeting.id, now=NOW)
    meeting.held_on = make.TODAY
    made = minutes.approve_minutes(session, chair, found.board.id, meeting.id, now=NOW)
    assert [each["kind"] for each in made.snapshot["attendance"]] == ["present"]
    with pytest.raises(Refused):
        meetings.remove_meeting(session, office, found.board.id, meeting.id, now=NOW)
    with pytest.raises(Refused):
        minutes.approve_minutes(session, chair, found.board.id, meeting.id, now=NOW)


@SQLITE
def test_the_number_of_queries_is_fixed(client: FlaskClient, session: Session) -> None:
    found = panel(session)
    meeting = meeting_of(session, found)
    session.commit()
    counts: list[list[int]] = []
    for more in (2, 6):
        for _ in range(more):
            agency = make.membership(session, found.board, categories=(Category.VOLUNTARY,))
            return_ = sent_in(session, agency, found.cycle, state=ReturnState.IN_REVIEW)
            session.add(PlanSubmission(return_id=return_.id, number=1, snapshot={},
                                       effective_at=NOW, recorded_at=NOW))  # fmt: skip
            enquiries.add_enquiry(
                session, found.actor(session, "chair"), found.board.id, meeting.id,
                return_id=return_.id, standard=1, text="Ask", now=NOW,
            )  # fmt: skip
        session.commit()
        sign_in(client, found.chair)
        at = f"/boards/{found.board.slug}/meetings/{meeting.id}"
        counts.append([])
        for path in (f"{at}/pack", f"{at}/minutes", f"{at}/decisions/add"):
            client.get(path)
            with counted_queries() as queries:
                assert client.get(path).status_code == 200
            counts[-1].append(len(queries))
    assert counts[0] == counts[1]
    assert max(counts[0]) <= MOST_QUERIES, counts
