"""Changing text wherever it stands: the one place that writes into rows which are otherwise only
added to (domain rule 80).

A look takes a value as a column or JSON holds it, and the membership that its row belongs to, and
returns the value as it is to stand and how many places of it changed. Rows are looked through
first, then each that holds something is locked, looked at again and changed.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import islice
from typing import Any

from sqlalchemy import JSON, String, delete, func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator

from s11audit.domain.enums import Role
from s11audit.domain.held import CODES, HELD, Held, columns_of
from s11audit.domain.policy import Actor
from s11audit.models import AuditPayload, Base, StatementPrint, Submission, name_key
from s11audit.queries.texts import payloads, text_rows
from s11audit.services import log_payloads

LOG = "audit_payload"
TEXTS = (Held.WORDS, Held.PERSON)
_AT_ONCE = 300
_CODE = re.compile(r"[A-Za-z0-9]+(?:[._:+-]+[A-Za-z0-9]+)*")  # one word, a day, a moment

Look = Callable[[Any, int | None], tuple[Any, int]]


@dataclass(frozen=True)
class Hit:
    """A row that holds something, and how often; `key` is the entry's id for the log."""

    table: str
    key: tuple[Any, ...]
    board_id: int | None
    membership_id: int | None
    count: int

    @property
    def place(self) -> str:
        """What the place is called to people."""
        return HELD[self.table].place


def find(
    session: Session, board_id: int | None, look: Look, *, kinds: tuple[Held, ...] = TEXTS
) -> list[Hit]:
    """Return every row of a board, or (None) of all, that holds something, the log's among them."""
    hits = [
        Hit(row.table, row.key, row.board_id, row.membership_id, count)
        for row in text_rows(session, board_id, *kinds)
        if (count := sum(look(text, row.membership_id)[1] for text in row.texts.values()))
    ]
    hits += [
        Hit(LOG, (entry.log_id,), entry.board_id, entry.membership_id, count)
        for entry in payloads(session, board_id)
        if (count := look(entry.document, entry.membership_id)[1])
    ]
    return hits


def change(
    session: Session,
    actor: Actor,
    role: Role | None,
    hits: Iterable[Hit],
    look: Look,
    *,
    kinds: tuple[Held, ...] = TEXTS,
    by: str,
    reference: str,
    now: datetime,
) -> dict[str, dict[str, int]]:
    """Change the rows that were found. Returns how many places were changed, by the board's id as
    text ("" for none) and by what they are called; `by` and `reference` are for the log."""
    counts: dict[str, Counter[str]] = {}
    entries: dict[int, int | None] = {}
    session.flush()
    for hit in hits:
        count = hit.count
        if hit.table == LOG:
            entries[hit.key[0]] = hit.membership_id
        else:
            count = _change_row(session, hit, look, kinds)
        if count:
            board = "" if hit.board_id is None else str(hit.board_id)
            counts.setdefault(board, Counter())[hit.place] += count
    log_payloads.redact_all(
        session, actor, role, _changes(session, entries, look), by=by, reference=reference, now=now
    )
    session.expire_all()
    return {board: dict(sorted(each.items())) for board, each in sorted(counts.items())}


def within(value: Any, mark: Callable[[str], tuple[str, int]], under: str = "") -> tuple[Any, int]:
    """Return a value as JSON holds it with every text in it marked, and how many places changed.
    What nobody wrote stays, by the name that it stands `under`: a child may be called Amber, and
    the rating is none of their name."""
    if isinstance(value, str):
        return (value, 0) if under in CODES and _CODE.fullmatch(value) else mark(value)
    if isinstance(value, dict):
        pairs = {name: within(each, mark, name) for name, each in value.items()}
        total = sum(count for _, count in pairs.values())
        return {name: each for name, (each, _) in pairs.items()}, total
    if isinstance(value, list | tuple):
        items = [within(each, mark, under) for each in value]
        return [each for each, _ in items], sum(count for _, count in items)
    return value, 0


def _changes(
    session: Session, entries: dict[int, int | None], look: Look
) -> Iterator[log_payloads.Change]:
    waiting = iter(entries)
    while some := list(islice(waiting, _AT_ONCE)):
        rows = session.execute(
            select(AuditPayload.log_id, AuditPayload.document)
            .where(AuditPayload.log_id.in_(some))
            .order_by(AuditPayload.log_id)
            .with_for_update()
        ).all()
        for log_id, document in rows:
            yield log_payloads.Change(log_id, look(json.loads(document), entries[log_id])[0])


def _change_row(session: Session, hit: Hit, look: Look, kinds: tuple[Held, ...]) -> int:
    table = Base.metadata.tables[hit.table]
    names = columns_of(hit.table, *kinds)
    same = [
        column == value for column, value in zip(table.primary_key.columns, hit.key, strict=True)
    ]
    connection = session.connection()
    row = connection.execute(
        select(*(table.c[name] for name in names)).where(*same).with_for_update()
    ).one_or_none()
    if row is None:
        return 0
    values: dict[str, Any] = {}
    total = 0
    for name, before in zip(names, row, strict=True):
        after, count = look(before, hit.membership_id)
        if count:
            values[name] = _fitting(table.c[name].type, after)
            total += count
    if values:
        values |= _with_it(session, hit, values)
        connection.execute(update(table).where(*same).values(values))
    return total


def _fitting(kind: Any, after: Any) -> Any:
    """Return the text, or the mark alone where the text became too long for its column."""
    plain = kind.impl_instance if isinstance(kind, TypeDecorator) else kind
    if isinstance(plain, JSON) or not isinstance(plain, String) or not plain.length:
        return after
    if len(after) <= plain.length:
        return after
    start = after.find("[")
    end = after.find("]", start) + 1
    return after[start:end][: plain.length] if 0 <= start < end else after[: plain.length]


def _with_it(session: Session, hit: Hit, values: dict[str, Any]) -> dict[str, Any]:
    """Return what else of the row changes with its text: keys that are made of it, and the version
    that tells a person who has the page open that it changed meanwhile."""
    table = Base.metadata.tables[hit.table]
    row_id = hit.key[0]
    more: dict[str, Any] = {}
    if hit.table in ("response", "visit_finding"):
        more["version"] = table.c.version + 1
    if hit.table in ("answer", "proposed_action"):
        response = Base.metadata.tables["response"]
        session.connection().execute(
            update(response).where(response.c.id == row_id).values(version=response.c.version + 1)
        )
    if hit.table == "submission" and "snapshot" in values:
        _forget_prints(session, row_id)
    if hit.table == "theme_tag" and "passage" in values:
        more["passage_hash"] = sha256(f"{row_id}:{values['passage']}".encode()).hexdigest()
    if hit.table in ("theme", "attendance") and "name" in values:
        numbered = f"{values['name']} {row_id}"[: getattr(table.c.name.type, "length", None)]
        if _is_taken(session, table, row_id, name_key(values["name"])):
            values["name"] = numbered
        more["name_key"] = name_key(values["name"])
    if hit.table == "visit_member" and "email" in values:
        more["email"] = f"{values['email']} {row_id}"
    return more


def _is_taken(session: Session, table: Any, row_id: int, key: str) -> bool:
    place = "board_id" if table.name == "theme" else "meeting_id"
    own = select(table.c[place]).where(table.c.id == row_id).scalar_subquery()
    return bool(
        session.connection().scalar(
            select(func.count())
            .select_from(table)
            .where(table.c[place] == own, table.c.id != row_id, table.c.name_key == key)
        )
    )


def _forget_prints(session: Session, submission_id: int) -> None:
    """Take away the hashes by which statements of a submission are found to be like others."""
    of = select(Submission.return_id).where(Submission.id == submission_id).scalar_subquery()
    session.execute(
        delete(StatementPrint)
        .where(StatementPrint.return_id == of)
        .execution_options(synchronize_session=False)
    )
