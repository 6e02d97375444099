"""Lines of enquiry for a meeting: drafted, written by hand, changed and removed."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import uuid4

from sqlalchemy.orm import Session

from s11audit.domain.enums import LineBasis, MeetingKind, Rag, ScreeningRule
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.policy import Actor, Can, can, holds_role_at
from s11audit.domain.texts import several_lines
from s11audit.models import EnquiryLine, Meeting, Return
from s11audit.queries.evidence_marks import marks_now, marks_sent_in
from s11audit.queries.meetings import return_on
from s11audit.queries.moderation import Round, round_of
from s11audit.queries.opinions import Opened, opened_of
from s11audit.queries.packs import (
    confirmed_points,
    disputes_to_decide,
    drafted_keys,
    in_review,
    line_on,
    returns_by_ids,
)
from s11audit.queries.returns import facts_of
from s11audit.queries.reviews import part_of, suggestions_of
from s11audit.queries.tools import standards_asked
from s11audit.scoring.enquiry import EnquiryFacts, draft_lines
from s11audit.services.meetings import manager, open_meeting, record

MOST_RETURNS = 100
LONGEST_LINE = 3000


def draft_enquiries(
    session: Session, actor: Actor, board_id: int, meeting_id: int, *, now: datetime
) -> int:
    """Draft the lines of enquiry for the returns that wait for a meeting, a hundred at most, and
    return how many were added. What was drafted before is not drafted again, edited or removed
    as it may be. Ratings are drawn on only where the moderation of their return is open.

    Raises Refused for a meeting of the executive, or one whose minutes are approved.
    """
    role = manager(session, actor, board_id)
    meeting = _qa_meeting(session, board_id, meeting_id)
    waiting = [*in_review(session, board_id), *disputes_to_decide(session, board_id)]
    ids = list(dict.fromkeys(each.return_id for each in waiting))[:MOST_RETURNS]
    there = drafted_keys(session, meeting.id)
    points = confirmed_points(session, ids)
    added = 0
    for return_ in returns_by_ids(session, ids):
        current = round_of(session, return_, with_snapshot=True)
        for draft in draft_lines(_facts(session, return_, current, points, now)):
            if (return_.id, draft.standard, draft.key) in there:
                continue
            session.add(
                EnquiryLine(
                    meeting_id=meeting.id,
                    return_id=return_.id,
                    standard=draft.standard,
                    basis=draft.basis,
                    draft_key=draft.key,
                    text=draft.text,
                )
            )
            added += 1
    session.flush()
    if added:
        record(session, actor, role, "enquiry.drafted", meeting, now, after={"lines": added})
    return added


def add_enquiry(
    session: Session,
    actor: Actor,
    board_id: int,
    meeting_id: int,
    *,
    return_id: int,
    standard: int,
    text: str,
    now: datetime,
) -> EnquiryLine:
    """Add a line of enquiry by hand and return it. Raises Invalid for a standard that the return
    does not hold, NotFound for a return at whose agency the actor holds a role."""
    role = manager(session, actor, board_id)
    meeting = _qa_meeting(session, board_id, meeting_id)
    return_ = return_on(session, board_id, return_id)
    if holds_role_at(actor, facts_of(return_)):
        raise NotFound("There is no such return.")
    if standard not in {each.number for each in standards_asked(session, return_)}:
        message = "Enter the number of a standard that this agency was asked"
        raise Invalid(f"{message}.", {"standard": message})
    text = several_lines(text, "text", "line of enquiry", LONGEST_LINE)
    line = EnquiryLine(
        meeting_id=meeting.id,
        return_id=return_id,
        standard=standard,
        basis=LineBasis.HAND,
        draft_key=f"hand:{uuid4().hex}",
        text=text,
        written_by_id=actor.user_id,
    )
    session.add(line)
    session.flush()
    record(
        session, actor, role, "enquiry.added", meeting, now,
        after={"agency": return_.membership.name, "standard": standard, "text": text},
    )  # fmt: skip
    return line


def change_enquiry(
    session: Session,
    actor: Actor,
    board_id: int,
    meeting_id: int,
    line_id: int,
    *,
    text: str,
    now: datetime,
) -> EnquiryLine:
    """Give a line of enquiry other words. Raises NotFound for one that the actor may not read."""
    role = manager(session, actor, board_id)
    meeting = _qa_meeting(session, board_id, meeting_id)
    line = readable_line(session, actor, board_id, meeting_id, line_id)
    before = line.text
    line.text = several_lines(text, "text", "line of enquiry", LONGEST_LINE)
    line.written_by_id = actor.user_id
    session.flush()
    if line.text != before:
        record(
            session, actor, role, "enquiry.changed", meeting, now,
            before={"standard": line.standard, "text": before}, after={"text": line.text},
        )  # fmt: skip
    return line


def remove_enquiry(
    session: Session, actor: Actor, board_id: int, meeting_id: int, line_id: int, *, now: datetime
) -> None:
    """Take a line of enquiry out of the pack; it is not drafted again. Raises as
    `change_enquiry`."""
    role = manager(session, actor, board_id)
    meeting = _qa_meeting(session, board_id, meeting_id)
    line = readable_line(session, actor, board_id, meeting_id, line_id)
    line.removed = True
    session.flush()
    record(
        session, actor, role, "enquiry.removed", meeting, now,
        before={"standard": line.standard, "text": line.text},
    )  # fmt: skip


def readable_line(
    session: Session, actor: Actor, board_id: int, meeting_id: int, line_id: int
) -> EnquiryLine:
    """Return a line of enquiry that the actor may read. Raises NotFound."""
    line = line_on(session, meeting_id, line_id)
    return_ = return_on(session, board_id, line.return_id)
    facts = facts_of(return_)
    opened = opened_of(session, {return_.id}).get(return_.id, Opened())
    if holds_role_at(actor, facts) or (
        line.basis is LineBasis.RATINGS
        and not (can(actor, Can.SEE_UNPUBLISHED, facts) and (opened.now or opened.published_at))
    ):
        raise NotFound("There is no such line of enquiry.")
    return line


def _qa_meeting(session: Session, board_id: int, meeting_id: int) -> Meeting:
    meeting = open_meeting(session, board_id, meeting_id)
    if meeting.kind is not MeetingKind.QA:
        raise Refused("Lines of enquiry are for meetings of the QA sub-group.")
    return meeting


def _facts(
    session: Session,
    return_: Return,
    current: Round,
    points: Mapping[tuple[int, int], Sequence[tuple[ScreeningRule | None, str]]],
    now: datetime,
) -> Collection[EnquiryFacts]:
    snapshot = current.submission.snapshot if current.submission else None
    suggested = suggestions_of(session, return_, snapshot) if snapshot else {}
    found = []
    for stand in current.stands:
        number = stand.standard.number
        part = part_of(snapshot, number) if snapshot else None
        own = part["self_rating"]["rag"] if part else None
        agreed = stand.agreement.rag if stand.agreement and current.open else None
        found.append(
            EnquiryFacts(
                number,
                tuple(points.get((return_.id, number), ())),
                Rag(own) if own else None,
                suggested[number].rag if number in suggested else None,
                tuple(each.rag for each in stand.given.values()) if current.open else (),
                agreed,
                tuple(marks_sent_in(current.submission, part)),
                tuple(marks_now(part, agreed, now)),
            )
        )
    return found
