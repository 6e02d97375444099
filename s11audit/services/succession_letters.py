"""Tells people by e-mail what became of their agency."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from s11audit.domain.dates import london_today
from s11audit.domain.enums import Role, SuccessionKind
from s11audit.models import Membership, User
from s11audit.queries.responses import colleagues
from s11audit.scoring.words import listed
from s11audit.services import letters, outbox


def people_of(session: Session, memberships: Sequence[Membership], now: datetime) -> list[User]:
    """Return who is a lead or contributor at any of these agencies today, each once."""
    found: dict[int, User] = {}
    for membership in memberships:
        for person in colleagues(session, membership.id, london_today(now)):
            if {Role.LEAD, Role.CONTRIBUTOR}.intersection(person.roles):
                found[person.user.id] = person.user
    return list(found.values())


def tell_of_succession(
    session: Session,
    people: Sequence[User],
    membership: Membership,
    old_name: str,
    successors: Sequence[Membership],
    kind: SuccessionKind,
    on: date,
    *,
    now: datetime,
) -> None:
    """Queue one letter to each of these people about what became of an agency, `old_name` before
    it. Nobody is written to twice about it."""
    names = listed([each.name for each in successors])
    for person in people:
        subject, body = letters.letter(
            "agency_succeeded",
            name=person.name,
            agency=old_name,
            board=membership.board.name,
            successors=names,
            kind=kind.value,
            on=on,
            link=f"{session.info.get('base_url', '')}/",
        )
        outbox.queue(
            session,
            dedupe_key=f"succession:{membership.id}:{kind}:{on}:{now.isoformat()}:{person.id}",
            to_email=person.email,
            subject=subject,
            body=body,
            board_id=membership.board_id,
            now=now,
        )
