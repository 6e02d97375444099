"""Meetings: adding, changing and removing them, and the executive's rolling programme."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from s11audit.domain.dates import in_words
from s11audit.domain.enums import MeetingKind, ReturnKind, Role, Standing
from s11audit.domain.errors import Invalid, Refused
from s11audit.domain.policy import Actor, Can, Facts, check
from s11audit.domain.texts import one_line, printable, several_lines
from s11audit.domain.wording import in_words as word
from s11audit.models import (
    Attendance,
    EnquiryLine,
    Meeting,
    MeetingDecision,
    Minutes,
    ProgrammeItem,
)
from s11audit.queries.meetings import meeting_on, programme_item, return_on
from s11audit.services import log

LONGEST_NOTE = 2000
MOST_POSITIONS = 200


def add_meeting(
    session: Session,
    actor: Actor,
    board_id: int,
    *,
    kind: MeetingKind,
    held_on: date,
    title: str = "",
    starts_at: str = "",
    place: str = "",
    other_items: str = "",
    now: datetime,
) -> Meeting:
    """Add a meeting and return it; without a title it is named after its kind. Raises Invalid
    where the board has one of its kind on that day."""
    role = manager(session, actor, board_id)
    meeting = Meeting(board_id=board_id, kind=kind, held_on=held_on, added_at=now)
    _fill(meeting, title, starts_at, place, other_items)
    _must_be_free(session, meeting)
    session.add(meeting)
    session.flush()
    record(session, actor, role, "meeting.added", meeting, now, after=_told(meeting))
    return meeting


def change_meeting(
    session: Session,
    actor: Actor,
    board_id: int,
    meeting_id: int,
    *,
    held_on: date,
    title: str = "",
    starts_at: str = "",
    place: str = "",
    other_items: str = "",
    now: datetime,
) -> Meeting:
    """Change a meeting's day and what is known of it. Raises Invalid as `add_meeting`, Refused
    where its minutes are approved."""
    role = manager(session, actor, board_id)
    meeting = open_meeting(session, board_id, meeting_id)
    before = _told(meeting)
    with session.no_autoflush:
        meeting.held_on = held_on
        _fill(meeting, title, starts_at, place, other_items)
        _must_be_free(session, meeting)
    session.flush()
    after = _told(meeting)
    if after != before:
        record(session, actor, role, "meeting.changed", meeting, now, before=before, after=after)
    return meeting


def remove_meeting(
    session: Session, actor: Actor, board_id: int, meeting_id: int, *, now: datetime
) -> None:
    """Remove a meeting that nothing hangs on. Raises Refused where anything does."""
    role = manager(session, actor, board_id)
    meeting = meeting_on(session, board_id, meeting_id, for_update=True)
    for model in (ProgrammeItem, EnquiryLine, Attendance, MeetingDecision, Minutes):
        if session.scalar(select(exists().where(model.meeting_id == meeting.id))):
            raise Refused(
                "This meeting has returns, lines of enquiry or minutes. Move its returns to"
                " another meeting first; one with minutes or lines of enquiry stays."
            )
    told = _told(meeting)
    session.delete(meeting)
    session.flush()
    record(session, actor, role, "meeting.removed", meeting, now, before=told)


def schedule(
    session: Session,
    actor: Actor,
    board_id: int,
    return_id: int,
    meeting_id: int,
    *,
    position: int | None = None,
    note: str = "",
    now: datetime,
) -> ProgrammeItem:
    """Put a return on the programme of an executive meeting, or move it there. Without a position
    it comes last, or keeps the one it has there.

    Raises NotFound for a meeting or return that is not the board's, Refused for a meeting that is
    not the executive's or a return that is not asked for.
    """
    role = manager(session, actor, board_id)
    meeting = open_meeting(session, board_id, meeting_id)
    if meeting.kind is not MeetingKind.EXECUTIVE:
        raise Refused("Returns come to meetings of the executive. Choose one of these.")
    return_ = return_on(session, board_id, return_id)
    if return_.kind is ReturnKind.RECORDED:
        raise Refused("Recorded history does not come to a meeting.")
    note = _note(note)
    if position is not None and not 1 <= position <= MOST_POSITIONS:
        message = f"The place must be between 1 and {MOST_POSITIONS}"
        raise Invalid(f"{message}.", {"position": message})
    item = programme_item(session, return_id, for_update=True)
    if item is None and return_.standing is not Standing.ASKED:
        raise Refused("This return is no longer asked for, so it does not come to a meeting.")
    before = _item(item)
    if item is None:
        item = ProgrammeItem(return_id=return_id, position=position or 1, added_at=now)
    elif item.meeting_id == meeting.id and position is None:
        position = item.position
    if position is None:
        last = select(func.max(ProgrammeItem.position)).where(
            ProgrammeItem.meeting_id == meeting.id
        )
        position = (session.scalar(last) or 0) + 1
    item.meeting_id, item.position, item.note = meeting.id, position, note
    session.add(item)
    session.flush()
    after = _item(item)
    if after != before:
        log.record(
            session, actor, role, "programme.moved" if before else "programme.scheduled",
            "programme_item", item.id, now=now, board_id=board_id, before=before,
            after=after | {"agency": return_.membership.name},
        )  # fmt: skip
    return item


def schedule_many(
    session: Session, actor: Actor, board_id: int, places: Mapping[int, int], *, now: datetime
) -> int:
    """Put several returns, by their ids, on the programmes of these meetings. Those that have a
    place by now are left there. Returns how many were put on. Raises as `schedule`."""
    done = 0
    for return_id, meeting_id in sorted(places.items(), key=lambda pair: (pair[1], pair[0])):
        if programme_item(session, return_id) is None:
            schedule(session, actor, board_id, return_id, meeting_id, now=now)
            done += 1
    return done


def unschedule(
    session: Session, actor: Actor, board_id: int, return_id: int, *, now: datetime
) -> None:
    """Take a return off the programme. Nothing happens where it is not on it."""
    role = manager(session, actor, board_id)
    return_ = return_on(session, board_id, return_id)
    item = programme_item(session, return_id, for_update=True)
    if item is None:
        return
    open_meeting(session, board_id, item.meeting_id)
    before = _item(item)
    session.delete(item)
    session.flush()
    log.record(
        session, actor, role, "programme.taken_off", "programme_item", item.id, now=now,
        board_id=board_id, before=before | {"agency": return_.membership.name},
    )  # fmt: skip


def manager(session: Session, actor: Actor, board_id: int) -> Role:
    """Return the role by which the actor runs the board's meetings; raises as `policy.check`."""
    return check(actor, Can.MANAGE_MEETINGS, Facts(board_id), sees=Can.READ_REPORTS)


def open_meeting(session: Session, board_id: int, meeting_id: int) -> Meeting:
    """Return the board's meeting, locked. Raises Refused where its minutes are approved."""
    meeting = meeting_on(session, board_id, meeting_id, for_update=True)
    if session.scalar(select(exists().where(Minutes.meeting_id == meeting.id))):
        raise Refused("The minutes of this meeting are approved, so it cannot be changed.")
    return meeting


def record(
    session: Session,
    actor: Actor,
    role: Role,
    what: str,
    meeting: Meeting,
    now: datetime,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """Log a change of a meeting. It is never logged as one of a return: agencies read those."""
    log.record(
        session, actor, role, what, "meeting", meeting.id, now=now, board_id=meeting.board_id,
        before=before, after=after,
    )  # fmt: skip


def _fill(meeting: Meeting, title: str, starts_at: str, place: str, other_items: str) -> None:
    fallback = {MeetingKind.EXECUTIVE: "Executive meeting", MeetingKind.QA: "QA sub-group"}
    meeting.title = one_line(title or fallback[meeting.kind], "title", "title", 200)
    meeting.starts_at = one_line(starts_at, "starts_at", "time", 20) if starts_at.strip() else ""
    meeting.place = one_line(place, "place", "place", 200) if place.strip() else ""
    meeting.other_items = (
        several_lines(other_items, "other_items", "other items", 5000)
        if other_items.strip()
        else ""
    )


def _must_be_free(session: Session, meeting: Meeting) -> None:
    taken = session.scalar(
        select(Meeting.id).where(
            Meeting.board_id == meeting.board_id,
            Meeting.kind == meeting.kind,
            Meeting.held_on == meeting.held_on,
            Meeting.id != (meeting.id or 0),
        )
    )
    if taken is not None:
        message = f"There is already a meeting of this kind on {in_words(meeting.held_on)}"
        raise Invalid(f"{message}.", {"held_on": message})


def _note(note: str) -> str:
    note = note.replace("\r\n", "\n").strip()
    if len(note) > LONGEST_NOTE or not printable(note):
        message = f"The note must be {LONGEST_NOTE} characters or fewer, and readable"
        raise Invalid(f"{message}.", {"note": message})
    return note


def _told(meeting: Meeting) -> dict[str, object]:
    return {
        "kind_of_meeting": word(meeting.kind),
        "held_on": meeting.held_on,
        "title": meeting.title,
        "starts_at": meeting.starts_at,
        "place": meeting.place,
        "other_items": meeting.other_items,
    }


def _item(item: ProgrammeItem | None) -> dict[str, object]:
    if item is None or item.id is None:
        return {}
    return {"meeting": item.meeting_id, "position": item.position, "note": item.note}
