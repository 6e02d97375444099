"""Importing a published compliance table as recorded history: every cell is kept as printed.

The cycle, its one stage, agencies and recorded returns are made where they are missing. What is
recorded already with the same cells is left alone; with other cells it is refused.
See docs/formats.md.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from s11audit.domain import policy
from s11audit.domain.dates import london_today
from s11audit.domain.enums import (
    Basis,
    Category,
    Compliance,
    Duty,
    Participation,
    ReturnKind,
    ReturnState,
    Role,
)
from s11audit.domain.errors import Invalid
from s11audit.domain.lifecycle import Change, after
from s11audit.domain.policy import Actor, Can, Facts
from s11audit.exchange.agencies import check_name, memberships_by_key, refuse_twice
from s11audit.exchange.plan import Plan, PlanLine, Progress, no_progress
from s11audit.exchange.reading import Faults, Line, quoted, read_lines
from s11audit.models import Cycle, Membership, RecordedOutcome, Return, Stage, name_key
from s11audit.scoring.compliance_table import recorded_row
from s11audit.services import agencies, log, tools

ORGANISATION = "Organisation"
# The published column and the part of `recorded_outcome` that keeps it.
CELLS: dict[str, str] = {
    "Survey Monkey Audit Completed": "completed",
    "Compliance (self-assessed)": "self_assessed",
    "Returned Agency Individual Action Plans": "plan_returned",
    "Outstanding Actions Completed": "actions_completed",
    "Issues being Monitored/Reviewed": "monitored",
    "Compliance (after follow-up)": "current",
}
COLUMNS = (ORGANISATION, *CELLS)
TOOL = "leicestershire-rutland-2011"
NOUN = ("recorded return", "recorded returns")
LONGEST_CYCLE_NAME = 100
_PARAMETERS = {
    "returned": "Survey Monkey Audit Completed",
    "initial": "Compliance (self-assessed)",
    "plan_returned": "Returned Agency Individual Action Plans",
    "actions_completed": "Outstanding Actions Completed",
    "monitored": "Issues being Monitored/Reviewed",
    "current": "Compliance (after follow-up)",
}


@dataclass(frozen=True)
class OutcomeRow:
    """One agency of the table: its cells by the name they are kept under."""

    row: int
    name: str
    cells: dict[str, str]
    advisory: bool

    @property
    def participation(self) -> Participation:
        """Advisory where the last column says so."""
        return Participation.ADVISORY if self.advisory else Participation.FULL


@dataclass(frozen=True)
class TablePlan:
    """The dry run: the rows to record, the cycle where there is one, and how it is told."""

    rows: tuple[OutcomeRow, ...]
    cycle: Cycle | None
    plan: Plan


def parse(data: bytes, file: str) -> list[OutcomeRow]:
    """Return what the file says, an agency a row. Raises ImportRefused with every fault."""
    _header, lines = read_lines(data, file, COLUMNS)
    faults = Faults(file)
    rows = [_row(line, faults) for line in lines]
    refuse_twice([(line.row, line[ORGANISATION]) for line in lines], ORGANISATION, faults)
    faults.raise_any()
    return [row for row in rows if row is not None]


def plan(
    session: Session, actor: Actor, board_id: int, cycle_name: str, data: bytes, file: str
) -> TablePlan:
    """Work out what importing the table would make; nothing is written.

    Raises ImportRefused with every fault of the file, and Invalid where the cycle of that name
    holds returns that agencies fill in.
    """
    policy.check(actor, Can.IMPORT, Facts(board_id), sees=Can.SEE_BOARD)
    rows = parse(data, file)
    cycle = _cycle(session, board_id, cycle_name)
    known = memberships_by_key(session, board_id)
    recorded = _recorded(session, cycle)
    faults = Faults(file)
    new: list[OutcomeRow] = []
    for row in rows:
        member = known.get(name_key(row.name))
        before = recorded.get(member.id) if member else None
        if before is None:
            new.append(row)
            continue
        for column, part in CELLS.items():
            if (was := getattr(before, part)) != row.cells[part]:
                cell = quoted(was) if was else "blank"
                faults.add(row.row, column, f"This is recorded as {cell} in this cycle already.")
    faults.raise_any()
    notes = [] if cycle else [f"make the cycle {' '.join(cycle_name.split())}"]
    notes += [f"row {row.row}: add the agency {row.name}" for row in new
              if name_key(row.name) not in known]  # fmt: skip
    return TablePlan(
        tuple(new),
        cycle,
        Plan(
            noun=NOUN,
            added=tuple(PlanLine(row.row, _told(row)) for row in new),
            unchanged=len(rows) - len(new),
            notes=tuple(notes),
        ),
    )


def apply(
    session: Session,
    actor: Actor,
    board_id: int,
    cycle_name: str,
    data: bytes,
    file: str,
    *,
    now: datetime,
    progress: Progress = no_progress,
) -> Plan:
    """Import the table and return what was done. All or nothing: raises ImportRefused or Invalid
    before anything is written."""
    role = policy.check(actor, Can.IMPORT, Facts(board_id), sees=Can.SEE_BOARD)
    planned = plan(session, actor, board_id, cycle_name, data, file)
    if not planned.rows:
        return planned.plan
    cycle = planned.cycle or _make_cycle(session, actor, role, board_id, cycle_name, now)
    cycle.recorded = True
    stage = _stage(session, cycle, now)
    known = memberships_by_key(session, board_id)
    for done, row in enumerate(planned.rows):
        progress(done, len(planned.rows))
        member = known.get(name_key(row.name)) or agencies.add_membership(
            session,
            actor,
            board_id,
            row.name,
            categories=(Category.OTHER,),
            participation=row.participation,
            duty=Duty.STATUTORY,
            now=now,
        )
        _record_outcome(session, actor, role, board_id, stage, member, row, now)
    log.record(
        session, actor, role, "import.compliance_table", "cycle", cycle.id, now=now,
        board_id=board_id, after={"file": file, "recorded": len(planned.rows)},
    )  # fmt: skip
    return planned.plan


def _row(line: Line, faults: Faults) -> OutcomeRow | None:
    name = check_name(line, ORGANISATION, faults)
    try:
        read = recorded_row(*(line[column] for column in CELLS))
    except Invalid as error:
        for parameter, reason in error.problems.items():
            faults.add(line.row, _PARAMETERS[parameter], f"{reason}.")
        return None
    if name is None:
        return None
    cells = {part: " ".join(line[column].split()) for column, part in CELLS.items()}
    return OutcomeRow(line.row, name, cells, read.current is Compliance.ADVISORY)


def _cycle(session: Session, board_id: int, name: str) -> Cycle | None:
    """Return the cycle of that name; Invalid where it holds other than recorded returns."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_CYCLE_NAME or len(name_key(name)) > 150:
        raise Invalid(
            f"The name of the cycle must be given, in {LONGEST_CYCLE_NAME} characters or fewer."
        )
    cycle = session.scalar(
        select(Cycle).where(Cycle.board_id == board_id, Cycle.name_key == name_key(name))
    )
    if cycle is None:
        return None
    others = session.scalar(
        select(func.count())
        .select_from(Return)
        .join(Stage)
        .where(Stage.cycle_id == cycle.id, Return.kind != ReturnKind.RECORDED)
    )
    if others:
        raise Invalid(
            f"The cycle “{cycle.name}” holds returns that agencies fill in. Give the table a cycle "
            "of its own."
        )
    return cycle


def _recorded(session: Session, cycle: Cycle | None) -> dict[int, RecordedOutcome]:
    """Return what the cycle's first stage has recorded, by membership."""
    if cycle is None:
        return {}
    rows = session.execute(
        select(Return.membership_id, RecordedOutcome)
        .join(RecordedOutcome, RecordedOutcome.return_id == Return.id)
        .join(Stage, Stage.id == Return.stage_id)
        .where(Stage.cycle_id == cycle.id, Stage.number == 1)
    )
    return dict(rows.all())


def _make_cycle(
    session: Session, actor: Actor, role: Role, board_id: int, name: str, now: datetime
) -> Cycle:
    name = " ".join(name.split())
    version = tools.stored_version(session, actor, TOOL, now=now, board_id=board_id)
    cycle = Cycle(
        board_id=board_id,
        name=name,
        name_key=name_key(name),
        tool_version_id=version.id,
        basis=Basis.CONFIRMED,
        include_advisory=True,
        recorded=True,
        opened_at=now,
    )
    session.add(cycle)
    session.flush()
    log.record(
        session, actor, role, "cycle.recorded", "cycle", cycle.id, now=now, board_id=board_id,
        after={"name": name, "tool": TOOL},
    )  # fmt: skip
    return cycle


def _stage(session: Session, cycle: Cycle, now: datetime) -> Stage:
    """Return the cycle's first stage, made where there is none, and closed: history asks nobody."""
    stage = session.scalar(select(Stage).where(Stage.cycle_id == cycle.id, Stage.number == 1))
    if stage is None:
        today = london_today(now)
        stage = Stage(cycle_id=cycle.id, number=1, opens_on=today, opened_at=now, due_on=today)
        session.add(stage)
    stage.closed_at = stage.closed_at or now
    session.flush()
    return stage


def _record_outcome(
    session: Session,
    actor: Actor,
    role: Role,
    board_id: int,
    stage: Stage,
    member: Membership,
    row: OutcomeRow,
    now: datetime,
) -> None:
    made = Return(
        stage_id=stage.id,
        membership_id=member.id,
        kind=ReturnKind.RECORDED,
        state=after(Change.CLOSE, ReturnState.NOT_STARTED),
        categories=member.categories,
        participation=Participation.ADVISORY if row.advisory else member.participation,
        first_due_on=stage.due_on,
        due_on=stage.due_on,
        made_at=now,
    )
    session.add(made)
    session.flush()
    session.add(RecordedOutcome(return_id=made.id, **row.cells))
    log.record(
        session, actor, role, "return.recorded", "return", made.id, now=now, board_id=board_id,
        return_id=made.id, after=row.cells,
    )  # fmt: skip


def _told(row: OutcomeRow) -> str:
    cells = (row.cells[part] or "blank" for part in CELLS.values())
    return f"{row.name}: {', '.join(cells)}"
