"""Every text that the database holds, with the board and the agency that it belongs to.

What a table holds is said in `domain.held`; how a row belongs to a board follows from its foreign
keys, by the shortest way that does not lead over a person. Rows are read a few hundred at a time.
"""

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Column, Select, Table, and_, bindparam, null, select
from sqlalchemy.orm import Session

from s11audit.domain.held import HELD, Held, columns_of
from s11audit.models import AuditLog, Base, Membership, Return
from s11audit.models.audit_log import board_of, chain_of

_AT_ONCE = 300


@dataclass(frozen=True)
class TextRow:
    """One row that holds text: its table, its key, its texts by column (JSON as the value that it
    is), and the ids of the board and the membership that it belongs to, if any."""

    table: str
    key: tuple[Any, ...]
    texts: dict[str, Any]
    board_id: int | None
    membership_id: int | None


def text_rows(session: Session, board_id: int | None, *kinds: Held) -> Iterator[TextRow]:
    """Yield every row with a text of these kinds, of one board or (None) of all, with those that
    belong to no board, in a total order. The log is not among them: see `payloads`."""
    for name in HELD:
        columns = columns_of(name, *kinds)
        if not columns or name.startswith("audit_"):
            continue
        table = Base.metadata.tables[name]
        if board_id is not None and _way(name, "board") is None:
            continue
        found = session.connection().execute(
            _statement(name, columns, board_id is not None),
            {"board": board_id} if board_id is not None else {},
            execution_options={"yield_per": _AT_ONCE},
        )
        keys = len(table.primary_key.columns)
        for row in found:
            yield TextRow(
                name,
                tuple(row[:keys]),
                dict(zip(columns, row[keys:-2], strict=True)),
                row[-2],
                row[-1],
            )


@dataclass(frozen=True)
class Payload:
    """What one entry of the log holds: its document as JSON has it, and who made the change."""

    log_id: int
    board_id: int | None
    membership_id: int | None
    document: dict[str, Any]
    who: str


def payloads(session: Session, board_id: int | None) -> Iterator[Payload]:
    """Yield what the log of a board holds or (None) every log, in order."""
    payload = Base.metadata.tables["audit_payload"]
    statement = (
        select(
            AuditLog.id,
            AuditLog.chain,
            Return.membership_id,
            payload.c.document,
            payload.c.who,
        )
        .join(payload, payload.c.log_id == AuditLog.id)
        .outerjoin(Return, Return.id == AuditLog.return_id)
        .order_by(AuditLog.id)
        .execution_options(yield_per=_AT_ONCE)
    )
    if board_id is not None:
        statement = statement.where(AuditLog.chain == chain_of(board_id))
    for log_id, chain, membership_id, document, who in session.connection().execute(statement):
        yield Payload(log_id, board_of(chain), membership_id, json.loads(document), who)


def agency_names(session: Session, board_id: int | None) -> dict[int, str]:
    """Return the names of a board's agencies, or of all, by the id of their membership."""
    statement = select(Membership.id, Membership.name)
    if board_id is not None:
        statement = statement.where(Membership.board_id == board_id)
    return {each.id: each.name for each in session.execute(statement)}


@cache
def _statement(name: str, columns: tuple[str, ...], of_board: bool) -> Select[Any]:
    """Return the statement that reads these columns, put together once: of the board that is given
    as `board`, or of all."""
    table = Base.metadata.tables[name]
    keys = list(table.primary_key.columns)
    statement = select(*keys, *(table.c[name] for name in columns)).order_by(*keys)
    joined: dict[tuple[str, ...], Any] = {(): table}
    source: Any = table
    ends: list[Any] = []
    for goal in ("board", "membership"):
        way = _way(table.name, goal)
        if way is None:
            ends.append(None)
            continue
        # The last step is a column of the table before, which holds the id already.
        for depth in range(1, len(way)):
            path = way[:depth]
            if path in joined:
                continue
            link: Column[Any] = joined[path[:-1]].c[path[-1]]
            (key,) = link.foreign_keys
            onto = key.column.table.alias()
            joined[path] = onto
            source = source.outerjoin(onto, and_(onto.c[key.column.name] == link))
        ends.append(joined[way[:-1]].c[way[-1]] if way else table.c["id"])
    board, membership = ends
    statement = statement.add_columns(
        (board if board is not None else null()).label("of_board"),
        (membership if membership is not None else null()).label("of_membership"),
    ).select_from(source)
    if of_board and board is not None:
        statement = statement.where(board == bindparam("board"))
    return statement


@cache
def _way(table: str, goal: str) -> tuple[str, ...] | None:
    """Return the columns by which a table's rows belong to a board or a membership: the shortest
    way, over required columns before optional ones; None where there is none."""
    if table == goal:
        return ()
    for optional in (False, True):
        start: tuple[Table, tuple[str, ...]] = (Base.metadata.tables[table], ())
        waiting = deque([start])
        seen = {table, "user"}
        while waiting:
            at, path = waiting.popleft()
            for column in sorted(at.columns, key=lambda each: (bool(each.nullable), each.name)):
                if column.nullable and not optional:
                    continue
                for key in column.foreign_keys:
                    onto = key.column.table
                    if onto.name == goal:
                        return (*path, column.name)
                    if onto.name not in seen:
                        seen.add(onto.name)
                        waiting.append((onto, (*path, column.name)))
    return None
