"""People of the demonstration join as anybody does: they are invited, and accept."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from s11audit.demonstration.people import DOMAIN, Person
from s11audit.domain.dates import london_today
from s11audit.domain.enums import Role
from s11audit.domain.policy import OPERATOR, Actor
from s11audit.queries.accounts import actor_for
from s11audit.services import accounts, invitations

YEARS_OF_SCRUTINY = 1
Place = tuple[Role, dict[str, Any]]
"""A role, and the argument of `accounts.invite` that says where it is held; none for an
administrator."""


def join(
    session: Session,
    person: Person,
    places: list[Place],
    password: str,
    *,
    today: datetime,
    now: datetime,
) -> Actor:
    """Invite a person to each of their roles, accept the invitations, and return the actor that
    they are. `password` is hashed; `today` is the day of the demonstration."""
    user = None
    until = london_today(today) + timedelta(days=365 * YEARS_OF_SCRUTINY)
    for role, place in places:
        _invitation, link = accounts.invite(
            session, OPERATOR, person.email, role, **place,
            name=person.name, until=until if role is Role.SCRUTINEER else None, now=now,
            by_mail=False,
        )  # fmt: skip
        token = link.rsplit("/", 1)[-1]
        if user is None:
            user = invitations.accept_as_new(session, token, person.name, password, now=now)
        else:
            invitations.accept(session, Actor(user.id, user.name, user.email), token, now=now)
    assert user is not None and user.email.endswith(DOMAIN)
    session.flush()
    return actor_for(session, user, london_today(now))
