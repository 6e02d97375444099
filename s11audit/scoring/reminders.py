"""When people are reminded: the steps of a board's schedule (domain rules 13 and 14).

A step is a day counted from a due date: -14 is two weeks before it, 7 a week after. Days are
London's. A step counts from its day on until a later one has come, so that a day on which nothing
ran is made up for once, by the latest step, and never by several.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from s11audit.domain.dates import LONDON

LONGEST_BEFORE = 365
MOST_STEPS = 12


@dataclass(frozen=True)
class Schedule:
    """Days before a due date on which people are reminded, and every how many days after it
    (0: not any more)."""

    before: tuple[int, ...] = (28, 14, 7, 1)
    every: int = 7


DEFAULT = Schedule()


def latest_step(schedule: Schedule, late: int) -> int | None:
    """Return the last step that has come when it is `late` days past the due date (negative:
    days before it), or None while there is none."""
    if 0 < schedule.every <= late:
        return late - late % schedule.every
    return max((-days for days in schedule.before if -days <= late), default=None)


def step_owed(
    schedule: Schedule, due_on: date, today: date, *, since: date, last: int | None
) -> int | None:
    """Return the step of which somebody is to be reminded today, or None.

    `since` is the day since which they owe it: steps of earlier days are no reminder of theirs.
    `last` is the latest step of this due date that they were reminded of.
    """
    step = latest_step(schedule, (today - due_on).days)
    if step is None or due_on + timedelta(days=step) < since:
        return None
    return step if last is None or step > last else None


def week_owed(today: date, *, since: date, last: date | None) -> date | None:
    """Return the Monday of this week where somebody is still to be told, once a week, of what
    waits since `since`; else None. `last` is the Monday of the week in which they were told."""
    monday = today - timedelta(days=today.weekday())
    if since > monday or (last is not None and last >= monday):
        return None
    return monday


def day_to_send(now: datetime, hour: int) -> date | None:
    """Return London's day where it is that hour there or later, else None: too early."""
    local = now.astimezone(LONDON)
    return local.date() if local.hour >= hour else None


def until_due(due_on: date, today: date) -> str:
    """Return how far off a due date is: "in 14 days", "tomorrow", "today", "7 days ago"."""
    days = (due_on - today).days
    if days in (-1, 0, 1):
        return {-1: "yesterday", 0: "today", 1: "tomorrow"}[days]
    return f"in {days} days" if days > 0 else f"{-days} days ago"
