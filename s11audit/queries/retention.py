"""What a cycle holds that goes when its retention ends (domain rule 79).

Which rows belong to a return follows from their required foreign keys, and which of their columns
hold words or people from `domain.held`: a new table of that kind is found without being named here.
"""

import json
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Integer,
    Select,
    Table,
    Text,
    cast,
    func,
    literal_column,
    null,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import Session, joinedload, selectinload

from s11audit.domain.held import HELD, Held, columns_of
from s11audit.models import (
    Action,
    AuditLog,
    AuditPayload,
    Base,
    Cycle,
    Evidence,
    Improvement,
    PaperEntry,
    RetentionRun,
    Return,
    Stage,
)
from s11audit.queries.open_improvements import is_open

_AT_ONCE = 300
MARK = "[removed on "
# Rows that go altogether, in the order in which they can; of the others the words go. Tables
# without words that hold nothing but what those rows are made of go with them.
DELETED = ("answer", "proposed_action", "evidence", "paper_entry", "screening_point")
# What the board's own reports print: why an agency is not counted, and themes without names.
_ORDER = {name: place for place, name in enumerate(HELD)}
STAYS = {"standing_change": ("reason",), "theme_tag": ("public_text",)}


@dataclass(frozen=True)
class Row:
    """One row that goes or loses words: its table, its key, and its texts by column."""

    table: str
    key: tuple[Any, ...]
    texts: dict[str, Any]

    @property
    def place(self) -> str:
        """What the place is called to people."""
        return HELD[self.table].place

    @property
    def order(self) -> tuple[int, tuple[Any, ...]]:
        """Its place in a total order, by table."""
        return _ORDER[self.table], self.key


@dataclass
class Plan:
    """What would be removed of a cycle, and what is kept since it is still open. Two plans with
    the same `digest` remove the same."""

    removed: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    rows: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """The hash of everything that would be removed, and of what is kept."""
        told = (self.rows, self.entries, self.files, sorted(self.kept.items()))
        return sha256(repr(told).encode()).hexdigest()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to remove."""
        return not (self.rows or self.entries or self.files)


def plan_of(session: Session, cycle: Cycle) -> Plan:
    """Return what would be removed of the cycle now, in four queries. A few hundred rows are in
    memory at a time, of each its key only."""
    plan = Plan()
    open_ones = open_improvements(session, cycle.id)
    for row in rows_of(session, cycle.id, open_ones):
        plan.rows.append((row.table, row.key))
        plan.removed[row.place] += 1
    plan.rows.sort(key=lambda each: (_ORDER[each[0]], each[1]))
    plan.entries = list(session.scalars(_entries(cycle.id)))
    if plan.entries:
        plan.removed[HELD["audit_payload"].place] = len(plan.entries)
    plan.files = files_of(session, cycle.id)
    if open_ones:
        plan.kept[f"{HELD['improvement'].place}, still open, with its actions"] = len(open_ones)
    return plan


def rows_of(
    session: Session, cycle_id: int, open_ones: Sequence[int] | None = None
) -> Iterator[Row]:
    """Yield every row of a cycle's returns that holds words or people and is not a mark already,
    and the letters that the board's service had sent when the cycle's last stage closed; in one
    query, in no order. Left out are the improvements that are still open (`open_ones`, where they
    are known), and their actions."""
    if open_ones is None:
        open_ones = open_improvements(session, cycle_id)
    places = [(name, columns_that_go(name)) for name in HELD if columns_that_go(name)]
    selects = [
        _selected(Base.metadata.tables[name], columns, _inside(name, cycle_id, open_ones))
        for name, columns in places
    ]
    letters = Base.metadata.tables["outbox"]
    places.append(("outbox", ["subject", "body"]))
    selects.append(_selected(letters, places[-1][1], _letters(letters, cycle_id)))
    keys = max(len(Base.metadata.tables[name].primary_key) for name, _columns in places)
    texts = max(len(columns) for _name, columns in places)
    parts = [
        select(literal_column(str(number)), *_filled(own, keys), *_filled(said, texts))
        .select_from(source)
        .where(*where)
        for number, (own, said, source, where) in enumerate(selects)
    ]
    found = session.connection().execute(union_all(*parts).execution_options(yield_per=_AT_ONCE))
    for number, *values in found:
        name, columns = places[number]
        row = _read(Base.metadata.tables[name], columns, values[:keys], values[keys:])
        if name in DELETED or any(holds_words(each) for each in row.texts.values()):
            yield row


_Selected = tuple[list[Any], list[Any], Any, list[Any]]


def _selected(table: Table, columns: list[str], inside: tuple[Any, list[Any]]) -> _Selected:
    """Return what of a table is selected: its keys, its texts, from what, and which rows."""
    source, where = inside
    return list(table.primary_key.columns), [table.c[name] for name in columns], source, where


def _filled(columns: list[Any], width: int) -> list[Any]:
    """Return the columns as text, and as many as are missing: tables of one query look alike."""
    missing = [null()] * (width - len(columns))
    return [cast(each, Text) for each in (*columns, *missing)]


def _read(table: Table, columns: list[str], keys: list[str], texts: list[str | None]) -> Row:
    """Return a row out of the texts that were selected of it."""
    own = tuple(
        int(value) if isinstance(column.type, Integer) else value
        for column, value in zip(table.primary_key.columns, keys, strict=False)
    )
    said = {
        name: json.loads(text)
        if text is not None and isinstance(table.c[name].type, JSON)
        else text
        for name, text in zip(columns, texts, strict=False)
    }
    return Row(table.name, own, said)


def columns_that_go(table: str) -> list[str]:
    """Return the columns of a table whose words go with the cycle that its rows belong to."""
    if way_to_return(table) is None:
        return []
    stays = STAYS.get(table, ())
    return [each for each in columns_of(table, Held.WORDS, Held.PERSON) if each not in stays]


def _letters(table: Table, cycle_id: int) -> tuple[Any, list[Any]]:
    closed = select(func.max(Stage.closed_at)).where(Stage.cycle_id == cycle_id)
    of_board = select(Cycle.board_id).where(Cycle.id == cycle_id)
    return table, [
        table.c.board_id == of_board.scalar_subquery(),
        table.c.sent_at <= closed.scalar_subquery(),
    ]


def holds_words(value: Any) -> bool:
    """Return whether a value of a column is more than nothing and not a mark already."""
    if isinstance(value, dict):
        return bool(value) and "removed_on" not in value
    return bool(value) and not str(value).startswith(MARK)


def files_of(session: Session, cycle_id: int) -> list[str]:
    """Return the files that only this cycle's returns use, by their SHA-256 in order."""
    found = session.execute(
        union(
            *(
                select(
                    model.blob_sha256, model.return_id.in_(_returns(cycle_id)).label("inside")
                ).where(model.blob_sha256.is_not(None))
                for model in (Evidence, PaperEntry)
            )
        )
    ).all()
    elsewhere = {file for file, inside in found if not inside}
    return sorted({file for file, inside in found if file and inside} - elsewhere)


def cycles_to_retain(session: Session, board_id: int) -> Sequence[Cycle]:
    """Return the board's own cycles, with their stages, the oldest first; imported history holds
    nothing that agencies wrote."""
    return session.scalars(
        select(Cycle)
        .options(selectinload(Cycle.stages))
        .where(Cycle.board_id == board_id, ~Cycle.recorded)
        .order_by(Cycle.opened_at, Cycle.id)
    ).all()


def runs_of(session: Session, cycle_ids: Sequence[int]) -> dict[int, list[RetentionRun]]:
    """Return what was removed of these cycles, by cycle, the newest first."""
    found: dict[int, list[RetentionRun]] = {}
    for run in session.scalars(
        select(RetentionRun)
        .options(joinedload(RetentionRun.by))
        .where(RetentionRun.cycle_id.in_(cycle_ids))
        .order_by(RetentionRun.made_at.desc(), RetentionRun.id.desc())
    ):
        found.setdefault(run.cycle_id, []).append(run)
    return found


def last_closed(cycle: Cycle) -> list[datetime | None]:
    """Return when each of the cycle's stages was closed."""
    return [stage.closed_at for stage in cycle.stages]


@cache
def way_to_return(table: str) -> tuple[str, ...] | None:
    """Return the required columns that lead from a table to its return; None where none do."""
    waiting: deque[tuple[Table, tuple[str, ...]]] = deque([(Base.metadata.tables[table], ())])
    seen = {table, "user"}
    while waiting:
        at, path = waiting.popleft()
        for column in sorted(at.columns, key=lambda each: each.name):
            for key in () if column.nullable else column.foreign_keys:
                onto = key.column.table
                if onto.name == "return":
                    return (*path, column.name)
                if onto.name not in seen:
                    seen.add(onto.name)
                    waiting.append((onto, (*path, column.name)))
    return None


def of_cycle(table: Table, cycle_id: int) -> tuple[Any, ColumnElement[bool]]:
    """Return what a statement on a table selects from, and the condition that its rows belong to
    returns of the cycle."""
    way = way_to_return(table.name)
    assert way is not None
    source: Any = table
    at: Any = table
    for name in way[:-1]:
        (key,) = at.c[name].foreign_keys
        onto = key.column.table.alias()
        source = source.join(onto, onto.c[key.column.name] == at.c[name])
        at = onto
    return source, at.c[way[-1]].in_(_returns(cycle_id))


def _inside(name: str, cycle_id: int, open_ones: Sequence[int]) -> tuple[Any, list[Any]]:
    """Return from what a table's rows are selected, and which: those of the cycle's returns."""
    table = Base.metadata.tables[name]
    source, inside = of_cycle(table, cycle_id)
    where: list[Any] = [inside]
    if name == "improvement":
        where.append(table.c.id.not_in(open_ones))
    elif name == "action":
        where.append(table.c.improvement_id.not_in(open_ones))
    elif name == "action_event":
        actions = select(Action.id).where(Action.improvement_id.in_(open_ones))
        where.append(table.c.action_id.not_in(actions))
    return source, where


def _returns(cycle_id: int) -> Any:
    return select(Return.id).join(Return.stage).where(Stage.cycle_id == cycle_id)


def open_improvements(session: Session, cycle_id: int) -> Sequence[int]:
    """Return the improvements of a cycle that are still open, in one query."""
    return session.scalars(
        select(Improvement.id)
        .join(Return, Return.id == Improvement.return_id)
        .join(Stage, Stage.id == Return.stage_id)
        .where(Stage.cycle_id == cycle_id, is_open())
        .order_by(Improvement.id)
    ).all()


def _entries(cycle_id: int) -> Select[Any]:
    """The log's entries of the cycle's returns that still hold a before or an after."""
    empty = '{"after":{},"before":{}}'
    return (
        select(AuditLog.id)
        .join(AuditPayload, AuditPayload.log_id == AuditLog.id)
        .where(AuditLog.return_id.in_(_returns(cycle_id)), AuditPayload.document != empty)
        .order_by(AuditLog.id)
    )
