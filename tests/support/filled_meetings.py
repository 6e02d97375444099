"""Themes, meetings and minutes on the filled board, by the services."""

from __future__ import annotations

from datetime import timedelta

from s11audit.domain.dates import london_today
from s11audit.domain.enums import AttendanceKind, MeetingKind, TagKind
from s11audit.services import enquiries, meetings, minutes, themes
from tests.support.filled_builder import Builder


def tag(builder: Builder, return_id: int) -> None:
    """QA tags a statement and an answer of a rated return, the office lets one be published."""
    session, qa = builder.session, builder.actor("qa")
    first = themes.tag_passage(
        session, qa, return_id, 1, "statement", passage="An audit in March showed it.",
        kind=TagKind.STRENGTH, new_theme="Learning from audits", now=builder.later(),
    )  # fmt: skip
    themes.tag_passage(
        session, qa, return_id, 3, "statement", passage="What we do about standard 3.",
        kind=TagKind.DEVELOPMENT, theme_id=first.theme_id, now=builder.later(),
    )  # fmt: skip
    themes.add_theme(session, qa, builder.board.id, "Supervision", now=builder.later())
    themes.make_public(
        session, builder.actor("office"), builder.board.id, first.id,
        "An audit showed it.", now=builder.later(),
    )  # fmt: skip
    builder.made.ids |= {
        "theme_id": first.theme_id,
        "tag_id": first.id,
        "theme_stage_id": first.return_.stage_id,
    }


def meet(builder: Builder, planned_id: int, reviewed_id: int) -> None:
    """The office plans meetings of the executive and of the QA sub-group, and takes minutes of
    two: of one they are a draft, of the other the chair approved them."""
    session, office, chair = builder.session, builder.actor("office"), builder.actor("chair")
    board_id, today = builder.board.id, london_today(builder.now)

    def add(kind: MeetingKind, days: int, **more: str) -> int:
        made = meetings.add_meeting(
            session, office, board_id, kind=kind, held_on=today + timedelta(days=days),
            now=builder.later(), **more,
        )  # fmt: skip
        return made.id

    executive = add(MeetingKind.EXECUTIVE, 60, starts_at="10am", place="Town Hall")
    add(MeetingKind.EXECUTIVE, 120, other_items="Annual report\nOutcome of the GP audit")
    meetings.schedule(
        session, office, board_id, planned_id, executive, note="with its annual report",
        now=builder.later(),
    )  # fmt: skip
    coming, past = add(MeetingKind.QA, 10), add(MeetingKind.QA, -1)
    for meeting_id in (coming, past):
        line = enquiries.add_enquiry(
            session, chair, board_id, meeting_id, return_id=reviewed_id, standard=1,
            text="Who reads the audits, and what do they change?", now=builder.later(),
        )  # fmt: skip
        decision = minutes.record_decision(
            session, chair, board_id, meeting_id, text="Ask the agency for its training figures.",
            return_id=reviewed_id, standard=5, owner="Harriet Coyle",
            due_on=today + timedelta(days=30), now=builder.later(),
        )  # fmt: skip
        attendance = minutes.record_attendance(
            session, office, board_id, meeting_id, name="Jonah Whitlock",
            kind=AttendanceKind.PRESENT, from_where="Chair",
            conflict_with=builder.made.ids["other_membership_id"], now=builder.later(),
        )  # fmt: skip
        minutes.write_notes(
            session, office, board_id, meeting_id, "The chair thanked the reviewers.",
            now=builder.later(),
        )  # fmt: skip
        if meeting_id == coming:
            builder.made.ids["meeting"] = {
                "meeting_id": coming,
                "line_id": line.id,
                "decision_id": decision.id,
                "attendance_id": attendance.id,
            }
    minutes.approve_minutes(session, chair, board_id, past, now=builder.later())
    builder.made.ids |= {"executive_id": executive, "approved_id": past}
