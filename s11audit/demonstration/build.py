"""Loads the demonstration in one transaction: all of it is there, or nothing."""

from datetime import UTC, datetime, timedelta

from flask import current_app
from flask_security import hash_password
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from s11audit.adapters.storage import storage_at
from s11audit.demonstration import current_cycle, first_cycle, published, texts
from s11audit.demonstration.people import DOMAIN, LEAD_AGENCY, PASSWORD, PEOPLE, Person
from s11audit.demonstration.story import Story
from s11audit.demonstration.texts import Invented
from s11audit.domain.dates import london_today
from s11audit.domain.enums import Role
from s11audit.domain.errors import Refused
from s11audit.domain.policy import OPERATOR, Actor
from s11audit.exchange.plan import Progress, no_progress
from s11audit.extensions import db
from s11audit.models import AuditLog, Board, OutboxMessage, User
from s11audit.queries.accounts import actor_for
from s11audit.services import accounts, agencies, boards, log
from s11audit.transactions import writing

MARK = "demonstration.loaded"
YEARS_OF_SCRUTINY = 1
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
    began = now - BEGINNING
    board = boards.add_board(session, OPERATOR, told["slug"], told["name"], reply_days=0, now=began)
    story = Story(session, now, board.id)
    invented = texts.agencies()
    members = _add_agencies(story, invented, began)
    _add_people(story, invented, members, real, began)
    first_cycle.tell(story, invented, members)
    storage = storage_at(current_app.config["EVIDENCE_URL"])
    current_cycle.tell(story, invented, members, storage)
    story.play(progress)
    # Letters of the past were read long ago; the last days' wait in the outbox.
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.created_at < now - timedelta(days=5))
        .values(sent_at=OutboxMessage.created_at, attempts=1)
    )
    log.record(
        session, OPERATOR, Role.ADMIN, MARK, "installation", None, now=now, board_id=None,
        after={"boards": [*published.SLUGS, told["slug"]]},
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
    real: list[Board],
    now: datetime,
) -> None:
    """Open the accounts: those that are printed, and a lead for every agency."""
    password = hash_password(PASSWORD)
    by_name = {invented[number].name: membership for membership, number in members.items()}
    for person in PEOPLE:
        actor = _add_person(story, person, by_name, real, password, now)
        story.actors[person.account] = actor
    for agency in invented:
        if agency.name == LEAD_AGENCY:
            story.actors[agency.name] = story.actors["lead"]
            continue
        lead = Person(agency.account, agency.lead, ((Role.LEAD, agency.name),))
        story.actors[agency.name] = _add_person(story, lead, by_name, [], password, now)


def _add_person(
    story: Story,
    person: Person,
    memberships: dict[str, int],
    real: list[Board],
    password: str,
    now: datetime,
) -> Actor:
    """Invite a person to each of their roles and accept the invitations."""
    session, user = story.session, None
    until = london_today(story.now) + timedelta(days=365 * YEARS_OF_SCRUTINY)
    places = [
        (role, story.board_id if agency is None and role is not Role.ADMIN else None,
         memberships[agency] if agency else None)
        for role, agency in person.roles
    ]  # fmt: skip
    if person.everywhere:
        places += [(person.roles[0][0], board.id, None) for board in real]
    for role, board_id, membership_id in places:
        _invitation, link = accounts.invite(
            session,
            OPERATOR,
            person.email,
            role,
            board_id=board_id,
            membership_id=membership_id,
            name=person.name,
            until=until if role is Role.SCRUTINEER else None,
            now=now,
            by_mail=False,
        )
        token = link.rsplit("/", 1)[-1]
        if user is None:
            user = accounts.accept_as_new(session, token, person.name, password, now=now)
        else:
            accounts.accept(session, Actor(user.id, user.name, user.email), token, now=now)
    assert user is not None and user.email.endswith(DOMAIN)
    session.flush()
    return actor_for(session, user, london_today(now))
