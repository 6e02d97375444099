"""Finding things by the names that people type: at the command line and in files."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from s11audit.domain.enums import Basis
from s11audit.domain.errors import NotFound
from s11audit.models import Board, Cycle, Membership, Return, Stage, ToolVersion, name_key


def membership_named(session: Session, board_id: int, name: str) -> Membership:
    """Return the board's agency of that name, by NFC and casefold. Raises NotFound."""
    found = session.scalar(
        select(Membership).where(
            Membership.board_id == board_id, Membership.name_key == name_key(name)
        )
    )
    if found is None:
        raise NotFound(f"There is no agency “{name}” on this board.")
    return found


def cycle_named(session: Session, board_id: int, name: str) -> Cycle:
    """Return the board's cycle of that name, by NFC and casefold. Raises NotFound."""
    found = session.scalar(
        select(Cycle).where(Cycle.board_id == board_id, Cycle.name_key == name_key(name))
    )
    if found is None:
        raise NotFound(f"There is no cycle “{name}” on this board.")
    return found


def stage_numbered(session: Session, board_id: int, cycle: str, number: int) -> Stage:
    """Return the stage of that number of the board's cycle of that name. Raises NotFound."""
    found = cycle_named(session, board_id, cycle)
    stages = session.scalars(select(Stage).where(Stage.cycle_id == found.id))
    stage = next((each for each in stages if each.number == number), None)
    if stage is None:
        raise NotFound(f"The cycle “{found.name}” has no stage {number}.")
    return stage


def returns_by_stage(session: Session, cycle_id: int) -> list[tuple[Stage, int]]:
    """Return a cycle's stages in order, each with how many returns it has."""
    rows = session.execute(
        select(Stage, func.count(Return.id))
        .outerjoin(Return, Return.stage_id == Stage.id)
        .where(Stage.cycle_id == cycle_id)
        .group_by(Stage.id)
        .order_by(Stage.number)
    )
    return [(stage, count) for stage, count in rows]


def stored_tools(session: Session) -> list[tuple[ToolVersion, str | None]]:
    """Return every stored tool version with the short name of the board that it is for, or None
    where it serves every board."""
    rows = session.execute(
        select(ToolVersion, Board.slug)
        .outerjoin(Board, Board.id == ToolVersion.board_id)
        .order_by(ToolVersion.key, ToolVersion.version)
    )
    return [(version, board) for version, board in rows]


def stages_to_import(session: Session, board_id: int) -> list[Stage]:
    """Return the stages of a board that take imported returns, with their cycles, the latest
    cycle first: of basis agreed, not closed, not recorded history."""
    return list(
        session.scalars(
            select(Stage)
            .join(Stage.cycle)
            .where(
                Cycle.board_id == board_id,
                Cycle.recorded.is_(False),
                Cycle.basis == Basis.AGREED,
                Stage.closed_at.is_(None),
            )
            .order_by(Cycle.opened_at.desc(), Cycle.id.desc(), Stage.number)
            .options(joinedload(Stage.cycle))
        )
    )
