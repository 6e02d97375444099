"""A return to be filled in, for journeys that need no more than one agency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from s11audit.domain.dates import london_today
from s11audit.domain.enums import Category, Role
from s11audit.domain.policy import Actor
from s11audit.models import Return
from s11audit.queries.returns import return_by_id
from s11audit.queries.tools import standards_asked
from s11audit.services import responses
from s11audit.services.responses import ResponseValues
from tests import factories as make


@dataclass(frozen=True)
class OneReturn:
    """The return, and its lead, who has the password factories.PASSWORD."""

    return_id: int
    email: str


def one_return(session: Session, *, filled: int = 0) -> OneReturn:
    """Make a board, an agency with a lead, and its return with the first standards filled in;
    commit it."""
    today = london_today(datetime.now(UTC))
    board = make.board(session, name="Thornmere Safeguarding Children Board")
    agency = make.membership(
        session, board, "Thornmere Borough Council", categories=(Category.COUNCIL,)
    )
    cycle = make.cycle(session, board, due=(today + timedelta(days=21),))
    lead = make.user(session, Role.LEAD, membership=agency, name="Amira Khan")
    return_ = return_by_id(session, make.return_(session, agency, cycle).id)
    _fill_in(session, return_, make.actor(session, lead, today), filled)
    session.commit()
    return OneReturn(return_.id, lead.email)


def _fill_in(session: Session, return_: Return, lead: Actor, filled: int) -> None:
    now = datetime.now(UTC)
    day = (london_today(now) - timedelta(days=30)).isoformat()
    for standard in standards_asked(session, return_)[:filled]:
        answers: dict[str, dict[str, object]] = {
            each.key: {"numerator": 118, "denominator": 126, "as_of": day}
            if each.kind == "percentage"
            else {"value": "met"}
            for each in standard.requirements
        }
        values = ResponseValues(
            statement=f"What we do about standard {standard.number}.",
            self_label="green",
            answers=answers,
        )
        responses.save_response(
            session, lead, return_.id, standard.number, values, based_on=0, now=now
        )
