"""Importing returns, a row for each agency and standard, into a stage of an agreed cycle.

Here the file is checked and planned; `imported_returns` stores what was planned. See
docs/formats.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from s11audit.domain import policy
from s11audit.domain.dates import london_today
from s11audit.domain.enums import (
    AskFor,
    Basis,
    Participation,
    Rag,
    ReturnState,
    Standing,
)
from s11audit.domain.errors import Invalid, NotFound
from s11audit.domain.policy import Actor, Can, Facts
from s11audit.domain.wording import in_words
from s11audit.exchange.agencies import memberships_by_key
from s11audit.exchange.imported_returns import ReturnPlan, import_return, write_responses
from s11audit.exchange.plan import Plan, PlanLine, Progress, no_progress
from s11audit.exchange.reading import Faults, quoted
from s11audit.exchange.return_rows import AgencyRows, StandardRow, listed_numbers, parse
from s11audit.models import Cycle, Membership, Return, Stage, name_key
from s11audit.queries.tools import in_scope, tool_of
from s11audit.scoring.words import counted, words_over
from s11audit.services import log
from s11audit.tools.schema import Standard, Tool

NOUN = ("return", "returns")


@dataclass(frozen=True)
class ReturnsPlan:
    """The dry run of a file: the stage, what is imported, and how it is told."""

    stage: Stage
    returns: tuple[ReturnPlan, ...]
    plan: Plan


def plan(
    session: Session,
    actor: Actor,
    board_id: int,
    cycle_name: str,
    stage_number: int,
    data: bytes,
    file: str,
    *,
    now: datetime,
) -> ReturnsPlan:
    """Work out what importing the file would add; nothing is written.

    Raises NotFound where there is no such cycle or stage, Invalid where it takes no import, and
    ImportRefused with every fault of the file.
    """
    policy.check(actor, Can.IMPORT, Facts(board_id), sees=Can.SEE_BOARD)
    stage = _stage(session, board_id, cycle_name, stage_number)
    tool = tool_of(session, stage.cycle.tool_version)
    faults = Faults(file)
    agencies = parse(data, faults, london_today(now))
    members = memberships_by_key(session, board_id)
    asked = {
        each.membership_id: each
        for each in session.scalars(select(Return).where(Return.stage_id == stage.id))
    }
    returns: list[ReturnPlan] = []
    for key, agency in agencies.items():
        return_ = _return_of(agency, members.get(key), asked, stage_number, faults)
        if return_ is not None:
            returns.append(_planned(return_, agency, stage, tool, faults))
    faults.raise_any()
    added = tuple(PlanLine(each.agency.first.row, _told(each)) for each in returns)
    return ReturnsPlan(stage, tuple(returns), Plan(noun=NOUN, added=added))


def apply(
    session: Session,
    actor: Actor,
    board_id: int,
    cycle_name: str,
    stage_number: int,
    data: bytes,
    file: str,
    *,
    now: datetime,
    progress: Progress = no_progress,
) -> Plan:
    """Import the file and return what was done. All or nothing: raises as `plan`, before anything
    is written."""
    role = policy.check(actor, Can.IMPORT, Facts(board_id), sees=Can.SEE_BOARD)
    planned = plan(session, actor, board_id, cycle_name, stage_number, data, file, now=now)
    stage = planned.stage
    tool = tool_of(session, stage.cycle.tool_version)
    locked = {
        each.id: each
        for each in session.scalars(
            select(Return)
            .where(Return.stage_id == stage.id)
            .options(joinedload(Return.membership))
            .with_for_update(of=Return)
            .execution_options(populate_existing=True)
        )
    }
    write_responses(session, tool, planned.returns, locked, now)
    for done, each in enumerate(planned.returns):
        progress(done, len(planned.returns))
        import_return(session, actor, role, board_id, tool, locked[each.return_id], each, file, now)
    log.record(
        session, actor, role, "import.returns", "stage", stage.id, now=now, board_id=board_id,
        after={"file": file, "returns": len(planned.returns)},
    )  # fmt: skip
    return planned.plan


def _stage(session: Session, board_id: int, cycle_name: str, number: int) -> Stage:
    cycle = session.scalar(
        select(Cycle).where(Cycle.board_id == board_id, Cycle.name_key == name_key(cycle_name))
    )
    if cycle is None:
        raise NotFound(f"There is no cycle {quoted(cycle_name)} on this board.")
    if cycle.recorded:
        raise Invalid(f"The cycle “{cycle.name}” is recorded history: it takes no returns.")
    if cycle.basis is not Basis.AGREED:
        raise Invalid(
            f"Returns can be imported into cycles of basis agreed only; “{cycle.name}” is of basis "
            f"{cycle.basis}."
        )
    stage = next((each for each in cycle.stages if each.number == number), None)
    if stage is None:
        raise NotFound(f"The cycle “{cycle.name}” has no stage {number}.")
    if stage.closed_at is not None:
        raise Invalid(f"Stage {number} of “{cycle.name}” is closed: it takes no returns.")
    return stage


def _return_of(
    agency: AgencyRows,
    member: Membership | None,
    asked: Mapping[int, Return],
    stage_number: int,
    faults: Faults,
) -> Return | None:
    """Return the agency's return that can be imported, or None with the fault noted."""
    row, name = agency.first.row, quoted(agency.name)
    if member is None:
        faults.add(row, "agency", f"There is no agency {name} on this board.")
        return None
    return_ = asked.get(member.id)
    if return_ is None:
        faults.add(row, "agency", f"{name} was not asked in stage {stage_number}.")
        return None
    if return_.standing is not Standing.ASKED:
        standing = in_words(return_.standing).lower()
        faults.add(row, "agency", f"The return of {name} is not asked for: it is {standing}.")
        return None
    if return_.state is not ReturnState.NOT_STARTED:
        state = in_words(return_.state).lower()
        faults.add(row, "agency", f"The return of {name} has already begun: it is {state}.")
        return None
    return return_


def _planned(
    return_: Return, agency: AgencyRows, stage: Stage, tool: Tool, faults: Faults
) -> ReturnPlan:
    """Check an agency's rows against what it is asked, and say where they lead."""
    asked = in_scope(tool, return_.categories, stage.scope_standards)
    applicable = {standard.number: standard for standard in asked}
    every = {standard.number for standard in tool.standards}
    rows: dict[int, StandardRow] = {}
    for row in agency.rows:
        if row.standard is None:
            continue
        if row.standard not in applicable:
            reason = (
                f"Standard {row.standard} does not apply to {quoted(agency.name)}."
                if row.standard in every
                else f"The tool has no standard {row.standard}."
            )
            faults.add(row.row, "standard", reason)
            continue
        rows[row.standard] = row
        _check_row(row, applicable[row.standard], tool, return_, faults)
    submitted = agency.submitted_on is not None
    if submitted and not agency.any_wrong("standard"):
        missing = applicable.keys() - {row.standard for row in agency.rows}
        if missing:
            faults.add(
                agency.first.row,
                "standard",
                f"A submitted return needs a row for every standard that applies: "
                f"{quoted(agency.name)} has none for {listed_numbers(missing)}.",
            )
    agreed = [number for number in applicable if number in rows and rows[number].agreed]
    return ReturnPlan(return_.id, agency, rows, _target(submitted, len(agreed), len(applicable)))


def _target(submitted: bool, agreed: int, applicable: int) -> ReturnState:
    if not submitted:
        return ReturnState.IN_PROGRESS
    if not agreed:
        return ReturnState.SUBMITTED
    return ReturnState.RATED if agreed == applicable else ReturnState.IN_REVIEW


def _check_row(
    row: StandardRow, standard: Standard, tool: Tool, return_: Return, faults: Faults
) -> None:
    absent = tool.self_rating_for(standard) is AskFor.ABSENT
    if "self_rating" not in row.wrong:
        if absent and row.self_rag is not None:
            faults.add(row.row, "self_rating", "This standard takes no self rating.")
        if not absent and row.submitted_on is not None and row.self_rag is None:
            faults.add(
                row.row, "self_rating", "A submitted return needs a self rating for each standard."
            )
    if row.self_rag is Rag.NA and row.submitted_on is not None and not row.statement:
        faults.add(row.row, "statement", "A self rating of na needs its reason in the statement.")
    over = words_over(row.statement, tool.statement_limit)
    if over:
        faults.add(
            row.row,
            "statement",
            f"This is {counted(over, 'word', 'words')} over the limit of {tool.statement_limit}.",
        )
    if row.agreed is not None and return_.participation is Participation.ADVISORY:
        faults.add(
            row.row,
            "agreed_rating",
            f"{quoted(row.agency)} takes part in an advisory role and is not rated.",
        )


def _told(each: ReturnPlan) -> str:
    parts = [f"{each.agency.name}: {counted(len(each.rows), 'standard', 'standards')}"]
    if each.agency.submitted_on:
        parts.append(f"submitted on {each.agency.submitted_on.isoformat()}")
    agreed = sum(1 for row in each.rows.values() if row.agreed)
    if agreed:
        parts.append(counted(agreed, "agreed rating", "agreed ratings"))
    return f"{', '.join(parts)}; then {in_words(each.target).lower()}"
