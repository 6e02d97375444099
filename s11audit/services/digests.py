"""Digests: one e-mail a person a day with everything that is due (domain rule 14).

They are composed and queued a batch of people at a time. The batch, its letters and how far the
day has come are one transaction: killed at any moment, each batch was done or was not, so that
nobody is written to twice and nobody is left out. What was sent in before that moment is in none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from s11audit.domain.enums import ReminderKind
from s11audit.models import Board, Digest, DigestDay, Reminder, User
from s11audit.queries.digests import last_steps, owed_by, people_after, places_of
from s11audit.queries.owed import Owed
from s11audit.queries.reminders import Rules, rules_of
from s11audit.scoring.reminders import step_owed, week_owed
from s11audit.services import outbox
from s11audit.services.digest_words import Part, digest

BATCH = 50
LastSteps = Mapping[tuple[int, ReminderKind, int, date], int]


def send_batch(session: Session, day: date, *, now: datetime, limit: int = BATCH) -> bool:
    """Compose and queue the digests of `day` (London's, which is today) for the next `limit`
    people. Returns False where everybody has been seen to. A fixed number of queries."""
    progress = _locked(session, day, now)
    if progress.finished_at is not None:
        return False
    people = people_after(session, progress.upto_user_id, day, limit=limit)
    if not people:
        progress.finished_at = now
        return False
    progress.upto_user_id = people[-1].id
    owed = owed_by(session, places_of(session, [each.id for each in people], day), now)
    rules = rules_of(session, {each.board_id for each in owed})
    found = _due(session, people, owed, rules, day)
    _record(session, found, day, now)
    _queue(session, people, list(found), rules, day, now)
    return True


def is_finished(session: Session, day: date) -> bool:
    """Return whether everybody has been seen to on that day."""
    progress = session.get(DigestDay, day)
    return progress is not None and progress.finished_at is not None


def _locked(session: Session, day: date, now: datetime) -> DigestDay:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(
        dialect.insert(DigestDay)
        .values(day=day, upto_user_id=0, begun_at=now)
        .on_conflict_do_nothing(index_elements=["day"])
    )
    return session.scalars(select(DigestDay).where(DigestDay.day == day).with_for_update()).one()


def _due(
    session: Session,
    people: Sequence[User],
    owed: Sequence[Owed],
    rules: Mapping[int, Rules],
    day: date,
) -> dict[Owed, tuple[date, int]]:
    """Return what these people are to be reminded of today, each with its due date and step."""
    first_due = min((each.due_on for each in owed if each.due_on), default=day)
    last = last_steps(session, [each.id for each in people], min(first_due, week_start(day)))
    return {
        each: step
        for each in owed
        if (step := _step(each, rules[each.board_id], last, day)) is not None
    }


def week_start(day: date) -> date:
    """Return the Monday of the day's week."""
    return date.fromordinal(day.toordinal() - day.weekday())


def _step(owed: Owed, rules: Rules, last: LastSteps, day: date) -> tuple[date, int] | None:
    def reminded(due_on: date) -> int | None:
        return last.get((owed.user_id, owed.kind, owed.subject_id, due_on))

    if owed.due_on is None:
        monday = week_start(day)
        told = monday if reminded(monday) is not None else None
        week = week_owed(day, since=owed.since, last=told) if rules.weekly_on else None
        return None if week is None else (week, 0)
    if not (rules.actions_on if owed.kind is ReminderKind.ACTION else rules.returns_on):
        return None
    step = step_owed(rules.schedule, owed.due_on, day, since=owed.since, last=reminded(owed.due_on))
    return None if step is None else (owed.due_on, step)


def _record(
    session: Session, found: Mapping[Owed, tuple[date, int]], day: date, now: datetime
) -> None:
    if not found:
        return
    rows = [
        {"user_id": user_id, "day": day, "made_at": now}
        for user_id in dict.fromkeys(each.user_id for each in found)
    ]
    made = session.execute(insert(Digest).returning(Digest.user_id, Digest.id), rows)
    digests = {row.user_id: row.id for row in made}
    session.execute(
        insert(Reminder),
        [
            {
                "digest_id": digests[each.user_id],
                "user_id": each.user_id,
                "board_id": each.board_id,
                "kind": each.kind,
                "subject_id": each.subject_id,
                "return_id": each.return_id,
                "due_on": due_on,
                "step": step,
            }
            for each, (due_on, step) in found.items()
        ],
    )


def _queue(
    session: Session,
    people: Sequence[User],
    found: Sequence[Owed],
    rules: Mapping[int, Rules],
    day: date,
    now: datetime,
) -> None:
    board_ids = {each.board_id for each in found}
    boards = {
        board.id: Part(board.name, board.slug, rules[board.id].subject, rules[board.id].text, ())
        for board in session.scalars(
            select(Board).where(Board.id.in_(board_ids)).order_by(Board.name, Board.id)
        )
    }
    letters = []
    for person in people:
        theirs = [each for each in found if each.user_id == person.id]
        if not theirs:
            continue
        parts = [
            replace(part, owed=[each for each in theirs if each.board_id == board_id])
            for board_id, part in boards.items()
            if any(each.board_id == board_id for each in theirs)
        ]
        subject, body = digest(person.name, parts, day, session.info.get("base_url", ""))
        only = {each.board_id for each in theirs}
        letters.append(
            outbox.Letter(
                dedupe_key=f"digest:{day.isoformat()}:{person.id}",
                to_email=person.email,
                subject=subject,
                body=body,
                board_id=only.pop() if len(only) == 1 else None,
            )
        )
    outbox.queue_all(session, letters, now=now)
