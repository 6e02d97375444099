"""A board with agencies and a cycle of today, for the tests of the board office's pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.dates import london_today
from s11audit.domain.enums import Category, Participation, ReturnState, Role
from s11audit.domain.policy import OPERATOR
from s11audit.models import Board, Cycle, Membership, Response, Return, Stage, User
from s11audit.services import cycles
from tests import factories as make

CATEGORIES = tuple(Category)
STATES = (
    ReturnState.NOT_STARTED,
    ReturnState.IN_PROGRESS,
    ReturnState.SUBMITTED,
    ReturnState.IN_REVIEW,
    ReturnState.RATED,
)


@dataclass
class Office:
    """A board, its office, and a cycle whose returns are in every state."""

    board: Board
    office: User
    cycle: Cycle
    stages: list[Stage]
    members: list[Membership]
    returns: list[Return]
    today: date
    now: datetime

    @property
    def at(self) -> str:
        """The address of the board."""
        return f"/boards/{self.board.slug}"

    def in_state(self, state: ReturnState) -> Return:
        """The first return of stage 1 in that state."""
        return next(each for each in self.returns if each.state is state)


def an_office(session: Session, agencies: int = 5, *, late: bool = False) -> Office:
    """Make a board with so many agencies, its office, and a cycle of two stages open since a
    month; stage 1 is due in two weeks, or was due yesterday where `late`. Commits."""
    now = datetime.now(UTC)
    today = london_today(now)
    board = make.board(session)
    office = make.user(session, Role.OFFICE, board=board)
    members = [
        make.membership(
            session,
            board,
            f"Agency {number:04} of Harrowgate & Vale",
            categories=(CATEGORIES[number % 9],),
            participation=Participation.ADVISORY if number == 4 else Participation.FULL,
        )
        for number in range(agencies)
    ]
    due = today + timedelta(days=-1 if late else 14)
    cycle = cycles.open_cycle(
        session, OPERATOR, board.id, "Section 11 audit", "lancashire-2012",
        [due, today + timedelta(days=365)], include_advisory=True, now=now - timedelta(days=30),
    )  # fmt: skip
    stages = list(session.scalars(select(Stage).where(Stage.cycle_id == cycle.id)))
    returns = list(
        session.scalars(select(Return).where(Return.stage_id == stages[0].id).order_by(Return.id))
    )
    for number, each in enumerate(returns):
        each.state = STATES[number % 5]
        if each.state is ReturnState.IN_PROGRESS:
            session.add(Response(return_id=each.id, standard=1, statement="So far."))
    make.user(session, Role.LEAD, membership=members[0])
    session.commit()
    return Office(board, office, cycle, stages, members, returns, today, now)
