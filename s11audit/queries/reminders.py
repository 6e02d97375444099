"""Reads of boards' reminder schedules, and of what people were reminded of."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from s11audit.domain.enums import ReminderKind
from s11audit.models import Digest, DigestChoice, Reminder, ReminderSchedule
from s11audit.scoring.reminders import DEFAULT, Schedule

LATEST_DAYS = 10


@dataclass(frozen=True)
class Rules:
    """When and in which words a board reminds; an empty subject or text is the default's."""

    schedule: Schedule = DEFAULT
    returns_on: bool = True
    actions_on: bool = True
    weekly_on: bool = True
    subject: str = ""
    text: str = ""


def rules_of(session: Session, board_ids: Collection[int]) -> dict[int, Rules]:
    """Return each board's rules, the default ones where it has set none."""
    found = {board_id: Rules() for board_id in board_ids}
    for row in session.scalars(
        select(ReminderSchedule).where(ReminderSchedule.board_id.in_(board_ids))
    ):
        found[row.board_id] = Rules(
            Schedule(tuple(row.days_before), row.every_days),
            row.returns_on,
            row.actions_on,
            row.weekly_on,
            row.subject,
            row.text,
        )
    return found


@dataclass(frozen=True)
class Sent:
    """How many people were reminded on a day of something about a return, and at which step."""

    at: datetime
    kind: ReminderKind
    step: int
    people: int


def reminders_of_return(session: Session, return_id: int) -> list[Sent]:
    """Return the reminders about a return and its plan, a row a day and kind, in order."""
    rows = session.execute(
        select(
            func.max(Digest.made_at),
            Reminder.kind,
            func.max(Reminder.step),
            func.count(Reminder.user_id.distinct()),
        )
        .join(Digest, Digest.id == Reminder.digest_id)
        .where(Reminder.return_id == return_id)
        .group_by(Digest.day, Reminder.kind)
        .order_by(Digest.day, Reminder.kind)
    )
    return [Sent(*row) for row in rows]


def last_reminder(session: Session, return_ids: Collection[int]) -> tuple[date, int] | None:
    """Return the last day on which people were reminded of one of these returns themselves, and
    how many people on that day."""
    row = session.execute(
        select(Digest.day, func.count(Reminder.user_id.distinct()))
        .join(Reminder, Reminder.digest_id == Digest.id)
        .where(Reminder.return_id.in_(return_ids), Reminder.kind == ReminderKind.RETURN)
        .group_by(Digest.day)
        .order_by(Digest.day.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def latest_digests(session: Session, board_id: int) -> list[tuple[date, int, int]]:
    """Return the last days on which a board's people were reminded: the day, how many people, and
    of how many things."""
    rows = session.execute(
        select(Digest.day, func.count(Digest.user_id.distinct()), func.count(Reminder.id))
        .join(Reminder, Reminder.digest_id == Digest.id)
        .where(Reminder.board_id == board_id)
        .group_by(Digest.day)
        .order_by(Digest.day.desc())
        .limit(LATEST_DAYS)
    )
    return [(day, people, things) for day, people, things in rows]


def wants_digests(session: Session, user_id: int) -> bool:
    """Return whether a person wants the digests; who has chosen nothing does."""
    choice = session.get(DigestChoice, user_id)
    return choice is None or choice.wanted
