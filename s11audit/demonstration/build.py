"""Loads the demonstration in one transaction: all of it is there, or nothing."""

from datetime import UTC, datetime, timedelta

from flask import current_app
from flask_security import hash_password
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from s11audit.adapters.storage import storage_at
from s11audit.demonstration import (
    agencies_change,
    current_cycle,
    first_cycle,
    meetings,
    published,
    recruitment,
    second_board,
    texts,
    themes,
    visiting,
    years,
)
from s11audit.demonstration.joining import Place, join
from s11audit.demonstration.people import LEAD_AGENCY, PASSWORD, PEOPLE, Person
from s11audit.demonstration.story import Story
from s11audit.demonstration.texts import Invented
from s11audit.domain.enums import Role
from s11audit.domain.errors import Refused
from s11audit.domain.policy import OPERATOR
from s11audit.exchange.plan import Progress, no_progress
from s11audit.extensions import db
from s11audit.models import AuditLog, Board, OutboxMessage, User
from s11audit.services import agencies, boards, log
from s11audit.transactions import writing

MARK = "demonstration.loaded"
BEGINNING = timedelta(days=400)


def load(progress: Progress = no_progress, *, now: datetime | None = None) -> bool:
    """Load the demonstration and return True, or False where it is loaded already.

    Needs an application context. Raises Refused for a database that holds anything else.
    """
    if is_loaded(db.session):
        return False
    with writing() as session:
        if is_loaded(session):
            return False
        if session.scalar(select(Board.id).limit(1)) or session.scalar(select(User.id).limit(1)):
            raise Refused(
                "This database holds boards or people that are not the demonstration's, so nothing "
                "was loaded. Set S11AUDIT_DATA to an empty folder for the demonstration."
            )
        _load(session, now or datetime.now(UTC), progress)
    return True


def is_loaded(session: Session) -> bool:
    """Return whether the database was made by the demonstration."""
    return session.scalar(select(AuditLog.id).where(AuditLog.what == MARK).limit(1)) is not None


def _load(session: Session, now: datetime, progress: Progress) -> None:
    real = [
        published.add_leicestershire(session, now),
        published.add_lancashire(session, now),
    ]
    told = texts.document("fellmere.yaml")["board"]
    began, password = now - BEGINNING, hash_password(PASSWORD)
    board = boards.add_board(session, OPERATOR, told["slug"], told["name"], reply_days=0, now=began)
    second = second_board.add(session, began)
    story = Story(session, now, board.id)
    invented = texts.agencies()
    members = _add_agencies(story, invented, began)
    _add_people(story, invented, members, [*real, second], password, began)
    storage = storage_at(current_app.config["EVIDENCE_URL"])
    first_cycle.tell(story, invented, members)
    current_cycle.tell(story, invented, members, storage)
    years.tell(story, invented, members)
    recruitment.tell(story, invented, members)
    agencies_change.tell(story, invented, members)
    visiting.tell(story, invented, password)
    themes.tell(story, invented)
    meetings.tell(story, invented, members)
    second_board.tell(story, second, password)
    story.play(progress)
    # Letters of the past were read long ago; the last days' wait in the outbox.
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.created_at < now - timedelta(days=5))
        .values(sent_at=OutboxMessage.created_at, attempts=1)
    )
    log.record(
        session, OPERATOR, Role.ADMIN, MARK, "installation", None, now=now, board_id=None,
        after={"boards": [*published.SLUGS, told["slug"], second_board.SLUG]},
    )  # fmt: skip


def _add_agencies(story: Story, invented: list[Invented], now: datetime) -> dict[int, int]:
    """Add the agencies and return the number of each by its membership."""
    return {
        agencies.add_membership(
            story.session,
            OPERATOR,
            story.board_id,
            agency.name,
            categories=agency.categories,
            participation=agency.participation,
            duty=agency.duty,
            now=now,
        ).id: agency.number
        for agency in invented
    }


def _add_people(
    story: Story,
    invented: list[Invented],
    members: dict[int, int],
    others: list[Board],
    password: str,
    now: datetime,
) -> None:
    """Open the accounts: those that are printed, and a lead for every agency. Who belongs to
    another board, or visits, joins there."""
    by_name = {invented[number].name: membership for membership, number in members.items()}
    for person in PEOPLE:
        if not all(agency in (None, *by_name) for _role, agency in person.roles):
            continue
        if any(role is Role.VISITOR for role, _agency in person.roles):
            continue
        places = [(role, _place(story, role, agency, by_name)) for role, agency in person.roles]
        if person.everywhere:
            places += [(person.roles[0][0], {"board_id": board.id}) for board in others]
        story.actors[person.account] = join(
            story.session, person, places, password, today=story.now, now=now
        )
    for agency in invented:
        if agency.name == LEAD_AGENCY:
            story.actors[agency.name] = story.actors["lead"]
            continue
        lead = Person(agency.account, agency.lead, ((Role.LEAD, agency.name),))
        at: list[Place] = [(Role.LEAD, {"membership_id": by_name[agency.name]})]
        story.actors[agency.name] = join(
            story.session, lead, at, password, today=story.now, now=now
        )


def _place(
    story: Story, role: Role, agency: str | None, memberships: dict[str, int]
) -> dict[str, int]:
    if role is Role.ADMIN:
        return {}
    return {"membership_id": memberships[agency]} if agency else {"board_id": story.board_id}
