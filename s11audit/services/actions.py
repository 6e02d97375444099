"""An agency's actions: what the agency does with them, and QA's answer to each (domain rules 11
and 12). The plan as a whole is returned and decided in `services.plans`."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from s11audit.domain import dates
from s11audit.domain.enums import ActionEventKind, ActionState, Basis, Role
from s11audit.domain.errors import Conflict, Invalid, NotFound, Refused
from s11audit.domain.policy import Actor, Can, check
from s11audit.domain.wording import as_judged
from s11audit.models import Action, ActionEvent, Improvement, Return
from s11audit.queries import actions as read
from s11audit.queries.returns import return_by_id
from s11audit.queries.successions import facts_of_improvement
from s11audit.scoring import actions as rules
from s11audit.scoring.words import is_blank
from s11audit.services import log, notices
from s11audit.services.carrying_on import verify_carried

K = ActionEventKind


def add_action(
    session: Session,
    actor: Actor,
    improvement_id: int,
    *,
    what: str,
    owner: str,
    due_on: date | None,
    proposal: int | None = None,
    now: datetime,
) -> Action:
    """Add an action to an improvement's place in the plan and return it.

    `proposal` is the number of the action proposed at submission that this takes over; each can
    be taken over once. Raises Invalid with a problem for each field, and Refused for an action
    that is in the plan already.
    """
    return_, role, improvement = _at_improvement(session, actor, improvement_id)
    what, owner = what.strip(), owner.strip()
    due_on = _checked(what, owner, due_on)
    for each in read.live_actions(improvement):
        if (each.what, each.owner, each.due_on) == (what, owner, due_on):
            raise Refused("This action is in the plan already.")
    note = ""
    if proposal is not None:
        note = _proposal(session, return_, improvement, proposal).note
    number = 1 + (
        session.scalar(
            select(func.max(Action.number)).where(Action.improvement_id == improvement.id)
        )
        or 0
    )
    action = Action(
        improvement_id=improvement.id,
        number=number,
        what=what,
        owner=owner,
        due_on=due_on,
        state=rules.after(None, K.ADDED) or ActionState.OPEN,
        added_at=now,
    )
    session.add(action)
    session.flush()
    _happened(session, actor, role, return_, action, K.ADDED, note, now, {}, _logged(action))
    return action


def take_over(
    session: Session, actor: Actor, improvement_id: int, proposal: int, *, now: datetime
) -> Action:
    """Add to the plan, as it is, an action that was proposed at submission, and return it.

    Raises Refused where it was taken over already, and Invalid where it lacks something, so that
    it has to be completed first.
    """
    return_, _role, improvement = _at_improvement(session, actor, improvement_id)
    offered = _proposal(session, return_, improvement, proposal)
    return add_action(
        session,
        actor,
        improvement_id,
        what=offered.what,
        owner=offered.owner,
        due_on=offered.due_day,
        proposal=proposal,
        now=now,
    )


def change_action(
    session: Session,
    actor: Actor,
    action_id: int,
    *,
    what: str,
    owner: str,
    due_on: date | None,
    reason: str = "",
    based_on: int | None = None,
    now: datetime,
) -> Action:
    """Change an open action and return it.

    Once the plan is with QA or accepted, a `reason` is needed. What it said before is kept in the
    event. `based_on` is the id of the latest event that the person saw; Conflict where something
    has happened to the action since.
    """
    return_, role, action = _at_action(session, actor, action_id, Can.EDIT_PLAN)
    state = rules.after(action.state, K.CHANGED)
    _must_be_latest(session, action, based_on)
    what, owner = what.strip(), owner.strip()
    due_on = _checked(what, owner, due_on)
    if (action.what, action.owner, action.due_on) == (what, owner, due_on):
        return action
    _need_reason(session, return_, action, reason)
    before = _logged(action)
    changes = _changes(action, what, owner, due_on)
    action.what, action.owner, action.due_on = what, owner, due_on
    action.state = state or action.state
    note = "\n".join([*changes, *([f"Reason: {reason.strip()}"] if reason.strip() else [])])
    _happened(session, actor, role, return_, action, K.CHANGED, note, now, before, _logged(action))
    return action


def remove_action(
    session: Session, actor: Actor, action_id: int, *, reason: str = "", now: datetime
) -> Action:
    """Take an action out of the plan; its history stays.

    Once the plan is with QA or accepted, a `reason` is needed, and an improvement's only action
    cannot be removed.
    """
    return_, role, action = _at_action(session, actor, action_id, Can.EDIT_PLAN)
    rules.after(action.state, K.REMOVED)
    if _need_reason(session, return_, action, reason):
        others = [each for each in read.live_actions(action.improvement) if each.id != action.id]
        if not others:
            text = "This is the only action for what QA requires, and QA has the plan."
            text += " Add another action before you remove this one."
            raise Refused(as_judged(text, return_.stage.cycle.basis))
    action.removed_at = now
    before, after = {"removed": False}, {"removed": True, "reason": reason.strip()}
    _happened(session, actor, role, return_, action, K.REMOVED, reason.strip(), now, before, after)
    return action


def add_progress(
    session: Session, actor: Actor, action_id: int, *, note: str, now: datetime
) -> Action:
    """Add a dated progress note to an action, which is then underway, and return the action."""
    return _step(session, actor, action_id, K.PROGRESS, note, "Say what has been done", now)


def report_complete(
    session: Session, actor: Actor, action_id: int, *, note: str, now: datetime
) -> Action:
    """Say that an action is done, and what shows it; QA is told and verifies it."""
    need = "Say what was done and what shows it"
    action = _step(session, actor, action_id, K.REPORTED_COMPLETE, note, need, now)
    return_ = return_by_id(session, action.improvement.return_id)
    notices.tell(
        session,
        notices.panel(session, return_, _who_verifies(return_), now),
        "action_reported",
        # At most one such letter a day about a return.
        f"action-reported:{return_.id}:{dates.london_today(now)}",
        return_,
        path=f"/returns/{return_.id}/plan",
        now=now,
        what=action.what,
        standard=action.improvement.standard,
    )
    return action


def _who_verifies(return_: Return) -> tuple[Role, ...]:
    confirmed = return_.stage.cycle.basis is Basis.CONFIRMED
    return (Role.OFFICE,) if confirmed else (Role.QA, Role.CHAIR)


def verify_action(
    session: Session, actor: Actor, action_id: int, *, note: str = "", now: datetime
) -> Action:
    """QA verifies an action that was reported complete; only now it is done (rule 12).

    `queries.actions.all_verified` tells whether it was the improvement's last: QA is then led to
    rate the standard again.
    """
    return _step(session, actor, action_id, K.VERIFIED, note, "", now)


def ask_again(
    session: Session, actor: Actor, action_id: int, *, reason: str, now: datetime
) -> Action:
    """QA does not verify an action that was reported complete: it is underway again."""
    need = "Say what is still needed"
    action = _step(session, actor, action_id, K.ASKED_AGAIN, reason, need, now)
    return_ = return_by_id(session, action.improvement.return_id)
    event = read.events_of(session, [action.id])[action.id][-1]
    notices.tell(
        session,
        notices.agency_people(session, return_, (Role.LEAD,), now),
        "action_asked_again",
        f"action-asked-again:{event.id}",
        return_,
        path=f"/returns/{return_.id}/plan/actions/{action.id}",
        now=now,
        what=action.what,
        standard=action.improvement.standard,
        reason=reason.strip(),
    )
    return action


def _step(
    session: Session,
    actor: Actor,
    action_id: int,
    kind: ActionEventKind,
    note: str,
    need: str,
    now: datetime,
) -> Action:
    """Move an action by an event that carries a note; `need` is what is said of a missing one."""
    side = rules.decided_by(kind)
    can = Can.EDIT_PLAN if side is rules.Side.AGENCY else Can.DECIDE_PLAN
    return_, role, action = _at_action(session, actor, action_id, can)
    after = rules.after(action.state, kind)
    if need and is_blank(note):
        raise Invalid("Nothing was saved.", {"note": need})
    before = {"state": action.state}
    action.state = after or action.state
    if kind is K.VERIFIED:
        action.verified_at = now
        verify_carried(session, action, actor, now=now)
    more = {"state": action.state, "note": note.strip()}
    _happened(session, actor, role, return_, action, kind, note.strip(), now, before, more)
    return action


def _at_improvement(
    session: Session, actor: Actor, improvement_id: int
) -> tuple[Return, Role, Improvement]:
    return_id = read.return_id_of(session, improvement_id=improvement_id)
    return_ = return_by_id(session, return_id, for_update=True)
    improvement = read.improvement_in(session, return_id, improvement_id)
    facts = facts_of_improvement(session, return_, improvement)
    role = check(actor, Can.EDIT_PLAN, facts, sees=Can.SEE_PLAN)
    _must_be_current(improvement)
    return return_, role, improvement


def _at_action(
    session: Session, actor: Actor, action_id: int, can: Can
) -> tuple[Return, Role, Action]:
    """Return the action with its return locked: a return's plan is changed by one at a time."""
    return_id = read.return_id_of(session, action_id=action_id)
    return_ = return_by_id(session, return_id, for_update=True)
    action = read.action_in(session, return_id, action_id)
    facts = facts_of_improvement(session, return_, action.improvement)
    role = check(actor, can, facts, sees=Can.SEE_PLAN)
    if action.removed_at is not None:
        raise Refused("This action was removed from the plan.")
    _must_be_current(action.improvement)
    return return_, role, action


def _must_be_current(improvement: Improvement) -> None:
    if improvement.superseded_by_id is not None:
        raise Refused(
            "QA has required this again in a later stage. The work goes on in the plan of that"
            " stage, with its actions."
        )


def _checked(what: str, owner: str, due_on: date | None) -> date:
    problems = {}
    if is_blank(what):
        problems["what"] = "Say what will be done"
    if is_blank(owner):
        problems["owner"] = "Say who will do it"
    elif len(owner) > 200:
        problems["owner"] = "Who will do it must be 200 characters or fewer"
    if due_on is None:
        problems["due_on"] = "Give the date it is due"
    if problems or due_on is None:
        raise Invalid("The action was not saved.", problems)
    return due_on


def _proposal(
    session: Session, return_: Return, improvement: Improvement, number: int
) -> read.Proposal:
    plan = read.plan_of(session, return_.id)
    for offered in plan.offered.get(improvement.standard, ()):
        if offered.number == number:
            return offered
    if number < 1:
        raise NotFound("There is no such proposed action.")
    raise Refused("This proposed action is not offered, or has been taken over already.")


def _need_reason(session: Session, return_: Return, action: Action, reason: str) -> bool:
    """Return whether the change needs a reason; Invalid where it does and has none."""
    if not read.plan_of(session, return_.id).needs_reason(action.improvement):
        return False
    if is_blank(reason):
        why = "Say why: QA is reading this plan or has accepted it"
        basis = return_.stage.cycle.basis
        raise Invalid("The action was not changed.", {"reason": as_judged(why, basis)})
    return True


def _must_be_latest(session: Session, action: Action, based_on: int | None) -> None:
    if based_on is None:
        return
    latest = read.events_of(session, [action.id])[action.id][-1].id
    if latest != based_on:
        raise Conflict(
            "Somebody else changed this action while you were working on it. Nothing you typed is"
            " lost: read what it says now, then save again to replace it.",
            latest,
        )


def _changes(action: Action, what: str, owner: str, due_on: date) -> list[str]:
    lines = []
    if action.what != what:
        lines.append(f"What will be done was: {action.what}")
    if action.owner != owner:
        lines.append(f"Who will do it was: {action.owner}")
    if action.due_on != due_on:
        was, becomes = dates.in_words(action.due_on), dates.in_words(due_on)
        lines.append(f"Due date changed from {was} to {becomes}.")
    return lines


def _logged(action: Action) -> dict[str, object]:
    return {
        "what": action.what,
        "owner": action.owner,
        "due_on": action.due_on,
        "state": action.state,
    }


def _happened(
    session: Session,
    actor: Actor,
    role: Role,
    return_: Return,
    action: Action,
    kind: ActionEventKind,
    note: str,
    now: datetime,
    before: Mapping[str, object],
    after: Mapping[str, object],
) -> None:
    session.add(
        ActionEvent(
            action_id=action.id,
            kind=kind,
            note=note,
            effective_at=now,
            recorded_at=now,
            by_id=actor.user_id,
        )
    )
    log.record_for(
        session,
        return_,
        actor,
        role,
        f"action.{kind.value}",
        ("action", action.id),
        now=now,
        before=before,
        after=after,
    )
    session.flush()
