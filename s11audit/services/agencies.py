"""Agencies on a board: adding, changing and ending memberships.

A later change of category or participation does not alter returns that were made already: each
keeps its own copy (domain rule 5).
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain import policy
from s11audit.domain.dates import in_words, london_today
from s11audit.domain.enums import Category, Duty, Participation, Role
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.policy import Actor, Can, Facts
from s11audit.domain.texts import one_line
from s11audit.models import Agency, FormerName, Membership, name_key
from s11audit.services import log


def add_membership(
    session: Session,
    actor: Actor,
    board_id: int,
    name: str,
    *,
    categories: Collection[Category],
    participation: Participation,
    duty: Duty,
    now: datetime,
) -> Membership:
    """Add an agency to a board under that name, from today, and return its membership.

    The agency is a new one: only an administrator joins the agencies of two boards into one.
    Raises Invalid for a name that is empty, too long or taken on the board (by NFC and casefold),
    and where there is no category.
    """
    role = policy.check(actor, Can.MANAGE_AGENCIES, Facts(board_id), sees=Can.SEE_BOARD)
    name, key = _free_name(session, board_id, name, None)
    agency = Agency(name=name, created_at=now)
    session.add(agency)
    session.flush()
    membership = Membership(
        board_id=board_id,
        agency_id=agency.id,
        name=name,
        name_key=key,
        categories=_categories(categories),
        participation=participation,
        duty=duty,
        starts_on=london_today(now),
    )
    session.add(membership)
    session.flush()
    _record(session, actor, role, "membership.added", membership, {}, _told(membership), now)
    return membership


def change_membership(
    session: Session,
    actor: Actor,
    membership_id: int,
    *,
    name: str,
    categories: Collection[Category],
    participation: Participation,
    duty: Duty,
    now: datetime,
) -> Membership:
    """Change how an agency takes part; returns that exist keep what they were made with.

    Nothing is written or logged where nothing differs. Raises Invalid as `add_membership`.
    """
    membership, role = _for_change(session, actor, membership_id)
    before = _told(membership)
    rename(session, membership, name, until=now)
    membership.categories = _categories(categories)
    membership.participation = participation
    membership.duty = duty
    after = _told(membership)
    changed = [field for field in after if after[field] != before[field]]
    if changed:
        session.flush()
        _record(
            session, actor, role, "membership.changed", membership,
            {field: before[field] for field in changed},
            {field: after[field] for field in changed}, now,
        )  # fmt: skip
    return membership


def rename(session: Session, membership: Membership, name: str, *, until: datetime) -> None:
    """Give a membership, which is locked, another name; what it was called stands in reports as
    at a moment before `until`, and in those of stages that were closed (domain rule 53). The
    caller checks the actor and logs. Raises Invalid as `add_membership`."""
    name, key = _free_name(session, membership.board_id, name, membership.id)
    if name != membership.name:
        session.add(FormerName(membership_id=membership.id, name=membership.name, until=until))
    membership.name, membership.name_key = name, key


def end_membership(
    session: Session, actor: Actor, membership_id: int, ends_on: date, *, now: datetime
) -> Membership:
    """End a membership: from the day `ends_on` the agency is not asked any more. Its returns and
    its people stay. Raises Invalid for a day before its start, Refused where it has ended."""
    membership, role = _for_change(session, actor, membership_id)
    if membership.ends_on is not None:
        raise Refused(f"This membership ended on {in_words(membership.ends_on)} already.")
    if ends_on < membership.starts_on:
        message = f"The end must be on or after its start, {in_words(membership.starts_on)}"
        raise Invalid(f"{message}.", {"ends_on": message})
    membership.ends_on = ends_on
    session.flush()
    _record(
        session, actor, role, "membership.ended", membership,
        {"ends_on": None}, {"ends_on": ends_on}, now,
    )  # fmt: skip
    return membership


def resume_membership(
    session: Session, actor: Actor, membership_id: int, *, now: datetime
) -> Membership:
    """Take an agency whose membership ended onto the board again, under the same membership."""
    membership, role = _for_change(session, actor, membership_id)
    if membership.ends_on is None:
        raise Refused("This membership has not ended.")
    before = membership.ends_on
    membership.ends_on = None
    session.flush()
    _record(
        session, actor, role, "membership.resumed", membership,
        {"ends_on": before}, {"ends_on": None}, now,
    )  # fmt: skip
    return membership


def _for_change(session: Session, actor: Actor, membership_id: int) -> tuple[Membership, Role]:
    found = session.scalar(
        select(Membership)
        .where(Membership.id == membership_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("There is no such agency.")
    facts = Facts(found.board_id)
    return found, policy.check(actor, Can.MANAGE_AGENCIES, facts, sees=Can.SEE_BOARD)


def _free_name(
    session: Session, board_id: int, name: str, membership_id: int | None
) -> tuple[str, str]:
    name = one_line(name, "name", "name of the agency", 200)
    key = name_key(name)
    if len(key) > 250:
        message = "The name of the agency must be 200 characters or fewer"
        raise Invalid(f"{message}.", {"name": message})
    other = session.execute(
        select(Membership.id, Membership.name, Membership.ends_on).where(
            Membership.board_id == board_id, Membership.name_key == key
        )
    ).one_or_none()
    if other is not None and other.id != membership_id:
        message = f"“{other.name}” is already on this board"
        if other.ends_on is not None:
            message = f"“{other.name}” was on this board until {in_words(other.ends_on)}"
            message += ": open it and start its membership again"
        raise Invalid(f"{message}.", {"name": message})
    return name, key


def _categories(categories: Collection[Category]) -> tuple[Category, ...]:
    if not categories:
        message = "Select at least one category"
        raise Invalid(f"{message}.", {"categories": message})
    return tuple(sorted({Category(each) for each in categories}))


def _told(membership: Membership) -> dict[str, Any]:
    return {
        "name": membership.name,
        "categories": [category.value for category in membership.categories],
        "participation": membership.participation.value,
        "duty": membership.duty.value,
    }


def _record(
    session: Session,
    actor: Actor,
    role: Role,
    what: str,
    membership: Membership,
    before: dict[str, Any],
    after: dict[str, Any],
    now: datetime,
) -> None:
    log.record(
        session, actor, role, what, "membership", membership.id,
        now=now, board_id=membership.board_id, before=before, after=after,
    )  # fmt: skip
