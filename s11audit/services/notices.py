"""Tells people by e-mail what happened to a return or its plan: one letter to each, through the
outbox, in the transaction of what happened."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from s11audit.domain.dates import london_today
from s11audit.domain.enums import Basis, Role
from s11audit.models import Return, User
from s11audit.queries.responses import board_people, colleagues
from s11audit.services import letters, outbox


def agency_people(
    session: Session, return_: Return, roles: Iterable[Role], now: datetime
) -> list[User]:
    """Return who holds one of these roles at the return's agency today."""
    wanted = set(roles)
    people = colleagues(session, return_.membership_id, london_today(now))
    return [person.user for person in people if wanted.intersection(person.roles)]


def panel(session: Session, return_: Return, roles: Iterable[Role], now: datetime) -> list[User]:
    """Return who holds one of these roles for the return's board today."""
    wanted = set(roles)
    people = board_people(session, return_.membership.board_id, london_today(now))
    return [person.user for person in people if wanted.intersection(person.roles)]


def tell(
    session: Session,
    people: Iterable[User],
    letter: str,
    occasion: str,
    return_: Return,
    *,
    path: str,
    now: datetime,
    **values: Any,
) -> int:
    """Queue the letter `templates/email/<letter>.txt` to each person and return how many were
    queued.

    `occasion` names what happened ("published:17:1"): nobody is written to twice about it.
    `path` is the page that the letter links to. The letter gets the return's agency, board, cycle
    and stage beside `values`. `return_` has membership, stage, cycle and board loaded.
    """
    cycle = return_.stage.cycle
    link = f"{session.info.get('base_url', '')}{path}"
    queued = 0
    for person in people:
        subject, body = letters.letter(
            letter,
            name=person.name,
            agency=return_.membership.name,
            board=cycle.board.name,
            cycle=cycle.name,
            stage=return_.stage.number,
            confirmed=cycle.basis is Basis.CONFIRMED,
            link=link,
            **values,
        )
        queued += outbox.queue(
            session,
            dedupe_key=f"{occasion}:{person.id}",
            to_email=person.email,
            subject=subject,
            body=body,
            board_id=cycle.board_id,
            now=now,
        )
    return queued
