"""Domain rules 5 and 13: days in London and what stood at a date."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s11audit.domain.dates import end_of_day, london_today, start_of_day
from s11audit.scoring.as_at import (
    due_passed,
    is_open,
    is_overdue,
    latest_effective,
    next_opening,
    returned_at,
    returned_submission,
)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("day", "start", "end"),
    [
        # winter: London is UTC
        (date(2026, 1, 15), utc(2026, 1, 15), utc(2026, 1, 15, 23, 59, 59, 999_999)),
        # summer: an hour ahead
        (date(2026, 7, 1), utc(2026, 6, 30, 23), utc(2026, 7, 1, 22, 59, 59, 999_999)),
        # the clocks go forward on 29 March 2026: a day of 23 hours
        (date(2026, 3, 29), utc(2026, 3, 29), utc(2026, 3, 29, 22, 59, 59, 999_999)),
        # and back on 25 October 2026: a day of 25 hours
        (date(2026, 10, 25), utc(2026, 10, 24, 23), utc(2026, 10, 25, 23, 59, 59, 999_999)),
    ],
)
def test_a_day_in_london(day: date, start: datetime, end: datetime) -> None:
    assert start_of_day(day) == start
    assert end_of_day(day) == end
    assert start_of_day(day).tzinfo is end_of_day(day).tzinfo is UTC


@given(st.dates(date(1972, 1, 1), date(2999, 12, 30)))
def test_a_day_ends_just_before_the_next_begins(day: date) -> None:
    assert end_of_day(day) + timedelta(microseconds=1) == start_of_day(day + timedelta(days=1))
    assert london_today(start_of_day(day)) == london_today(end_of_day(day)) == day


def test_the_first_and_last_dates_there_are_do_not_fail() -> None:
    assert start_of_day(date.min) < end_of_day(date.min)
    assert start_of_day(date.max) < end_of_day(date.max)


def test_a_due_date_ends_at_the_end_of_the_day_in_london() -> None:
    due = date(2026, 7, 1)
    assert not due_passed(due, utc(2026, 7, 1, 22, 59, 59))
    assert due_passed(due, utc(2026, 7, 1, 23))
    assert is_overdue(due, utc(2026, 7, 1, 23))
    assert not is_overdue(None, utc(2026, 7, 1, 23))
    assert next_opening(date(2026, 12, 31)) == date(2027, 1, 1)


OPENS = date(2026, 7, 2)
BEFORE, FIRST = utc(2026, 7, 1, 22, 59), utc(2026, 7, 1, 23)


@pytest.mark.parametrize(
    ("opens_on", "opened_at", "closed_at", "now", "expected"),
    [
        (OPENS, None, None, BEFORE, False),
        (OPENS, None, None, FIRST, True),
        (OPENS, BEFORE, None, BEFORE, True),  # by hand, before its day
        (None, None, None, FIRST, False),
        (None, FIRST, None, BEFORE, False),
        (None, FIRST, None, FIRST, True),
        (OPENS, BEFORE, FIRST, FIRST, False),
        (OPENS, BEFORE, FIRST, BEFORE, True),
        (OPENS, None, BEFORE, FIRST, False),
    ],
)
def test_is_open(
    opens_on: date | None,
    opened_at: datetime | None,
    closed_at: datetime | None,
    now: datetime,
    expected: bool,
) -> None:
    assert is_open(opens_on, opened_at, closed_at, now) is expected


@dataclass(frozen=True)
class Rating:
    effective_at: datetime
    rag: str


def day(number: int) -> datetime:
    return utc(2026, 3, number, 12)


def test_latest_effective() -> None:
    green, red, amber = Rating(day(9), "green"), Rating(day(1), "red"), Rating(day(5), "amber")
    ratings = [green, red, amber]
    assert latest_effective(ratings, day(10)) is green
    assert latest_effective(ratings, day(8)) is amber
    assert latest_effective(ratings, day(5)) is amber  # at the moment itself
    assert latest_effective(ratings, day(4)) is red
    assert latest_effective(ratings, utc(2026, 2, 1)) is None
    assert latest_effective([], day(10)) is None
    again = Rating(day(9), "na")
    assert latest_effective([*ratings, again], day(10)) is again


SENT_IN_TWICE = [(day(2), day(6)), (day(9), None)]


@pytest.mark.parametrize(
    ("submissions", "by", "expected"),
    [
        ([], day(9), None),
        ([(day(2), None)], day(1), None),
        ([(day(2), None)], day(2), 0),
        ([(day(2), day(6))], day(5), 0),
        ([(day(2), day(6))], day(6), None),
        (SENT_IN_TWICE, day(1), None),
        (SENT_IN_TWICE, day(3), 0),
        (SENT_IN_TWICE, day(7), None),
        (SENT_IN_TWICE, day(9), 1),
        ([(day(2), day(3)), (day(4), day(5))], day(8), None),
    ],
)
def test_returned(
    submissions: list[tuple[datetime, datetime | None]], by: datetime, expected: int | None
) -> None:
    assert returned_submission(submissions, by) == expected
    assert returned_at(submissions, by) is (expected is not None)
