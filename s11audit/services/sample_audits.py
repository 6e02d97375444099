"""Sample audits: a stage that asks chosen standards of chosen categories (domain rule 25)."""

from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from s11audit.domain import policy
from s11audit.domain.dates import london_today
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.policy import Actor, Can, Facts
from s11audit.models import Cycle, Stage
from s11audit.queries.agencies import members_to_ask
from s11audit.queries.scopes import NOBODY, Scope, asks_anything, check_scope
from s11audit.queries.tools import tool_of
from s11audit.services import log
from s11audit.services.cycles import make_returns, return_row

LAST_NUMBER = 9


def add_sample_audit(
    session: Session,
    actor: Actor,
    cycle_id: int,
    *,
    due_on: date,
    scope: Scope,
    now: datetime,
) -> Stage:
    """Add a stage of that scope to a running cycle, open at once, with a return for each current
    member that it asks anything; return the stage. It takes the next number.

    Raises Invalid for a scope without standards, one that asks nobody, or a due date that has
    passed; Refused for recorded history and once a cycle has nine stages; NotFound.
    """
    cycle = session.scalar(
        select(Cycle)
        .where(Cycle.id == cycle_id)
        .options(joinedload(Cycle.tool_version))
        .with_for_update(of=Cycle)
    )
    if cycle is None:
        raise NotFound("There is no such cycle.")
    role = policy.check(actor, Can.MANAGE_CYCLES, Facts(cycle.board_id), sees=Can.SEE_BOARD)
    if cycle.recorded:
        raise Refused("This cycle is recorded history and cannot be changed.")
    tool = tool_of(session, cycle.tool_version)
    check_scope(tool, Scope(scope.standards or (), scope.categories))
    today = london_today(now)
    if due_on <= today:
        message = "The due date must be in the future"
        raise Invalid(f"{message}.", {"due_on": message})
    number = 1 + (
        session.scalar(select(func.max(Stage.number)).where(Stage.cycle_id == cycle_id)) or 0
    )
    if number > LAST_NUMBER:
        raise Refused(f"A cycle has at most {LAST_NUMBER} stages.")
    stage = Stage(
        cycle_id=cycle_id,
        number=number,
        opens_on=today,
        opened_at=now,
        due_on=due_on,
        scope_standards=scope.stored_standards,
        scope_categories=scope.stored_categories,
    )
    session.add(stage)
    session.flush()
    rows = [
        return_row(stage, member, now)
        for member in members_to_ask(
            session, cycle.board_id, today, include_advisory=cycle.include_advisory
        )
        if asks_anything(tool, scope, member.categories)
    ]
    if not rows:
        raise Invalid(f"{NOBODY}.", {"categories": NOBODY})
    log.record(
        session, actor, role, "stage.added", "stage", stage.id, now=now, board_id=cycle.board_id,
        after={"number": number, "due_on": due_on, "returns": len(rows), **scope.in_log},
    )  # fmt: skip
    make_returns(session, actor, role, cycle.board_id, rows, now)
    return stage
