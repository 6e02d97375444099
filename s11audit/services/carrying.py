"""Carrying over from one stage of a cycle to the next (domain rule 20).

What is carried over is stored when the agency begins its return. Until then the kind of the return
is all that is kept, so that lists can tell it. Both may be done again at any time.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from s11audit.domain.dates import london_today
from s11audit.domain.enums import Ask, ReturnKind, ReturnState, Role, Standing
from s11audit.domain.policy import Actor
from s11audit.models import Cycle, Evidence, EvidenceUse, Response, Return, Stage
from s11audit.queries import carrying as read
from s11audit.queries.responses import responses_of
from s11audit.queries.tools import standards_asked
from s11audit.scoring.as_at import is_open
from s11audit.scoring.carrying import asks, kind_of
from s11audit.services import log

A_BATCH = 50


def carry_over(
    session: Session, actor: Actor, role: Role, return_: Return, *, now: datetime
) -> None:
    """Store what a return carries over and of which kind it is. `return_` is locked and has not
    been begun; what an earlier call stored is replaced where other ratings count now."""
    carried = read.carried_for(session, return_)
    held = responses_of(session, return_.id)
    if not _is_new(carried, held):
        return
    _drop_evidence(session, return_)
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
    how = {number: each.ask for number, each in carried.items()}
    standards = [each.number for each in standards_asked(session, return_)]
    set_kind(return_, kind_of([how.get(number, Ask.FULL) for number in standards]))
    log.record_for(
        session, return_, actor, role, "return.carried_over", now=now,
        after={
            "kind": return_.kind,
            "asked": {str(number): how.get(number, Ask.FULL).value for number in standards},
        },
    )  # fmt: skip
    session.flush()


def decide_kinds(session: Session, actor: Actor, stage_id: int, *, now: datetime) -> int:
    """Give the returns of a stage that has opened and that were not begun the kind that the
    ratings so far ask for, at most fifty at once; return how many were changed. The caller calls
    again until none is."""
    stage = session.get_one(Stage, stage_id, options=[joinedload(Stage.cycle)])
    if stage.number == 1 or not is_open(stage.opens_on, stage.opened_at, stage.closed_at, now):
        return 0
    wanted = kinds_of(session, _not_begun(session, stage))
    differing = [(each, kind) for each, kind in wanted if each.kind is not kind][:A_BATCH]
    if not differing:
        return 0
    locked = set(
        session.scalars(
            select(Return.id)
            .where(
                Return.id.in_([each.id for each, _kind in differing]),
                Return.state == ReturnState.NOT_STARTED,
            )
            .order_by(Return.id)
            .with_for_update()
        )
    )
    for return_, kind in differing:
        if return_.id in locked:
            before = return_.kind
            set_kind(return_, kind)
            log.record_for(
                session, return_, actor, Role.ADMIN if actor.is_operator else None,
                "return.kind_decided", now=now, before={"kind": before}, after={"kind": kind},
            )  # fmt: skip
    session.flush()
    return len(differing)


def kinds_of(session: Session, returns: Iterable[Return]) -> list[tuple[Return, ReturnKind]]:
    """Return of which kind each of these returns of one stage is, by the ratings so far."""
    found = list(returns)
    ratings = read.ratings_so_far(session, found)
    decided = []
    for each in found:
        numbers = [standard.number for standard in standards_asked(session, each)]
        rags = {number: rating.rag for number, rating in ratings[each.membership_id].items()}
        decided.append((each, kind_of(list(asks(numbers, rags, rags).values()))))
    return decided


def stages_to_decide(session: Session, now: datetime) -> list[int]:
    """Return the later stages that have opened, are not closed and have returns not begun."""
    stages = session.scalars(
        select(Stage)
        .join(Stage.cycle)
        .where(
            Stage.number > 1,
            Stage.closed_at.is_(None),
            (Stage.opens_on <= london_today(now)) | Stage.opened_at.is_not(None),
            Cycle.recorded.is_(False),
            exists().where(
                Return.stage_id == Stage.id,
                Return.state == ReturnState.NOT_STARTED,
                Return.standing == Standing.ASKED,
            ),
        )
        .order_by(Stage.id)
    )
    return [stage.id for stage in stages]


def _not_begun(session: Session, stage: Stage) -> list[Return]:
    return list(
        session.scalars(
            select(Return)
            .join(Return.stage)
            .join(Stage.cycle)
            .join(Cycle.tool_version)
            .where(
                Return.stage_id == stage.id,
                Return.state == ReturnState.NOT_STARTED,
                Return.kind != ReturnKind.RECORDED,
            )
            .order_by(Return.id)
            .options(
                contains_eager(Return.stage)
                .contains_eager(Stage.cycle)
                .contains_eager(Cycle.tool_version),
                joinedload(Return.membership),
            )
        )
    )


def _is_new(carried: Mapping[int, read.Carried], held: Mapping[int, Response]) -> bool:
    """Whether what is stored is not what would be carried over now."""
    return any(
        number not in held
        or held[number].ask is not each.ask
        or held[number].asked_on_id != (each.rating.id if each.rating else None)
        or held[number].taken_over_from_id != (each.source.id if each.source else None)
        for number, each in carried.items()
    )


def _drop_evidence(session: Session, return_: Return) -> None:
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
