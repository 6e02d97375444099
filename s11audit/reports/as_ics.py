"""A calendar feed as iCalendar (RFC 5545)."""

from collections.abc import Sequence
from datetime import date, timedelta

from icalendar import Calendar, Event

from s11audit.domain.calendars import Entry

FETCHED_EVERY = timedelta(hours=12)  # which a calendar program is asked for; most decide themselves


def as_ics(name: str, entries: Sequence[Entry], *, base_url: str, host: str) -> bytes:
    """Return the feed: an all-day event for each entry, with an identifier that stays the same.

    Nothing in it depends on when it was fetched. `host` makes the identifiers the world's own.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//s11audit//Due dates//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", FETCHED_EVERY, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT12H")
    for entry in entries:
        calendar.add_component(_event(entry, base_url, host))
    return calendar.to_ical(sorted=False)


def _event(entry: Entry, base_url: str, host: str) -> Event:
    event = Event()
    link = base_url + entry.path
    event.add("uid", f"{entry.key}@{host}")
    event.add("dtstamp", entry.changed_at)
    event.add("last-modified", entry.changed_at)
    event.add("sequence", entry.revision)
    event.add("dtstart", entry.day)
    if entry.day < date.max:  # else there is no day after it: an all-day event lasts one anyway
        event.add("dtend", entry.day + timedelta(days=1))
    event.add("summary", entry.summary)
    event.add("description", "\n".join(part for part in (entry.description, link) if part))
    event.add("url", link)
    if entry.place:
        event.add("location", entry.place)
    event.add("transp", "TRANSPARENT")
    return event
