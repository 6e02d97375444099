"""Removing what a cycle holds once its retention has ended (domain rule 79).

Nothing goes by itself. The board office reads the list of what would go, and confirms that very
list. Ratings, dates and states stay, so that the board's figures stay as they were; words, people
and files go, and so does what the log holds of them, by the log's own door: an entry names it, and
the chain still proves. Files leave the store afterwards, by `jobs.scans`, as what a broken upload
left there does: a kill in between leaves no row that points at nothing.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from itertools import islice
from typing import Any

from sqlalchemy import JSON, delete, select, update
from sqlalchemy.orm import Session

from s11audit.domain import policy
from s11audit.domain.dates import in_words, london_today
from s11audit.domain.errors import Invalid, Refused
from s11audit.domain.policy import Actor, Can, Facts
from s11audit.domain.retention import LONGEST, is_past, kept_until
from s11audit.models import (
    Base,
    Blob,
    Cycle,
    Evidence,
    EvidenceUse,
    PendingUpload,
    ReplyEvidence,
    RetentionRun,
    Return,
    Stage,
    StatementPrint,
)
from s11audit.queries.cycles import cycle_on
from s11audit.queries.retention import (
    DELETED,
    MARK,
    Row,
    holds_words,
    last_closed,
    plan_of,
    rows_of,
)
from s11audit.services import log
from s11audit.services.log_payloads import Change, redact_all

_AT_ONCE = 300
CHANGED = (
    "What would be removed has changed since you read the list. Nothing was removed. Read the list "
    "again."
)


def set_years(
    session: Session,
    actor: Actor,
    board_id: int,
    cycle_id: int,
    years: int | None,
    *,
    now: datetime,
) -> None:
    """Keep what the cycle holds for so many years after its last stage was closed; None: for as
    long as the service's default says. Raises Invalid for a number that cannot be, NotFound,
    NotAllowed, and Refused once the contents are removed."""
    role = policy.check(actor, Can.RETAIN, Facts(board_id), sees=Can.SEE_BOARD)
    cycle = _locked(session, board_id, cycle_id)
    if years is not None and not 1 <= years <= LONGEST:
        message = f"Enter a number of years from 1 to {LONGEST}"
        raise Invalid(f"{message}.", {"years": message})
    if cycle.contents_removed_at:
        raise Refused("What this cycle held is removed already.")
    if cycle.retain_years == years:
        return
    before, cycle.retain_years = cycle.retain_years, years
    log.record(
        session, actor, role, "retention.years_set", "cycle", cycle.id, now=now,
        board_id=board_id, before={"years": before}, after={"years": years},
    )  # fmt: skip


def remove_contents(
    session: Session,
    actor: Actor,
    board_id: int,
    cycle_id: int,
    digest: str,
    *,
    default_years: int,
    now: datetime,
) -> RetentionRun:
    """Remove what the cycle holds, where `digest` is that of the list that was read, and return
    the record of it. Raises Refused before the retention has ended, where there is nothing to
    remove, and where the list has changed; NotFound, NotAllowed."""
    role = policy.check(actor, Can.RETAIN, Facts(board_id), sees=Can.SEE_BOARD)
    cycle = _locked(session, board_id, cycle_id)
    until = kept_until(last_closed(cycle), cycle.retain_years or default_years)
    if cycle.recorded or not is_past(until, london_today(now)):
        raise Refused("The retention of this cycle has not ended. Nothing was removed.")
    plan = plan_of(session, cycle)
    if plan.is_empty:
        raise Refused("There is nothing left to remove of this cycle.")
    if plan.digest != digest:
        raise Refused(CHANGED)
    mark = f"{MARK}{in_words(london_today(now))}]"
    rows = sorted(rows_of(session, cycle.id), key=lambda row: row.order)
    for row in rows:
        if row.table not in DELETED:
            _empty(session, row, mark, now)
    _delete(session, cycle.id, [row for row in rows if row.table in DELETED])
    _let_go(session, plan.files, now)
    redact_all(
        session, actor, role,
        (Change(log_id, {"before": {}, "after": {}}) for log_id in plan.entries),
        by="retention", reference=f"cycle {cycle.id}", now=now,
    )  # fmt: skip
    run = RetentionRun(
        cycle_id=cycle.id,
        made_at=now,
        by_id=actor.user_id,
        by_role=role.value,
        digest=digest,
        removed=dict(sorted(plan.removed.items())),
        kept=dict(sorted(plan.kept.items())),
        files=len(plan.files),
    )
    session.add(run)
    cycle.contents_removed_at = cycle.contents_removed_at or now
    session.flush()
    log.record(
        session, actor, role, "retention.removed", "cycle", cycle.id, now=now, board_id=board_id,
        after={"run": run.id, "digest": digest, "removed": run.removed, "kept": run.kept,
               "files": plan.files},
    )  # fmt: skip
    session.expire_all()
    return run


def _locked(session: Session, board_id: int, cycle_id: int) -> Cycle:
    session.scalar(select(Cycle.id).where(Cycle.id == cycle_id).with_for_update())
    return cycle_on(session, board_id, cycle_id)


def _empty(session: Session, row: Row, mark: str, now: datetime) -> None:
    """Put the mark in the place of the row's words."""
    table = Base.metadata.tables[row.table]
    values: dict[str, Any] = {}
    for name, text in row.texts.items():
        if not holds_words(text):
            continue
        kind = table.c[name].type
        if isinstance(kind, JSON):
            values[name] = _emptied(text, mark, now)
        else:
            values[name] = mark[: getattr(kind, "length", None) or len(mark)]
    if row.table == "theme_tag":
        values["passage_hash"] = sha256(f"{row.key[0]}:{mark}".encode()).hexdigest()
    elif row.table == "visit_member":
        values["email"] = f"{mark} {row.key[0]}"  # each once on a visit
    session.connection().execute(update(table).where(*_is(table, row.key)).values(values))


def _emptied(value: Any, mark: str, now: datetime) -> Any:
    """Return a frozen copy with its lists empty and its words gone."""
    if not isinstance(value, dict):
        return mark
    kept = {name: type(each)() for name, each in value.items() if isinstance(each, list | dict)}
    return {**kept, "removed_on": london_today(now).isoformat()}


def _delete(session: Session, cycle_id: int, rows: list[Row]) -> None:
    returns = select(Return.id).join(Return.stage).where(Stage.cycle_id == cycle_id)
    evidence = [row.key[0] for row in rows if row.table == "evidence"]
    for some in _some(evidence):
        for model in (EvidenceUse, ReplyEvidence):
            session.execute(delete(model).where(model.evidence_id.in_(some)))
        session.execute(
            update(Evidence).where(Evidence.carried_from_id.in_(some)).values(carried_from_id=None)
        )
    session.execute(delete(StatementPrint).where(StatementPrint.return_id.in_(returns)))
    for row in rows:
        table = Base.metadata.tables[row.table]
        session.connection().execute(delete(table).where(*_is(table, row.key)))


def _let_go(session: Session, files: list[str], now: datetime) -> None:
    """Forget the files that nothing uses any more, and note that the store is to lose them."""
    for some in _some(files):
        session.execute(delete(Blob).where(Blob.sha256.in_(some)))
        known = set(
            session.scalars(select(PendingUpload.sha256).where(PendingUpload.sha256.in_(some)))
        )
        session.add_all(
            PendingUpload(sha256=each, began_at=now) for each in some if each not in known
        )
    session.flush()


def _some(items: Iterable[Any]) -> Iterator[list[Any]]:
    waiting = iter(items)
    while found := list(islice(waiting, _AT_ONCE)):
        yield found


def _is(table: Any, key: tuple[Any, ...]) -> list[Any]:
    return [column == value for column, value in zip(table.primary_key.columns, key, strict=True)]
