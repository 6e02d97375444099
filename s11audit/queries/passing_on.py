"""What passes from an agency that merges, splits or closes, for the preview and for the change
itself (domain rule 53). Five queries, whatever there is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, contains_eager, selectinload

from s11audit.domain.enums import ReturnKind, ReturnState, Standing
from s11audit.models import Cycle, Grant, Invitation, Membership, Return, Stage, name_key
from s11audit.queries.open_improvements import StillOpen, open_of

UNSENT = (ReturnState.NOT_STARTED, ReturnState.IN_PROGRESS)


@dataclass(frozen=True)
class Heir:
    """A successor by its name; `membership` is None where it is new on the board."""

    name: str
    membership: Membership | None


@dataclass(frozen=True)
class Passing:
    """What an agency leaves: returns that were not sent in and whose stage is open, returns that
    were sent in and stay under its name, open improvements, the people and invitations."""

    membership: Membership
    returns: Sequence[Return]
    staying: int
    improvements: Sequence[StillOpen]
    grants: Sequence[Grant]
    invitations: Sequence[Invitation]


def passing_from(session: Session, membership: Membership, today: date) -> Passing:
    """Return what there is to pass on from an agency."""
    returns = session.scalars(
        select(Return)
        .join(Return.stage)
        .join(Stage.cycle)
        .where(
            Return.membership_id == membership.id,
            Return.state.in_(UNSENT),
            Return.standing == Standing.ASKED,
            Return.kind != ReturnKind.RECORDED,
            Stage.closed_at.is_(None),
        )
        .options(contains_eager(Return.stage).contains_eager(Stage.cycle))
        .order_by(Cycle.opened_at, Stage.number, Return.id)
    ).all()
    staying = session.scalar(
        select(func.count())
        .select_from(Return)
        .where(Return.membership_id == membership.id, Return.state.not_in(UNSENT))
    )
    grants = session.scalars(
        select(Grant)
        .where(
            Grant.membership_id == membership.id,
            Grant.ended_at.is_(None),
            or_(Grant.until.is_(None), Grant.until >= today),
        )
        .options(selectinload(Grant.user))
        .order_by(Grant.id)
    ).all()
    invitations = session.scalars(
        select(Invitation)
        .where(
            Invitation.membership_id == membership.id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .order_by(Invitation.id)
    ).all()
    return Passing(
        membership, returns, staying or 0, open_of(session, membership.id), grants, invitations
    )


def heirs_named(session: Session, board_id: int, names: Sequence[str]) -> list[Heir]:
    """Return the successors of those names in their order, known ones as they are written on the
    board, in one query."""
    keys = [name_key(name) for name in names]
    found = {
        each.name_key: each
        for each in session.scalars(
            select(Membership).where(Membership.board_id == board_id, Membership.name_key.in_(keys))
        )
    }
    return [
        Heir(found[key].name if key in found else " ".join(name.split()), found.get(key))
        for key, name in zip(keys, names, strict=True)
    ]


def stages_with_return(
    session: Session, membership_ids: Sequence[int], stage_ids: Sequence[int]
) -> set[tuple[int, int]]:
    """Return (membership, stage) of the returns that these agencies have there, in one query."""
    rows = session.execute(
        select(Return.membership_id, Return.stage_id).where(
            Return.membership_id.in_(membership_ids), Return.stage_id.in_(stage_ids)
        )
    )
    return {(row[0], row[1]) for row in rows}
