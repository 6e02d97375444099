"""The list of a board's returns: filtered, sorted, by the page, in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, not_, select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Category, Participation, ReturnKind, ReturnState, Standing
from s11audit.models import Cycle, Membership, Return, Stage, ToolVersion, name_key
from s11audit.queries import progress
from s11audit.queries.agencies import has_category
from s11audit.queries.paging import Page, page_of
from s11audit.queries.returns import is_late, was_sent_back
from s11audit.queries.tools import in_scope, tool_of

PAGE_LENGTH = 50


class StateFilter(StrEnum):
    """What the list can be narrowed to by state: the states, and what matters beside them."""

    LATE = "late"
    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    SENT_BACK = "sent_back"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    RATED = "rated"
    CLOSED = "closed"


class Sort(StrEnum):
    """By what the list is sorted; equal ones by name."""

    NAME = "name"
    STATE = "state"
    DUE = "due"
    CATEGORY = "category"


@dataclass(frozen=True)
class ReturnFilter:
    """What the list of returns is narrowed to; None or an empty text leaves a part open."""

    stage_id: int | None = None
    state: StateFilter | None = None
    category: Category | None = None
    standing: Standing | None = None
    search: str = ""


@dataclass(frozen=True)
class ReturnRow:
    """One return as the list shows it. `done` of `standards` are complete."""

    return_id: int
    membership_id: int
    agency: str
    categories: tuple[Category, ...]
    participation: Participation
    state: ReturnState
    standing: Standing
    due_on: date
    first_due_on: date
    stage: int
    cycle: str
    sent_back: bool
    late_days: int
    done: int
    standards: int
    recorded: bool
    """Whether only its outcome was imported, so that it has no standards."""

    @property
    def extended(self) -> bool:
        """Whether the due date was moved."""
        return self.due_on != self.first_due_on


def list_returns(
    session: Session,
    board_id: int,
    wanted: ReturnFilter,
    today: date,
    *,
    sort: Sort = Sort.NAME,
    descending: bool = False,
    page: int = 1,
) -> Page[ReturnRow]:
    """Return one page of a board's returns, in at most six queries."""
    statement = _rows(today).where(Cycle.board_id == board_id, *_conditions(wanted, today))
    found = page_of(
        session,
        statement.order_by(*_order(sort, descending)),
        page=page,
        length=PAGE_LENGTH,
        rows=True,
    )
    done = _standards_done(session, found.items)
    rows = [_as_row(row, today, *done[row.id]) for row in found.items]
    return Page(rows, found.number, found.pages, found.total)


def _rows(today: date) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Return.id,
            Return.membership_id,
            Membership.name.label("agency"),
            Return.categories,
            Return.participation,
            Return.state,
            Return.standing,
            Return.due_on,
            Return.first_due_on,
            Return.kind,
            Stage.number.label("stage"),
            Stage.scope_standards,
            Cycle.name.label("cycle"),
            Cycle.tool_version_id,
            was_sent_back().label("sent_back"),
            is_late(today).label("late"),
        )
        .join(Return.membership)
        .join(Return.stage)
        .join(Stage.cycle)
    )


def _conditions(wanted: ReturnFilter, today: date) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.stage_id is not None:
        found.append(Return.stage_id == wanted.stage_id)
    if wanted.category is not None:
        found.append(has_category(Return.categories, wanted.category))
    if wanted.standing is not None:
        found.append(Return.standing == wanted.standing)
    if wanted.search:
        key = name_key(wanted.search)
        found.append(Membership.name_key.contains(key, autoescape=True))
    if wanted.state is not None:
        found.append(_in_state(wanted.state, today))
    return found


def _in_state(state: StateFilter, today: date) -> ColumnElement[bool]:
    if state is StateFilter.LATE:
        return is_late(today)
    if state is StateFilter.SENT_BACK:
        return was_sent_back()
    if state is StateFilter.IN_PROGRESS:
        return and_(Return.state == ReturnState.IN_PROGRESS, not_(was_sent_back()))
    return Return.state == ReturnState(state.value)


def _order(sort: Sort, descending: bool) -> list[Any]:
    places = {state: place for place, state in enumerate(ReturnState)}
    first: dict[Sort, Any] = {
        Sort.NAME: Membership.name_key,
        Sort.STATE: case(places, value=Return.state),
        Sort.DUE: Return.due_on,
        Sort.CATEGORY: Return.categories,
    }
    key = first[sort]
    return [
        key.desc() if descending else key.asc(),
        Membership.name_key,
        Cycle.opened_at.desc(),
        Stage.number,
        Return.id,
    ]


def _as_row(row: Row[Any], today: date, done: int, standards: int) -> ReturnRow:
    return ReturnRow(
        return_id=row.id,
        membership_id=row.membership_id,
        agency=row.agency,
        categories=row.categories,
        participation=row.participation,
        state=row.state,
        standing=row.standing,
        due_on=row.due_on,
        first_due_on=row.first_due_on,
        stage=row.stage,
        cycle=row.cycle,
        sent_back=bool(row.sent_back),
        late_days=(today - row.due_on).days if row.late else 0,
        done=done,
        standards=standards,
        recorded=row.kind is ReturnKind.RECORDED,
    )


def _standards_done(session: Session, rows: Sequence[Row[Any]]) -> dict[int, tuple[int, int]]:
    """Return for each return how many standards are complete, of how many. Only those that can be
    partly done are worked out: what was not begun has none, what was sent in has all."""
    versions = {
        version.id: version
        for version in session.scalars(
            select(ToolVersion).where(ToolVersion.id.in_({row.tool_version_id for row in rows}))
        )
    }
    drafts = (ReturnState.IN_PROGRESS, ReturnState.CLOSED)
    completed = progress.completed(session, [row.id for row in rows if row.state in drafts])
    found: dict[int, tuple[int, int]] = {}
    for row in rows:
        tool = tool_of(session, versions[row.tool_version_id])
        standards = in_scope(tool, row.categories, row.scope_standards)
        done = len(standards)
        if row.state is ReturnState.NOT_STARTED:
            done = 0
        elif row.state in drafts:
            done = completed[row.id]
        found[row.id] = (done, len(standards))
    return found
