"""Carrying over from one stage of a cycle to the next (domain rule 20).

What is carried over is stored when the agency begins its return. Until then the kind of the return
is all that is kept, so that lists can tell it. Both may be done again at any time.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import delete, exists, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from s11audit.domain.dates import london_today
from s11audit.domain.enums import Ask, ReturnKind, ReturnState, Role
from s11audit.domain.policy import Actor
from s11audit.models import Cycle, Evidence, EvidenceUse, Response, Return, Stage
from s11audit.queries import carrying as read
from s11audit.queries.responses import responses_of
from s11audit.queries.scopes import is_follow_up
from s11audit.queries.tools import in_scope, standards_asked, tool_of
from s11audit.scoring.carrying import asks, kind_of
from s11audit.services import log


def carry_over(
    session: Session, actor: Actor, role: Role, return_: Return, *, now: datetime
) -> None:
    """Store what a return carries over and of which kind it is. `return_` is locked and has not
    been begun; what an earlier call stored is replaced where other ratings count now."""
    carried = read.carried_for(session, return_)
    held = responses_of(session, return_.id)
    how = {number: each.ask for number, each in carried.items()}
    standards = [each.number for each in standards_asked(session, return_)]
    kind = kind_of([how.get(number, Ask.FULL) for number in standards])
    if return_.kind is kind and not _is_new(carried, held):
        return
    drop_carried_evidence(session, return_)
    for number, each in carried.items():
        response = held.get(number)
        if response is None:
            response = Response(return_id=return_.id, standard=number, version=0)
            session.add(response)
        response.answers = []
        session.flush()
        read.fill(response, each)
    session.flush()
    stored = responses_of(session, return_.id)
    _copy_evidence(session, return_, carried, stored, now)
    set_kind(return_, kind)
    log.record_for(
        session, return_, actor, role, "return.carried_over", now=now,
        after={
            "kind": return_.kind,
            "asked": {str(number): how.get(number, Ask.FULL).value for number in standards},
        },
    )  # fmt: skip
    session.flush()


def kinds_to_decide(session: Session, now: datetime) -> list[tuple[int, ReturnKind]]:
    """Return those returns of later stages that have opened and were not begun whose kind is
    another than the ratings so far ask for, with that kind. Three queries a stage."""
    stages = session.scalars(
        select(Stage)
        .join(Stage.cycle)
        .where(
            Stage.number > 1,
            Stage.closed_at.is_(None),
            or_(Stage.opens_on <= london_today(now), Stage.opened_at.is_not(None)),
            Cycle.recorded.is_(False),
            exists().where(Return.stage_id == Stage.id, Return.state == ReturnState.NOT_STARTED),
        )
        .order_by(Stage.id)
        .options(contains_eager(Stage.cycle).joinedload(Cycle.tool_version))
    ).all()
    return [each for stage in stages for each in kinds_in(session, stage)]


def kinds_in(session: Session, stage: Stage) -> list[tuple[int, ReturnKind]]:
    """Return those returns of a stage that were not begun whose kind is another than the ratings
    so far ask for, with that kind."""
    if not is_follow_up(stage):
        return []
    rows = session.execute(
        select(Return.id, Return.membership_id, Return.categories, Return.kind)
        .where(
            Return.stage_id == stage.id,
            Return.state == ReturnState.NOT_STARTED,
            Return.kind != ReturnKind.RECORDED,
        )
        .order_by(Return.id)
    ).all()
    rags = read.rags_so_far(session, stage, [row.membership_id for row in rows])
    tool = tool_of(session, stage.cycle.tool_version)
    found = []
    for row in rows:
        own = rags.get(row.membership_id, {})
        numbers = [each.number for each in in_scope(tool, row.categories, stage.scope_standards)]
        kind = kind_of(list(asks(numbers, own, own).values()))
        if kind is not row.kind:
            found.append((row.id, kind))
    return found


def set_kinds(
    session: Session,
    actor: Actor,
    role: Role | None,
    kinds: Iterable[tuple[int, ReturnKind]],
    *,
    now: datetime,
) -> int:
    """Give these returns their kinds, those aside that have been begun meanwhile; return how many
    were changed. What the kind is of is decided again when the agency begins."""
    wanted = dict(kinds)
    found = session.scalars(
        select(Return)
        .where(Return.id.in_(wanted), Return.state == ReturnState.NOT_STARTED)
        .order_by(Return.id)
        .options(joinedload(Return.membership))
        .with_for_update(of=Return)
        .execution_options(populate_existing=True)
    ).all()
    changed = [each for each in found if each.kind is not wanted[each.id]]
    for return_ in changed:
        log.record_for(
            session, return_, actor, role, "return.kind_decided", now=now,
            before={"kind": return_.kind}, after={"kind": wanted[return_.id]},
        )  # fmt: skip
        return_.kind = wanted[return_.id]
    session.flush()
    return len(changed)


def _is_new(carried: Mapping[int, read.Carried], held: Mapping[int, Response]) -> bool:
    """Whether what is stored is not what would be carried over now."""
    return any(
        number not in held
        or held[number].ask is not each.ask
        or held[number].asked_on_id != (each.rating.id if each.rating else None)
        or held[number].taken_over_from_id != (each.source.id if each.source else None)
        for number, each in carried.items()
    )


def drop_carried_evidence(session: Session, return_: Return) -> None:
    """Take out of a return the evidence that was carried over into it."""
    mine = select(Evidence.id).where(
        Evidence.return_id == return_.id, Evidence.carried_from_id.is_not(None)
    )
    session.execute(delete(EvidenceUse).where(EvidenceUse.evidence_id.in_(mine)))
    session.execute(
        delete(Evidence).where(
            Evidence.return_id == return_.id, Evidence.carried_from_id.is_not(None)
        )
    )


def _copy_evidence(
    session: Session,
    return_: Return,
    carried: Mapping[int, read.Carried],
    stored: Mapping[int, Response],
    now: datetime,
) -> None:
    """Offer the evidence of the earlier stages again, each piece once."""
    serving = {each.source.id: stored[number].id for number, each in carried.items() if each.source}
    for item, served in read.evidence_to_carry(session, serving):
        session.add(
            Evidence(
                return_id=return_.id, blob_sha256=item.blob_sha256, filename=item.filename,
                url=item.url, description=item.description, kind=item.kind, made_on=item.made_on,
                review_on=item.review_on, added_at=now, added_by_id=item.added_by_id,
                carried_from_id=item.id,
                uses=[EvidenceUse(response_id=serving[each]) for each in served],
            )
        )  # fmt: skip


def set_kind(return_: Return, kind: ReturnKind) -> None:
    """Give a return its kind, where that is another."""
    if return_.kind is not kind:
        return_.kind = kind
