"""Cycles: opening one with the returns of all its stages, late joiners, closing a stage.

Every return that is made has a log row of its own ("return.made"), so that its history begins
with its beginning; the cycle has one with the counts. Both are written in bulk.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session, joinedload

from s11audit.domain import lifecycle, policy
from s11audit.domain.dates import in_words, london_today
from s11audit.domain.enums import Basis, ReturnKind, ReturnState, Role
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.lifecycle import Change
from s11audit.domain.policy import Actor, Can, Facts
from s11audit.domain.texts import one_line
from s11audit.models import Cycle, Membership, Return, Stage, name_key
from s11audit.queries.agencies import members_to_ask
from s11audit.queries.scopes import (
    EVERYTHING,
    NOBODY,
    Scope,
    asks_anything,
    check_scope,
    is_follow_up,
    scope_of,
)
from s11audit.queries.tools import tool_of
from s11audit.scoring.as_at import is_open, next_opening
from s11audit.services import carrying, log
from s11audit.services.tools import stored_version

MOST_STAGES = 3


def open_cycle(
    session: Session,
    actor: Actor,
    board_id: int,
    name: str,
    tool_key: str,
    due: Sequence[date],
    *,
    basis: Basis = Basis.AGREED,
    include_advisory: bool = False,
    scope: Scope = EVERYTHING,
    now: datetime,
) -> Cycle:
    """Open a cycle on the newest version of a tool and return it, with the returns of every stage
    for every current full member (and advisory ones where asked).

    `due` holds one to three due dates, ascending. Stage 1 opens at once; each other one opens the
    day after the stage before it is due, or by hand (domain rule 13). Only the operator may give
    dates that have passed, for cycles whose returns are imported. `scope` limits a cycle of one
    stage to chosen standards and categories (domain rule 25). Raises Invalid (name, due dates,
    scope) and NotFound (tool).
    """
    role = policy.check(actor, Can.MANAGE_CYCLES, Facts(board_id), sees=Can.SEE_BOARD)
    name, key = free_cycle_name(session, board_id, name)
    today = london_today(now)
    check_due_dates(due, None if actor.is_operator else today)
    version = stored_version(session, actor, tool_key, now=now, board_id=board_id)
    tool = tool_of(session, version)
    if not scope.is_everything and len(due) > 1:
        raise Refused("Only a cycle of one stage can be limited to chosen standards.")
    check_scope(tool, scope)
    cycle = Cycle(
        board_id=board_id,
        name=name,
        name_key=key,
        tool_version_id=version.id,
        basis=basis,
        include_advisory=include_advisory,
        opened_at=now,
    )
    session.add(cycle)
    session.flush()
    stages = [
        Stage(
            cycle_id=cycle.id,
            number=number,
            opens_on=today if number == 1 else next_opening(due[number - 2]),
            opened_at=now if number == 1 else None,
            due_on=day,
            scope_standards=scope.stored_standards,
            scope_categories=scope.stored_categories,
        )
        for number, day in enumerate(due, 1)
    ]
    session.add_all(stages)
    session.flush()
    everybody = members_to_ask(session, board_id, today, include_advisory=include_advisory)
    members = [each for each in everybody if asks_anything(tool, scope, each.categories)]
    if not members and not scope.is_everything:
        raise Invalid(f"{NOBODY}.", {"categories": NOBODY})
    rows = [return_row(stage, member, now) for stage in stages for member in members]
    log.record(
        session, actor, role, "cycle.opened", "cycle", cycle.id, now=now, board_id=board_id,
        after={
            "name": name, "tool": version.key, "version": version.version, "basis": basis.value,
            "due": list(due), "include_advisory": include_advisory, "agencies": len(members),
            "returns": len(rows), **scope.in_log,
        },
    )  # fmt: skip
    make_returns(session, actor, role, board_id, rows, now)
    return cycle


def open_stage(session: Session, actor: Actor, stage_id: int, *, now: datetime) -> Stage:
    """Open a stage by hand before its day; its returns get the kind that the ratings so far ask
    for (domain rule 20). Refused where it is open already or was closed."""
    stage, role = _for_change(session, actor, stage_id)
    if stage.closed_at is not None:
        raise Refused(f"Stage {stage.number} was closed and cannot be opened again.")
    if is_open(stage.opens_on, stage.opened_at, None, now):
        raise Refused(f"Stage {stage.number} is open already.")
    stage.opened_at = now
    log.record(
        session, actor, role, "stage.opened", "stage", stage.id,
        now=now, board_id=stage.cycle.board_id,
        before={"opens_on": stage.opens_on}, after={"opened_at": now},
    )  # fmt: skip
    carrying.set_kinds(session, actor, role, carrying.kinds_in(session, stage), now=now)
    return stage


def close_stage(session: Session, actor: Actor, stage_id: int, *, now: datetime) -> Stage:
    """Close a stage: nothing more is sent in. Returns that were not submitted and those that are
    rated are closed; one submitted or in review is closed by its publication (domain rule 10).

    Refused where it is closed already or has not opened yet.
    """
    stage, role = _for_change(session, actor, stage_id)
    if stage.closed_at is not None:
        raise Refused(f"Stage {stage.number} is closed already.")
    if not is_open(stage.opens_on, stage.opened_at, None, now):
        raise Refused(f"Stage {stage.number} has not opened yet.")
    stage.closed_at = now
    found = session.execute(
        select(Return.id, Return.state)
        .where(Return.stage_id == stage.id)
        .order_by(Return.id)
        .with_for_update()
    )
    closing = [
        (return_id, state) for return_id, state in found if lifecycle.allowed(Change.CLOSE, state)
    ]
    for state in {state for _, state in closing}:
        session.execute(
            update(Return)
            .where(Return.stage_id == stage.id, Return.state == state)
            .values(state=lifecycle.after(Change.CLOSE, state))
        )
    board_id = stage.cycle.board_id
    log.record(
        session, actor, role, "stage.closed", "stage", stage.id, now=now, board_id=board_id,
        after={"returns_closed": len(closing)},
    )  # fmt: skip
    for return_id, state in closing:
        log.record(
            session, actor, role, "return.closed", "return", return_id,
            now=now, board_id=board_id, return_id=return_id,
            before={"state": state.value}, after={"state": ReturnState.CLOSED.value},
        )  # fmt: skip
    session.flush()
    return stage


def add_late_joiner(
    session: Session,
    actor: Actor,
    stage_id: int,
    membership_id: int,
    *,
    due_on: date | None = None,
    now: datetime,
) -> Return:
    """Ask an agency that is not in the stage: it gets a return there, and one in each later stage
    of the cycle. Returns the one of this stage, due on `due_on` or with the stage.

    Raises Refused where the stage is closed, the membership is not current or has its return;
    Invalid where the due date has passed; NotFound for an agency of another board.
    """
    stage, role = _for_change(session, actor, stage_id)
    today = london_today(now)
    if stage.closed_at is not None:
        raise Refused(f"Stage {stage.number} is closed.")
    board_id = stage.cycle.board_id
    members = {member.id: member for member in members_to_ask(session, board_id, today)}
    member = members.get(membership_id)
    if member is None:
        raise NotFound("There is no such agency on this board now.")
    due = due_on or stage.due_on
    if due < today and not actor.is_operator:
        message = "The due date must be today or later"
        raise Invalid(f"{message}.", {"due_on": message})
    stages = session.scalars(
        select(Stage)
        .where(
            Stage.cycle_id == stage.cycle_id,
            Stage.number >= stage.number,
            Stage.closed_at.is_(None),
        )
        .order_by(Stage.number)
    ).all()
    asked = set(
        session.scalars(
            select(Return.stage_id)
            .join(Stage)
            .where(Stage.cycle_id == stage.cycle_id, Return.membership_id == member.id)
        )
    )
    if stage.id in asked:
        raise Refused(f"{member.name} already has a return in this stage.")
    tool = tool_of(session, stage.cycle.tool_version)
    if not asks_anything(tool, scope_of(stage), member.categories):
        raise Refused(f"Stage {stage.number} asks nothing of {member.name}: see its standards.")
    rows = [
        return_row(each, member, now)
        for each in stages
        if each.id not in asked and asks_anything(tool, scope_of(each), member.categories)
    ]
    rows[0] |= {"due_on": due, "first_due_on": due}
    if not asked:
        rows[0]["kind"] = ReturnKind.FULL
    ids = make_returns(session, actor, role, board_id, rows, now)
    return session.get_one(Return, ids[0])


def free_cycle_name(session: Session, board_id: int, name: str) -> tuple[str, str]:
    """Return the name of a new cycle and its key; Invalid where it is empty, long or taken."""
    name = one_line(name, "name", "name of the cycle", 100)
    key = name_key(name)
    taken = session.scalar(
        select(Cycle.id).where(Cycle.board_id == board_id, Cycle.name_key == key)
    )
    message = ""
    if len(key) > 150:
        message = "The name of the cycle must be 100 characters or fewer"
    elif taken is not None:
        message = f"There is already a cycle “{name}”"
    if message:
        raise Invalid(f"{message}.", {"name": message})
    return name, key


def check_due_dates(due: Sequence[date], today: date | None) -> None:
    """Raise Invalid unless `due` is one to three dates, each after the one before it, and after
    `today` where that is given. The problem's field is "due_1" to "due_3"."""
    if not 1 <= len(due) <= MOST_STAGES:
        message = f"Give one to {MOST_STAGES} due dates"
        raise Invalid(f"{message}.", {"due_1": message})
    for index, day in enumerate(due):
        message = ""
        if today is not None and day <= today:
            message = f"The due date of stage {index + 1} must be in the future"
        elif index and day <= due[index - 1]:
            message = (
                f"The due date of stage {index + 1} must be after that of stage {index}, "
                f"{in_words(due[index - 1])}"
            )
        if message:
            raise Invalid(f"{message}.", {f"due_{index + 1}": message})


def _for_change(session: Session, actor: Actor, stage_id: int) -> tuple[Stage, Role]:
    stage = session.scalar(
        select(Stage)
        .options(joinedload(Stage.cycle))
        .where(Stage.id == stage_id)
        .with_for_update(of=Stage)
        .execution_options(populate_existing=True)
    )
    if stage is None:
        raise NotFound("There is no such stage.")
    facts = Facts(stage.cycle.board_id)
    role = policy.check(actor, Can.MANAGE_CYCLES, facts, sees=Can.SEE_BOARD)
    if stage.cycle.recorded:
        raise Refused("This cycle is recorded history and cannot be changed.")
    return stage, role


def return_row(stage: Stage, member: Membership, now: datetime) -> dict[str, Any]:
    """Return a new return's columns: category and participation are copied now (rule 5). A stage
    that is limited to chosen standards asks them in full (rule 25)."""
    return {
        "stage_id": stage.id,
        "membership_id": member.id,
        "kind": ReturnKind.UPDATE if is_follow_up(stage) else ReturnKind.FULL,
        "state": ReturnState.NOT_STARTED,
        "categories": member.categories,
        "participation": member.participation,
        "first_due_on": stage.due_on,
        "due_on": stage.due_on,
        "made_at": now,
    }


def make_returns(
    session: Session,
    actor: Actor,
    role: Role,
    board_id: int,
    rows: Sequence[dict[str, Any]],
    now: datetime,
) -> list[int]:
    """Make returns of these columns, each with its row in the log; return their ids in order."""
    if not rows:
        return []
    ids = list(
        session.scalars(insert(Return).returning(Return.id, sort_by_parameter_order=True), rows)
    )
    _log_made(session, actor, role, board_id, zip(ids, rows, strict=True), now)
    return ids


def _log_made(
    session: Session,
    actor: Actor,
    role: Role,
    board_id: int,
    made: Iterable[tuple[int, dict[str, Any]]],
    now: datetime,
) -> None:
    for return_id, row in made:
        log.record(
            session, actor, role, "return.made", "return", return_id,
            now=now, board_id=board_id, return_id=return_id,
            after={
                "kind": row["kind"].value,
                "due_on": row["due_on"],
                "categories": [category.value for category in row["categories"]],
                "participation": row["participation"].value,
            },
        )  # fmt: skip
