"""Drafts the screenings of returns that came in, in the background.

The drafted lists are the record of how far the work is: a few are stored in each transaction, so
that a process that is killed loses those it was at, and the next goes on from there.
"""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Select

from s11audit.extensions import db
from s11audit.queries.screened import readings_of
from s11audit.queries.screening import not_drafted
from s11audit.services.drafting import draft_all
from s11audit.transactions import writing

TOGETHER = 25  # returns in a transaction
SECONDS = 40  # at the most in one sweep: mail and reminders wait behind it

logger = logging.getLogger(__name__)


def draft_waiting(now: datetime) -> int:
    """Draft the lists of submitted returns that have none, those sent in first first, for as long
    as one sweep may take. Returns how many were drafted. A return that cannot be read is told in
    the log and left for the next time."""
    return _draft(not_drafted(), now, time.monotonic() + SECONDS, lambda done, of: None)


def draft_stage(
    stage_id: int, *, now: datetime, told: Callable[[int, int], None] = lambda done, of: None
) -> int:
    """Draft the lists of a stage's submitted returns that have none, all of them, and return how
    many; `told` is called with how many of how many are done."""
    return _draft(not_drafted(stage_id), now, None, told)


def _draft(
    waiting: Select[int],
    now: datetime,
    until: float | None,
    told: Callable[[int, int], None],
) -> int:
    db.session.rollback()  # what is waiting now, not when the session last looked
    found: Sequence[int] = db.session.scalars(waiting).all()
    drafted = 0
    for first in range(0, len(found), TOGETHER):
        if until is not None and time.monotonic() > until:
            break
        some = found[first : first + TOGETHER]
        try:
            drafted += _together(some, now)
        except Exception:
            drafted += _one_by_one(some, now, until)
        told(first + len(some), len(found))
    return drafted


def _together(return_ids: Sequence[int], now: datetime) -> int:
    """Read these returns outside the write lock, and store their lists within it."""
    readings = readings_of(db.session, return_ids)
    with writing() as session:
        return draft_all(session, readings, now=now)


def _one_by_one(return_ids: Sequence[int], now: datetime, until: float | None) -> int:
    """Draft these lists each by itself, so that the one that cannot be read holds up no other."""
    drafted = 0
    for return_id in return_ids:
        try:
            drafted += _together([return_id], now)
        except Exception:
            if until is None:
                raise
            logger.exception("The return %s cannot be read for screening", return_id)
    return drafted
