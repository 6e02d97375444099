"""Reads of cycles and their stages."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from s11audit.domain.errors import NotFound
from s11audit.models import Cycle, Membership, Return, Stage
from s11audit.queries.agencies import is_current
from s11audit.queries.scopes import asks_anything, scope_of
from s11audit.queries.tools import tool_of
from s11audit.scoring.as_at import is_open


def cycles_of(session: Session, board_id: int) -> Sequence[Cycle]:
    """Return a board's cycles with stages and tool version, newest first, in two queries."""
    return session.scalars(
        select(Cycle)
        .options(selectinload(Cycle.stages), joinedload(Cycle.tool_version))
        .where(Cycle.board_id == board_id)
        .order_by(Cycle.recorded, Cycle.opened_at.desc(), Cycle.id.desc())
    ).all()


def cycle_on(session: Session, board_id: int, cycle_id: int) -> Cycle:
    """Return the cycle with its stages and tool version where it is the board's, else NotFound."""
    found = session.scalar(
        select(Cycle)
        .options(selectinload(Cycle.stages), joinedload(Cycle.tool_version))
        .where(Cycle.id == cycle_id, Cycle.board_id == board_id)
    )
    if found is None:
        raise NotFound("There is no such cycle on this board.")
    return found


def stage_on(session: Session, board_id: int, stage_id: int) -> Stage:
    """Return the stage with its cycle where it is the board's, else NotFound."""
    found = session.scalar(
        select(Stage)
        .join(Stage.cycle)
        .options(joinedload(Stage.cycle))
        .where(Stage.id == stage_id, Cycle.board_id == board_id)
    )
    if found is None:
        raise NotFound("There is no such stage on this board.")
    return found


def stages_of(session: Session, board_id: int) -> Sequence[Stage]:
    """Return every stage of a board with its cycle, the newest cycle first."""
    return session.scalars(
        select(Stage)
        .join(Stage.cycle)
        .options(joinedload(Stage.cycle))
        .where(Cycle.board_id == board_id)
        .order_by(Cycle.recorded, Cycle.opened_at.desc(), Cycle.id.desc(), Stage.number)
    ).all()


def current_stage(stages: Sequence[Stage], now: datetime) -> Stage | None:
    """Return the stage that a list shows at first, of `stages_of`: the earliest open one of the
    newest cycle that has one, since the next opens while it is still being chased; else the
    first of all."""
    for stage in stages:
        if is_open(stage.opens_on, stage.opened_at, stage.closed_at, now):
            return stage
    return stages[0] if stages else None


def who_could_join(session: Session, stage: Stage, today: date) -> Sequence[Membership]:
    """Return the board's current members without a return in the stage of which it would ask
    anything, by name."""
    asked = select(Return.membership_id).where(Return.stage_id == stage.id)
    members = session.scalars(
        select(Membership)
        .where(
            Membership.board_id == stage.cycle.board_id,
            is_current(today),
            Membership.id.not_in(asked),
        )
        .order_by(Membership.name_key, Membership.id)
    ).all()
    tool, scope = tool_of(session, stage.cycle.tool_version), scope_of(stage)
    return [each for each in members if asks_anything(tool, scope, each.categories)]
