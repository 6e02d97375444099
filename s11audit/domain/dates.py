"""Days and moments in London (domain rule 13)."""

import re
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def london_today(now: datetime) -> date:
    """Return the day it is in London at that moment."""
    return now.astimezone(LONDON).date()


def end_of_day(day: date) -> datetime:
    """Return the last moment (UTC) of that day in London."""
    return datetime.combine(day, time.max, LONDON).astimezone(UTC)


def start_of_day(day: date) -> datetime:
    """Return the first moment (UTC) of that day in London."""
    return datetime.combine(day, time(0), LONDON).astimezone(UTC)


def iso_day(text: str) -> date:
    """Return the day written YYYY-MM-DD, in that way only; ValueError for anything else."""
    if not _ISO_DAY.fullmatch(text):
        raise ValueError(f"{text!r} is not written YYYY-MM-DD")
    return date.fromisoformat(text)


def in_words(day: date) -> str:
    """Return "4 March 2026"."""
    return f"{day.day} {day:%B %Y}"


def moment_in_words(moment: datetime) -> str:
    """Return "4 March 2026 at 3:07pm", in London."""
    local = moment.astimezone(LONDON)
    hour = local.hour % 12 or 12
    return f"{in_words(local.date())} at {hour}:{local:%M}{'am' if local.hour < 12 else 'pm'}"
