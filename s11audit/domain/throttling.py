"""How often somebody may try before they have to wait (domain rule 64)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_LIMIT = re.compile(r"(\d{1,6}) per (?:(\d{1,4}) )?(second|minute|hour|day)s?")


@dataclass(frozen=True)
class Limit:
    """That many tries within that time."""

    tries: int
    within: timedelta


def read_limits(text: str) -> tuple[Limit, ...]:
    """Return the limits of "10 per minute; 100 per day" or "10 per 15 minutes", all of which hold.
    Raises ValueError for anything else."""
    found = []
    for part in text.split(";"):
        read = _LIMIT.fullmatch(part.strip().lower())
        if read is None or int(read[1]) < 1 or (read[2] and int(read[2]) < 1):
            raise ValueError("write it as 10 per minute, or 10 per 15 minutes; 100 per day")
        seconds = int(read[2] or 1) * UNITS[read[3]]
        if seconds > UNITS["day"]:
            raise ValueError("it must be within a day")
        found.append(Limit(int(read[1]), timedelta(seconds=seconds)))
    return tuple(found)


def longest_of(limits: Iterable[Limit]) -> timedelta:
    """Return the time after which no try counts any more."""
    return max(limit.within for limit in limits)


def wait_for(tried: Sequence[datetime], limits: Iterable[Limit], now: datetime) -> timedelta:
    """Return how long until the next try, zero for at once, after failures at `tried`: until so
    many of them are older than each limit's time that there is room for one more."""
    wait = timedelta(0)
    for limit in limits:
        counted = sorted((at for at in tried if at > now - limit.within), reverse=True)
        if len(counted) >= limit.tries:
            wait = max(wait, counted[limit.tries - 1] + limit.within - now)
    return wait


def wait_in_words(wait: timedelta) -> str:
    """Return "1 minute", "15 minutes" or "2 hours", never less than the wait."""
    minutes = max(1, -(-wait // timedelta(minutes=1)))
    if minutes <= 90:
        return "1 minute" if minutes == 1 else f"{minutes} minutes"
    hours = -(-minutes // 60)
    return f"{hours} hours"


def network_of(address: str) -> str:
    """Return what counts as one address: an IPv4 address, or the /64 of an IPv6 one, which a
    single household or office has to itself. Anything else counts as it is."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ip_network((found, 64), strict=False))
