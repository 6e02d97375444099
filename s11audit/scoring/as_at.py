"""Due dates, and what stood at a date (domain rules 5 and 13).

Moments are aware datetimes in UTC. "By" a moment includes the moment itself: a report as at D
passes `domain.dates.end_of_day(D)`, the last microsecond of D in London.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol, TypeVar

from s11audit.domain.dates import end_of_day, start_of_day


class HasEffectiveTime(Protocol):
    """Anything that took effect at a moment: a submission, a publication, a verification."""

    @property
    def effective_at(self) -> datetime: ...


Item = TypeVar("Item", bound=HasEffectiveTime)


def due_passed(due: date, now: datetime) -> bool:
    """Return whether the day `due` has ended in London (domain rule 13)."""
    return now > end_of_day(due)


def is_overdue(due_on: date | None, now: datetime) -> bool:
    """Return whether something with this due date, if any, is late. For an action see
    `scoring.actions.is_overdue`, which knows that a finished one is not."""
    return due_on is not None and due_passed(due_on, now)


def next_opening(due: date) -> date:
    """Return the day the following stage opens: the day after this one is due (rule 13)."""
    return due + timedelta(days=1)


def is_open(
    opens_on: date | None, opened_at: datetime | None, closed_at: datetime | None, now: datetime
) -> bool:
    """Return whether a stage is open: by its date or by hand, and not closed (rule 13)."""
    if closed_at is not None and closed_at <= now:
        return False
    if opened_at is not None and opened_at <= now:
        return True
    return opens_on is not None and start_of_day(opens_on) <= now


def latest_effective(items: Iterable[Item], by: datetime) -> Item | None:
    """Return the item that took effect last by `by`; of equals the one that comes later."""
    latest: Item | None = None
    for item in items:
        if item.effective_at <= by and (latest is None or item.effective_at >= latest.effective_at):
            latest = item
    return latest


def returned_at(submissions: Sequence[tuple[datetime, datetime | None]], by: datetime) -> bool:
    """Return whether a return was in by `by` (domain rule 5).

    `submissions` are (effective_at, sent_back_at or None) in the order of their numbers. The
    latest one effective by then must not have been sent back by then.
    """
    counted = returned_submission(submissions, by)
    return counted is not None


def returned_submission(
    submissions: Sequence[tuple[datetime, datetime | None]], by: datetime
) -> int | None:
    """Return the index of the submission that counts by `by`; None while not returned."""
    latest: int | None = None
    for index, (effective_at, _) in enumerate(submissions):
        if effective_at <= by and (latest is None or effective_at >= submissions[latest][0]):
            latest = index
    if latest is None:
        return None
    sent_back_at = submissions[latest][1]
    return None if sent_back_at is not None and sent_back_at <= by else latest
