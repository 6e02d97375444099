"""What a meeting of the QA sub-group recorded: who was there, conflicts of interest, decisions and
notes; and the approval that freezes its minutes."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from s11audit.domain.dates import london_today
from s11audit.domain.enums import AttendanceKind, MeetingKind
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.policy import Actor, Can, Facts, check, holds_role_at
from s11audit.domain.texts import one_line, printable, several_lines
from s11audit.models import (
    Attendance,
    ConflictOfInterest,
    Meeting,
    MeetingDecision,
    Membership,
    Minutes,
    name_key,
)
from s11audit.queries.meetings import return_on
from s11audit.queries.packs import (
    attendance_of,
    attendance_on,
    conflicts_of,
    decision_on,
    decisions_of,
)
from s11audit.queries.returns import facts_of
from s11audit.queries.tools import standards_asked
from s11audit.services.meetings import manager, open_meeting, record

LONGEST_NOTES = 20_000
FORMAT = "s11audit minutes 1"


def record_attendance(
    session: Session,
    actor: Actor,
    board_id: int,
    meeting_id: int,
    *,
    name: str,
    kind: AttendanceKind,
    from_where: str = "",
    conflict_with: int | None = None,
    now: datetime,
) -> Attendance:
    """Record that somebody was there or sent apologies, and with which agency (a membership) they
    have a conflict of interest. Recorded again under the same name, it replaces what was said,
    and a further agency is added."""
    role = manager(session, actor, board_id)
    meeting = qa_meeting(session, board_id, meeting_id)
    name = one_line(name, "name", "name", 200)
    from_where = one_line(from_where, "from_where", "role or agency", 200) if from_where.strip() \
        else ""  # fmt: skip
    found = session.scalar(
        select(Attendance).where(
            Attendance.meeting_id == meeting.id, Attendance.name_key == name_key(name)
        )
    ) or Attendance(meeting_id=meeting.id, name_key=name_key(name))
    found.name, found.kind, found.from_where = name, kind, from_where or found.from_where or ""
    session.add(found)
    session.flush()
    agency = None
    if conflict_with is not None:
        agency = session.scalar(
            select(Membership).where(
                Membership.id == conflict_with, Membership.board_id == board_id
            )
        )
        if agency is None:
            raise NotFound("There is no such agency.")
        known = select(ConflictOfInterest.id).where(
            ConflictOfInterest.attendance_id == found.id,
            ConflictOfInterest.membership_id == agency.id,
        )
        if session.scalar(known) is None:
            session.add(ConflictOfInterest(attendance_id=found.id, membership_id=agency.id))
    session.flush()
    record(
        session, actor, role, "meeting.attendance", meeting, now,
        after={"name": name, "attendance": kind, "conflict": agency.name if agency else ""},
    )  # fmt: skip
    return found


def remove_attendance(
    session: Session, actor: Actor, board_id: int, meeting_id: int, attendance_id: int,
    *, now: datetime,
) -> None:  # fmt: skip
    """Take somebody off the list, with the conflicts of interest they declared."""
    role = manager(session, actor, board_id)
    meeting = qa_meeting(session, board_id, meeting_id)
    found = attendance_on(session, meeting.id, attendance_id)
    for conflict in session.scalars(
        select(ConflictOfInterest).where(ConflictOfInterest.attendance_id == found.id)
    ):
        session.delete(conflict)
    session.flush()
    session.delete(found)
    session.flush()
    record(
        session, actor, role, "meeting.attendance_removed", meeting, now,
        before={"name": found.name},
    )  # fmt: skip


def record_decision(
    session: Session,
    actor: Actor,
    board_id: int,
    meeting_id: int,
    *,
    text: str,
    return_id: int | None = None,
    standard: int | None = None,
    owner: str = "",
    due_on: date | None = None,
    decision_id: int | None = None,
    now: datetime,
) -> MeetingDecision:
    """Record what the meeting decided, or with `decision_id` say a decision again, and return it.

    It changes nothing else: a rating is agreed, or a plan accepted, on their own pages. Raises
    Invalid for a standard without its return or that the return does not hold; NotFound for a
    return at whose agency the actor holds a role.
    """
    role = manager(session, actor, board_id)
    meeting = qa_meeting(session, board_id, meeting_id)
    agency = ""
    if return_id is not None:
        return_ = return_on(session, board_id, return_id)
        if holds_role_at(actor, facts_of(return_)):
            raise NotFound("There is no such return.")
        agency = return_.membership.name
        if standard is not None and standard not in {
            each.number for each in standards_asked(session, return_)
        }:
            message = "Enter the number of a standard that this agency was asked"
            raise Invalid(f"{message}.", {"standard": message})
    elif standard is not None:
        message = "Select the return that the standard belongs to"
        raise Invalid(f"{message}.", {"about": message})
    before: dict[str, object] = {}
    if decision_id is None:
        last = select(func.max(MeetingDecision.number)).where(
            MeetingDecision.meeting_id == meeting.id
        )
        decision = MeetingDecision(
            meeting_id=meeting.id, number=(session.scalar(last) or 0) + 1, recorded_at=now
        )
    else:
        decision = readable_decision(session, actor, board_id, meeting.id, decision_id)
        before = {"text": decision.text, "owner": decision.owner, "due_on": decision.due_on}
    decision.text = several_lines(text, "text", "decision", 5000)
    decision.owner = one_line(owner, "owner", "name", 200) if owner.strip() else ""
    decision.return_id, decision.standard, decision.due_on = return_id, standard, due_on
    decision.recorded_by_id = actor.user_id
    session.add(decision)
    session.flush()
    after = {"text": decision.text, "owner": decision.owner, "due_on": due_on}
    record(
        session, actor, role, "decision.changed" if before else "decision.recorded", meeting, now,
        before=before, after=after | {"agency": agency, "standard": standard},
    )  # fmt: skip
    return decision


def remove_decision(
    session: Session, actor: Actor, board_id: int, meeting_id: int, decision_id: int,
    *, now: datetime,
) -> None:  # fmt: skip
    """Take a decision out of minutes that are not approved yet; the log keeps it."""
    role = manager(session, actor, board_id)
    meeting = qa_meeting(session, board_id, meeting_id)
    decision = readable_decision(session, actor, board_id, meeting.id, decision_id)
    session.delete(decision)
    session.flush()
    record(session, actor, role, "decision.removed", meeting, now, before={"text": decision.text})


def readable_decision(
    session: Session, actor: Actor, board_id: int, meeting_id: int, decision_id: int
) -> MeetingDecision:
    """Return a decision that is not about an agency of the actor's. Raises NotFound."""
    decision = decision_on(session, meeting_id, decision_id)
    if decision.return_id is not None:
        return_ = decision.return_
        if return_ is None or holds_role_at(actor, facts_of(return_)):
            raise NotFound("There is no such decision.")
    return decision


def write_notes(
    session: Session, actor: Actor, board_id: int, meeting_id: int, text: str, *, now: datetime
) -> Meeting:
    """Keep the minutes' own text. Raises Invalid for one that is too long."""
    role = manager(session, actor, board_id)
    meeting = qa_meeting(session, board_id, meeting_id)
    text = text.replace("\r\n", "\n").strip()
    if len(text) > LONGEST_NOTES or not printable(text):
        message = f"The notes must be {LONGEST_NOTES:,} characters or fewer, and readable"
        raise Invalid(f"{message}.", {"notes": message})
    before, meeting.notes = meeting.notes, text
    session.flush()
    if before != text:
        record(
            session, actor, role, "meeting.notes", meeting, now,
            before={"notes": before}, after={"notes": text},
        )  # fmt: skip
    return meeting


def approve_minutes(
    session: Session, actor: Actor, board_id: int, meeting_id: int, *, now: datetime
) -> Minutes:
    """Approve the minutes and freeze them: from now on the meeting cannot be changed. Raises
    Refused before the day of the meeting, and where they are approved already or nobody is
    recorded as present."""
    role = check(actor, Can.APPROVE_MINUTES, Facts(board_id), sees=Can.READ_PACK)
    meeting = qa_meeting(session, board_id, meeting_id)
    if meeting.held_on > london_today(now):
        raise Refused("The meeting has not been held yet, so its minutes cannot be approved.")
    snapshot = minutes_snapshot(session, meeting)
    if not any(each["kind"] == AttendanceKind.PRESENT for each in snapshot["attendance"]):
        raise Refused("Record who was at the meeting before you approve its minutes.")
    minutes = Minutes(
        meeting_id=meeting.id, approved_at=now, approved_by_id=actor.user_id, snapshot=snapshot
    )
    session.add(minutes)
    session.flush()
    record(session, actor, role, "minutes.approved", meeting, now, after={"minutes": snapshot})
    return minutes


def minutes_snapshot(session: Session, meeting: Meeting) -> dict[str, Any]:
    """Return the minutes as they stand, in plain values, in three queries."""
    conflicts: dict[int, list[dict[str, Any]]] = {}
    for each in conflicts_of(session, meeting.id):
        conflicts.setdefault(each.attendance_id, []).append(
            {"agency": each.membership.name, "membership": each.membership_id}
        )
    return {
        "format": FORMAT,
        "title": meeting.title,
        "held_on": meeting.held_on.isoformat(),
        "starts_at": meeting.starts_at,
        "place": meeting.place,
        "notes": meeting.notes,
        "attendance": [
            {
                "name": each.name,
                "from": each.from_where,
                "kind": each.kind.value,
                "conflicts": conflicts.get(each.id, []),
            }
            for each in attendance_of(session, meeting.id)
        ],
        "decisions": [
            {
                "id": row.decision.id,
                "number": row.decision.number,
                "text": row.decision.text,
                "owner": row.decision.owner,
                "due_on": row.decision.due_on.isoformat() if row.decision.due_on else None,
                "standard": row.decision.standard,
                "agency": row.agency,
                "membership": row.membership_id,
                "agency_id": row.agency_id,
                "stage": f"{row.cycle}, stage {row.stage}" if row.agency else None,
            }
            for row in decisions_of(session, meeting.id)
        ],
    }


def qa_meeting(session: Session, board_id: int, meeting_id: int) -> Meeting:
    """Return the board's meeting of the QA sub-group, locked. Raises Refused for another, or one
    whose minutes are approved."""
    meeting = open_meeting(session, board_id, meeting_id)
    if meeting.kind is not MeetingKind.QA:
        raise Refused("Minutes are kept for meetings of the QA sub-group.")
    return meeting
