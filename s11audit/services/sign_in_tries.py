"""Counts tries that fail, in the database: for every web process and over a restart
(domain rule 64).

A try is taken before the password is looked at and given back when it was right, so that many at
once get no further than one after the other. What is counted is named by a keyed hash alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from s11audit.domain.throttling import Limit, longest_of, wait_for
from s11audit.models import SignInTry

KEPT = timedelta(days=1, hours=1)  # longer than any limit may be
NO_WAIT = timedelta(0)


@dataclass(frozen=True)
class Taken:
    """What came of asking for a try: `wait`, zero where it may be made, and what to give back."""

    wait: timedelta
    ids: tuple[int, ...] = ()


def take(session: Session, limits: Mapping[str, Sequence[Limit]], *, now: datetime) -> Taken:
    """Take one try for each key (a keyed hash) where every one of them has room; else none, and
    say how long to wait."""
    keys = sorted(limits)
    if session.get_bind().dialect.name == "postgresql":
        for key in keys:
            session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:key))"), {"key": key})
    wait = NO_WAIT
    for key in keys:
        most = max(limit.tries for limit in limits[key])
        tried = session.scalars(
            select(SignInTry.at)
            .where(SignInTry.key == key, SignInTry.at > now - longest_of(limits[key]))
            .order_by(SignInTry.at.desc())
            .limit(most)
        ).all()
        wait = max(wait, wait_for(tried, limits[key], now))
    if wait > NO_WAIT:
        return Taken(wait)
    taken = [SignInTry(key=key, at=now) for key in keys]
    session.add_all(taken)
    session.flush()
    return Taken(wait, tuple(each.id for each in taken))


def give_back(session: Session, taken: Taken) -> None:
    """Count these tries no longer: they succeeded."""
    _delete(session, SignInTry.id.in_(taken.ids))


def forgive(session: Session, keys: Sequence[str]) -> None:
    """Forget every failure under these keys."""
    _delete(session, SignInTry.key.in_(keys))


def forget_old(session: Session, *, now: datetime) -> None:
    """Delete the tries that count no more."""
    _delete(session, SignInTry.at < now - KEPT)


def _delete(session: Session, which: object) -> None:
    session.execute(
        delete(SignInTry).where(which),  # type: ignore[arg-type]  # a condition
        execution_options={"synchronize_session": False},
    )
