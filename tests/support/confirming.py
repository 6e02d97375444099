"""A board whose agencies confirm their own results, for the tests of that way."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.models import Cycle, Membership, Return, Stage
from s11audit.queries.returns import return_by_id


def return_of(session: Session, cycle: Cycle, agency: str, stage: int = 1) -> Return:
    """The return of the agency of that name, as `return_by_id` loads it."""
    found = session.scalars(
        select(Return.id)
        .join(Stage)
        .join(Membership, Membership.id == Return.membership_id)
        .where(Stage.cycle_id == cycle.id, Stage.number == stage, Membership.name == agency)
    ).one()
    return return_by_id(session, found)
