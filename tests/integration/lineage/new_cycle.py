"""An agency in a new cycle on the other tool, after one that was sent in and rated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from s11audit.domain.enums import Category, Rag, Role
from s11audit.models import Board, Cycle, Membership, Return, User
from tests import factories as make
from tests.factories import NOW
from tests.integration.updates.second_year import publish
from tests.support.reviewing import sent_in


@dataclass
class NewCycle:
    """A board; the cycle before, sent in green and rated; the new cycle with an open return."""

    board: Board
    before: Cycle
    cycle: Cycle
    agency: Membership
    was: Return
    now: Return
    lead: User
    office: User


def new_cycle(
    session: Session,
    *,
    tool: str = "working-together-2023",
    ratings: dict[int, Rag] | None = None,
) -> NewCycle:
    """Standards 5 and 7 were rated amber, unless `ratings` says otherwise."""
    board = make.board(session)
    before = make.cycle(session, board, name="Audit 2023")
    before.opened_at = NOW - timedelta(days=1000)
    agency = make.membership(
        session, board, "Fellmere Health Trust", categories=(Category.NHS_PROVIDER,)
    )
    was = sent_in(session, agency, before, rag=Rag.GREEN)
    publish(session, was, {5: Rag.AMBER, 7: Rag.AMBER} if ratings is None else ratings)
    cycle = make.cycle(session, board, tool=tool, name="Audit 2026")
    now = make.return_(session, agency, cycle)
    found = NewCycle(
        board, before, cycle, agency, was, now,
        lead=make.user(session, Role.LEAD, membership=agency, name="Amira Khan"),
        office=make.user(session, Role.OFFICE, board=board, name="Olive Office"),
    )  # fmt: skip
    session.commit()
    return found
