"""What digests are composed of: who is to be written to, what waits for them, and of what they
were reminded already; for many people at once in a fixed number of queries (domain rule 14)."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from s11audit.domain.dates import london_today
from s11audit.domain.enums import AGENCY_ROLES, Basis, ReminderKind, Role
from s11audit.models import DigestChoice, Grant, Membership, Reminder, User
from s11audit.queries.board_work import allotted, office_work, plan_work
from s11audit.queries.owed import Owed, Place, owed_at_agencies


def people_after(session: Session, user_id: int, today: date, *, limit: int) -> list[User]:
    """Return the next people by id who hold a role today and have not turned digests off."""
    holds = exists().where(
        Grant.user_id == User.id,
        Grant.ended_at.is_(None),
        or_(Grant.until.is_(None), Grant.until >= today),
    )
    refused = exists().where(DigestChoice.user_id == User.id, DigestChoice.wanted.is_(False))
    return list(
        session.scalars(
            select(User)
            .where(User.id > user_id, User.active.is_(True), holds, ~refused)
            .order_by(User.id)
            .limit(limit)
        )
    )


def places_of(session: Session, user_ids: Collection[int], today: date) -> list[Place]:
    """Return the live roles of these people for boards and for agencies that are members today."""
    rows = session.execute(
        select(Grant, Membership)
        .outerjoin(Membership, Membership.id == Grant.membership_id)
        .where(
            Grant.user_id.in_(user_ids),
            Grant.ended_at.is_(None),
            or_(Grant.until.is_(None), Grant.until >= today),
            or_(Membership.ends_on.is_(None), Membership.ends_on >= today),
        )
        .order_by(Grant.id)
    )
    found = []
    for grant, member in rows:
        board_id = grant.board_id or (member.board_id if member else None)
        if board_id is not None:
            found.append(
                Place(
                    grant.user_id,
                    grant.role,
                    london_today(grant.granted_at),
                    board_id,
                    grant.membership_id,
                    member.agency_id if member else None,
                )
            )
    return found


def owed_by(session: Session, places: Sequence[Place], now: datetime) -> list[Owed]:
    """Return everything that waits for the people who hold these places: what is due by its
    date, the rest in the order of what it is."""
    at: dict[int, list[Place]] = {}
    for place in places:
        if place.membership_id is not None and place.role in AGENCY_ROLES:
            at.setdefault(place.membership_id, []).append(place)
    found = [
        *owed_at_agencies(session, at, now),
        *_of_boards(session, places, london_today(now)),
        *_to_rate(session, places),
    ]
    return sorted(
        found,
        key=lambda each: (
            each.user_id,
            each.due_on or date.max,
            list(ReminderKind).index(each.kind),
            each.agency,
            each.subject_id,
        ),
    )


def last_steps(
    session: Session, user_ids: Collection[int], first_due: date
) -> dict[tuple[int, ReminderKind, int, date], int]:
    """Return the latest step that each person was reminded of, by person, kind, subject and due
    date, for due dates from `first_due` on."""
    rows = session.execute(
        select(
            Reminder.user_id,
            Reminder.kind,
            Reminder.subject_id,
            Reminder.due_on,
            func.max(Reminder.step),
        )
        .where(Reminder.user_id.in_(user_ids), Reminder.due_on >= first_due)
        .group_by(Reminder.user_id, Reminder.kind, Reminder.subject_id, Reminder.due_on)
    )
    return {(user, kind, subject, due): step for user, kind, subject, due, step in rows}


def _of_boards(session: Session, places: Sequence[Place], today: date) -> Iterator[Owed]:
    qa = {place.board_id for place in places if place.role in (Role.QA, Role.CHAIR)}
    offices = {place.board_id for place in places if place.role is Role.OFFICE}
    by_qa = plan_work(session, qa, Basis.AGREED)
    by_office = plan_work(session, offices, Basis.CONFIRMED)
    run = office_work(session, offices, today)
    seen: set[tuple[int, int, ReminderKind]] = set()
    for place in places:
        own = {each.agency_id for each in places if each.user_id == place.user_id}
        if place.role in (Role.QA, Role.CHAIR):
            kind, counts = ReminderKind.VERIFY, by_qa.counts(place.board_id, own)
        elif place.role is Role.OFFICE:
            kind = ReminderKind.OFFICE
            counts = (*run.get(place.board_id, ()), *by_office.counts(place.board_id, own))
        else:
            continue
        key = (place.user_id, place.board_id, kind)
        if counts and key not in seen:
            seen.add(key)
            yield Owed(
                place.user_id, kind, place.board_id, place.board_id, since=place.since,
                counts=counts,
            )  # fmt: skip


def _to_rate(session: Session, places: Sequence[Place]) -> Iterator[Owed]:
    reviewers = {
        (place.user_id, place.board_id): place.since
        for place in places
        if place.role in (Role.QA, Role.CHAIR)
    }
    for user_id, board_id, number, since in allotted(session, {user for user, _ in reviewers}):
        if (user_id, board_id) in reviewers:
            yield Owed(
                user_id, ReminderKind.RATE, board_id, board_id,
                since=max(since, reviewers[user_id, board_id]),
                counts=(("rate", number),),
            )  # fmt: skip
