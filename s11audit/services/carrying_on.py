"""What an earlier stage required goes on in a later one, so that nothing is asked twice (domain
rule 26)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from s11audit.domain.enums import ActionEventKind, ActionState
from s11audit.domain.policy import Actor
from s11audit.models import Action, ActionEvent, Improvement, Return, Stage
from s11audit.queries.actions import live_actions

FINISHED = (ActionState.VERIFIED, ActionState.CARRIED_ON)


def carry_on(
    session: Session,
    actor: Actor,
    return_: Return,
    improvement: Improvement,
    *,
    effective_at: datetime,
    now: datetime,
) -> None:
    """Let an improvement that was just opened take over from those of the same standard in other
    stages of the cycle: they are superseded, and their actions that are not verified go on in its
    place, as they stand. `return_` has its stage loaded."""
    earlier = session.scalars(
        select(Improvement)
        .join(Return, Return.id == Improvement.return_id)
        .join(Stage, Stage.id == Return.stage_id)
        .where(
            Stage.cycle_id == return_.stage.cycle_id,
            Improvement.return_id != return_.id,
            Improvement.membership_id == improvement.membership_id,
            Improvement.standard == improvement.standard,
            Improvement.superseded_by_id.is_(None),
        )
        .order_by(Improvement.id)
        .options(selectinload(Improvement.actions))
    ).all()
    unfinished = [
        action for each in earlier for action in live_actions(each) if action.state not in FINISHED
    ]
    for each in earlier:
        each.superseded_by_id = improvement.id
    for number, action in enumerate(unfinished, start=1):
        carried = Action(
            improvement_id=improvement.id,
            number=number,
            what=action.what,
            owner=action.owner,
            due_on=action.due_on,
            state=action.state,
            added_at=effective_at,
            continues_id=action.id,
        )
        action.state = ActionState.CARRIED_ON
        session.add(carried)
        session.flush()
        session.add(
            ActionEvent(
                action_id=carried.id,
                kind=ActionEventKind.ADDED,
                note="Carried on from an earlier stage.",
                effective_at=effective_at,
                recorded_at=now,
                by_id=actor.user_id,
            )
        )
    session.flush()


def verify_carried(session: Session, action: Action, actor: Actor, *, now: datetime) -> None:
    """What an action carries on is verified with it: it is one piece of work, and the earlier
    stage's table says so too."""
    before = session.get(Action, action.continues_id) if action.continues_id else None
    while before is not None:
        before.state, before.verified_at = ActionState.VERIFIED, now
        session.add(
            ActionEvent(
                action_id=before.id,
                kind=ActionEventKind.VERIFIED,
                note="Verified in a later stage.",
                effective_at=now,
                recorded_at=now,
                by_id=actor.user_id,
            )
        )
        before = session.get(Action, before.continues_id) if before.continues_id else None
    session.flush()
