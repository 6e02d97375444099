"""Quarters of the calendar year, for reports."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

_WRITTEN = re.compile(r"([0-9]{4})-Q([1-4])")


@dataclass(frozen=True, order=True)
class Quarter:
    """The quarter of a year, 1 to 4."""

    year: int
    number: int

    @property
    def first_day(self) -> date:
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def last_day(self) -> date:
        return self.next.first_day - timedelta(days=1)

    @property
    def next(self) -> "Quarter":
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    @property
    def before(self) -> "Quarter":
        last = self.first_day - timedelta(days=1)
        return quarter_of(last)

    @property
    def words(self) -> str:
        """Return "January to March 2026"."""
        return f"{self.first_day:%B} to {self.last_day:%B %Y}"

    def __str__(self) -> str:
        return f"{self.year:04}-Q{self.number}"


def quarter_of(day: date) -> Quarter:
    """Return the quarter that a day lies in."""
    return Quarter(day.year, (day.month + 2) // 3)


def read_quarter(text: str) -> Quarter | None:
    """Return the quarter written "2026-Q3", or None for anything else and for years that no
    calendar of ours holds."""
    found = _WRITTEN.fullmatch(text)
    if found is None or not 1990 <= int(found[1]) <= 2200:
        return None
    return Quarter(int(found[1]), int(found[2]))
