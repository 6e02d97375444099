"""Reads of the returns that the office chases."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.models import Board, Cycle, Membership, Return, Stage
from s11audit.queries.returns import is_late, still_out


@dataclass(frozen=True)
class Chaseable:
    """A return that is still out, with what a letter about it says."""

    return_id: int
    membership_id: int
    agency: str
    due_on: date
    cycle: str
    board: str


def returns_to_chase(
    session: Session, board_id: int, return_ids: Collection[int]
) -> list[Chaseable] | None:
    """Return those of the returns that are still out, by name of the agency, in two queries; None
    where one of them is not on the board."""
    wanted = set(return_ids)
    known = set(
        session.scalars(
            select(Return.id)
            .join(Membership)
            .where(Membership.board_id == board_id, Return.id.in_(wanted))
        )
    )
    if known != wanted:
        return None
    rows = session.execute(
        select(Return.id, Membership.id, Membership.name, Return.due_on, Cycle.name, Board.name)
        .join(Return.membership)
        .join(Return.stage)
        .join(Stage.cycle)
        .join(Cycle.board)
        .where(Return.id.in_(wanted), still_out())
        .order_by(Membership.name_key, Return.id)
    )
    return [Chaseable(*row) for row in rows]


def late_returns(session: Session, stage_id: int, today: date) -> list[int]:
    """Return the ids of a stage's late returns."""
    return list(
        session.scalars(
            select(Return.id)
            .join(Return.stage)
            .where(Return.stage_id == stage_id, is_late(today))
            .order_by(Return.id)
        )
    )
