"""Who is written to about an agency's return."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Role
from s11audit.models import Grant, User


def people_to_write_to(
    session: Session, membership_ids: Collection[int], today: date
) -> dict[int, list[User]]:
    """Return for each agency its leads, or its contributors where it has no lead, by name; an
    agency with nobody is left out. One query, whatever the number of agencies."""
    leads: dict[int, list[User]] = {}
    contributors: dict[int, list[User]] = {}
    for membership_id, role, person in session.execute(
        select(Grant.membership_id, Grant.role, User)
        .join(User, User.id == Grant.user_id)
        .where(
            Grant.membership_id.in_(membership_ids),
            Grant.ended_at.is_(None),
            or_(Grant.until.is_(None), Grant.until >= today),
            User.active.is_(True),
        )
        .order_by(User.name, User.id)
    ):
        group = leads if role is Role.LEAD else contributors
        assert membership_id is not None  # those of boards are not among the ids
        group.setdefault(membership_id, []).append(person)
    return contributors | leads
