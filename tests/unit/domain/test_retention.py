"""Until when a cycle is kept (domain rule 79), worked by hand."""

from datetime import UTC, date, datetime

import pytest

from s11audit.domain.retention import is_past, kept_until


def at(year: int, month: int, day: int, hour: int = 12) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("closed", "years", "until"),
    [
        ([at(2027, 3, 1), at(2029, 6, 30)], 6, date(2035, 6, 30)),
        ([at(2029, 6, 30), at(2027, 3, 1)], 6, date(2035, 6, 30)),
        ([at(2028, 2, 29)], 1, date(2029, 2, 28)),
        ([at(2028, 2, 29)], 4, date(2032, 2, 29)),
        ([at(2029, 6, 30, 23)], 6, date(2035, 7, 1)),  # already July in London
        ([at(2027, 3, 1), None], 6, None),
        ([], 6, None),
    ],
)
def test_the_last_day(closed: list[datetime | None], years: int, until: date | None) -> None:
    assert kept_until(closed, years) == until


def test_the_day_itself_is_still_kept() -> None:
    until = date(2035, 6, 30)
    assert not is_past(until, date(2035, 6, 30))
    assert is_past(until, date(2035, 7, 1))
    assert not is_past(None, date(2099, 1, 1))
