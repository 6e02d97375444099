"""Decides, once a later stage has opened, of which kind its returns are."""

from datetime import datetime

from s11audit.domain.enums import Role
from s11audit.domain.policy import OPERATOR
from s11audit.extensions import db
from s11audit.services.carrying import kinds_to_decide, set_kinds
from s11audit.transactions import writing

A_BATCH = 50


def decide_kinds(now: datetime) -> int:
    """Give the returns of stages that have opened the kind that the ratings so far ask for, fifty
    in a transaction; return how many were changed. What is left after a kill is found again."""
    wanted = kinds_to_decide(db.session, now)
    db.session.rollback()
    changed = 0
    for first in range(0, len(wanted), A_BATCH):
        with writing() as session:
            batch = wanted[first : first + A_BATCH]
            changed += set_kinds(session, OPERATOR, Role.ADMIN, batch, now=now)
    return changed
