"""Reads of agencies' memberships."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from s11audit.domain.errors import NotFound
from s11audit.models import Membership


def membership_by_id(session: Session, membership_id: int) -> Membership:
    """Return the membership with its board. Raises NotFound. The caller checks the actor."""
    found = session.scalar(
        select(Membership)
        .options(joinedload(Membership.board))
        .where(Membership.id == membership_id)
    )
    if found is None:
        raise NotFound("There is no such agency.")
    return found
