"""The year's meetings: the executive's programme, the QA sub-group's minutes and pack, challenges
of two agencies; and what the service does by itself, reminders and a calendar."""

from datetime import date, datetime

from s11audit.demonstration import texts
from s11audit.demonstration.story import Story
from s11audit.demonstration.texts import Invented
from s11audit.domain.enums import AttendanceKind, MeetingKind
from s11audit.services import (
    calendars,
    challenges,
    digests,
    enquiries,
    meetings,
    minutes,
)

EXECUTIVE = (-46, 24, 80, 136)
PROGRAMME = (
    ("current", 0, 0), ("current", 16, 0), ("current", 20, 0), ("current", 1, 1),
    ("current", 11, 1), ("current", 14, 2), ("sample", 16, 0), ("sample", 18, 0),
    ("sample", 22, 1),
)  # fmt: skip
"""A return, and to which of the meetings to come it goes."""
PLANNED = -20
HELD, NEXT = -6, 8
CHALLENGED, CHALLENGE_TO_COME = 17, 24
REMINDED = (-21, -7)


def tell(story: Story, agencies: list[Invented], members: dict[int, int]) -> None:
    """Put them into the story."""
    kept: dict[str, int] = {}
    ids = {number: membership_id for membership_id, number in members.items()}
    story.at(-60, (10, 0), lambda now: _plan(story, kept, now))
    story.at(PLANNED, (11, 20), lambda now: _schedule(story, kept, now))
    story.at(HELD, (12, 0), lambda now: _meet(story, kept, ids, now))
    story.at(-1, (9, 40), lambda now: _approve(story, kept, now))
    story.at(-215, (10, 0), lambda now: _arrange(story, agencies[CHALLENGED], -202, kept, now))
    story.at(-202, (15, 0), lambda now: _challenge(story, agencies[CHALLENGED], kept, now))
    story.at(-150, (10, 0), lambda now: _done(story, agencies[CHALLENGED], kept, now))
    story.at(-3, (10, 30),
             lambda now: _arrange(story, agencies[CHALLENGE_TO_COME], 15, kept, now))  # fmt: skip
    for day in REMINDED:
        story.at(day, (7, 0), lambda now, day=day: _remind(story, story.day(day), now))  # type: ignore[misc]
    story.at(-5, (9, 0), lambda now: _subscribe(story, now))


def _plan(story: Story, kept: dict[str, int], now: datetime) -> None:
    """The year's days; the sub-group's are six weeks before the executive's."""
    for kind, days in ((MeetingKind.EXECUTIVE, EXECUTIVE), (MeetingKind.QA, (HELD, NEXT))):
        for place, day in enumerate(days):
            made = meetings.add_meeting(
                story.session, story.actors["office"], story.board_id, kind=kind,
                held_on=story.day(day), starts_at="10am", place=texts.told("meeting", "place"),
                other_items=texts.told("meeting", "executive") if kind is MeetingKind.EXECUTIVE
                else "", now=now,
            )  # fmt: skip
            kept[f"{kind.value} {place}"] = made.id


def _schedule(story: Story, kept: dict[str, int], now: datetime) -> None:
    for key, number, place in PROGRAMME:
        meetings.schedule(
            story.session, story.actors["office"], story.board_id,
            story.returns[key, number], kept[f"executive {place + 1}"], now=now,
        )  # fmt: skip


def _meet(story: Story, kept: dict[str, int], ids: dict[int, int], now: datetime) -> None:
    """What was said and decided at the last meeting of the sub-group."""
    session, office, meeting = story.session, story.actors["office"], kept["qa 0"]
    for account, kind, where in (
        ("chair", AttendanceKind.PRESENT, "Chair"),
        ("qa", AttendanceKind.PRESENT, "Named nurse, Fellmere"),
        ("qa2", AttendanceKind.PRESENT, "Education adviser"),
        ("both", AttendanceKind.APOLOGIES, "Kestrel Bay Teaching Hospitals"),
    ):
        minutes.record_attendance(
            session, office, story.board_id, meeting, name=story.actors[account].name, kind=kind,
            from_where=where, conflict_with=ids[5] if account == "both" else None, now=now,
        )  # fmt: skip
    for key, number, standard, owner in (
        ("kept", 0, 4, ""), ("figures", 14, 11, "Board office"), ("visits", None, None, "QA chair"),
    ):  # fmt: skip
        minutes.record_decision(
            session, story.actors["chair"], story.board_id, meeting,
            text=texts.told("meeting", key), standard=standard, owner=owner,
            return_id=None if number is None else story.returns["current", number],
            due_on=story.day(30) if owner else None, now=now,
        )  # fmt: skip
    minutes.write_notes(
        session, office, story.board_id, meeting, texts.told("meeting", "notes"), now=now
    )


def _approve(story: Story, kept: dict[str, int], now: datetime) -> None:
    """The minutes are approved, and the next meeting is prepared."""
    session, chair, board = story.session, story.actors["chair"], story.board_id
    minutes.approve_minutes(session, chair, board, kept["qa 0"], now=now)
    enquiries.draft_enquiries(session, chair, board, kept["qa 1"], now=now)
    enquiries.add_enquiry(
        session, chair, board, kept["qa 1"], return_id=story.returns["current", 14], standard=1,
        text=texts.told("meeting", "enquiry"), now=now,
    )  # fmt: skip


def _arrange(story: Story, agency: Invented, day: int, kept: dict[str, int], now: datetime) -> None:
    """A meeting with an agency, its questions shared with it beforehand."""
    session, office, return_id = (
        story.session, story.actors["office"], story.returns["first", agency.number],
    )  # fmt: skip
    made = challenges.arrange(
        session, office, return_id, held_on=story.day(day), place=texts.told("meeting", "place"),
        panel=[(name, post) for name, post in texts.told("challenge", "panel")], now=now,
    )  # fmt: skip
    challenges.share(session, office, return_id, made.id, now=now)
    kept[agency.name] = made.id
    kept[f"{agency.name} question"] = made.questions[0].id


def _challenge(story: Story, agency: Invented, kept: dict[str, int], now: datetime) -> None:
    session, office = story.session, story.actors["office"]
    return_id, challenge_id = story.returns["first", agency.number], kept[agency.name]
    for place, (what, owner) in enumerate(texts.told("challenge", "actions")):
        action = challenges.add_action(
            session, office, return_id, challenge_id, what=what, owner=owner,
            due_on=story.day(60 if place == 0 else -160), now=now,
        )  # fmt: skip
        kept[f"{agency.name} action"] = action.id
    challenges.save_outcome(
        session, office, return_id, challenge_id,
        answers={kept[f"{agency.name} question"]: texts.told("challenge", "answer")},
        outcome=texts.told("challenge", "outcome"), finish=True, now=now,
    )  # fmt: skip


def _done(story: Story, agency: Invented, kept: dict[str, int], now: datetime) -> None:
    challenges.finish_action(
        story.session, story.actors["office"], story.returns["first", agency.number],
        kept[agency.name], kept[f"{agency.name} action"], done_on=story.day(-152),
        note=texts.told("challenge", "done"), now=now,
    )  # fmt: skip


def _remind(story: Story, day: date, now: datetime) -> None:
    """The day's reminders, as the background worker sends them."""
    while digests.send_batch(story.session, day, now=now):
        pass


def _subscribe(story: Story, now: datetime) -> None:
    """The office and a lead read the due dates in their own calendars."""
    calendars.make_feed(story.session, story.actors["office"], story.board_id, now=now)
    calendars.make_feed(story.session, story.actors["lead"], None, now=now)
