"""Until when a cycle's contents are kept (domain rule 79). Pure."""

from collections.abc import Sequence
from datetime import date, datetime

from s11audit.domain.dates import london_today

LONGEST = 50


def kept_until(closed: Sequence[datetime | None], years: int) -> date | None:
    """Return the last day on which the contents of a cycle are kept: so many years after the day
    in London on which the last of its stages was closed. None while a stage is not closed, or
    where there is none. What was closed on 29 February is kept until the 28th of a common year."""
    moments = [moment for moment in closed if moment is not None]
    if not moments or len(moments) < len(closed):
        return None
    day = london_today(max(moments))
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def is_past(until: date | None, today: date) -> bool:
    """Return whether the retention has ended: the day after the last one, and later."""
    return until is not None and today > until
