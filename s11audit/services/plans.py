"""An agency's action plan as a whole: returned, accepted or asked for again, and monitored
(domain rules 11 and 12)."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from s11audit.domain.enums import Role
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.policy import Actor, Can, check
from s11audit.domain.wording import as_judged
from s11audit.models import (
    Improvement,
    MonitoringFlag,
    PlanDecision,
    PlanSubmission,
    Return,
)
from s11audit.queries import actions as read
from s11audit.queries.returns import facts_of, return_by_id
from s11audit.queries.reviews import flags_of
from s11audit.queries.tools import standards_asked
from s11audit.scoring.actions import PlanState
from s11audit.scoring.words import is_blank
from s11audit.services import log, notices

FORMAT = "s11audit-plan-1"


def give_reason(
    session: Session, actor: Actor, improvement_id: int, *, reason: str, now: datetime
) -> Improvement:
    """Keep the agency's reason for taking no action on an improvement; blank takes it back.

    Raises Refused while QA has the plan, once QA has accepted the reason, and where there are
    actions.
    """
    return_id = read.return_id_of(session, improvement_id=improvement_id)
    return_ = return_by_id(session, return_id, for_update=True)
    role = check(actor, Can.EDIT_PLAN, facts_of(return_), sees=Can.SEE_PLAN)
    plan = read.plan_of(session, return_id)
    improvement = next(each for each in plan.improvements if each.id == improvement_id)
    if improvement.no_action_accepted_at:
        raise Refused(
            told(return_, "QA has accepted the reason for no action, so it cannot be changed.")
        )
    if plan.needs_reason(improvement):
        raise Refused(
            told(return_, "QA has the plan, so the reason for no action cannot be changed now.")
        )
    if reason.strip() and read.live_actions(improvement):
        raise Refused("There are actions for this improvement. Remove them first.")
    before = improvement.no_action_reason
    if before == reason.strip():
        return improvement
    improvement.no_action_reason = reason.strip()
    log.record_for(
        session,
        return_,
        actor,
        role,
        "improvement.no_action",
        ("improvement", improvement.id),
        now=now,
        before={"reason": before},
        after={"reason": improvement.no_action_reason},
    )
    return improvement


def return_plan(session: Session, actor: Actor, return_id: int, *, now: datetime) -> PlanSubmission:
    """Return the agency's plan to QA: a numbered, frozen copy of it, which is returned.

    QA's chair and the board office are told. Raises Refused where it is not the agency's turn,
    and Invalid with what is missing where the plan is not ready (domain rule 11).
    """
    return_ = return_by_id(session, return_id, for_update=True)
    role = check(actor, Can.RETURN_PLAN, facts_of(return_), sees=Can.SEE_PLAN)
    plan = read.plan_of(session, return_id)
    if not plan.can_be_returned:
        raise Refused(told(return_, _NOT_NOW[plan.state]))
    lacks = [told(return_, each) for each in plan.lacks()]
    if lacks:
        raise Invalid("The plan is not ready. " + " ".join(lacks), {"plan": " ".join(lacks)})
    submission = PlanSubmission(
        return_id=return_id,
        number=len(plan.returned) + 1,
        snapshot=_snapshot(return_, plan, now),
        effective_at=now,
        recorded_at=now,
        submitted_by_id=actor.user_id,
    )
    session.add(submission)
    session.flush()
    _log(session, actor, role, "plan.returned", submission, return_, now)
    notices.tell(
        session,
        notices.panel(session, return_, (Role.CHAIR, Role.OFFICE), now),
        "plan_returned",
        f"plan-returned:{return_id}:{submission.number}",
        return_,
        path=f"/returns/{return_id}/plan",
        now=now,
    )
    return submission


_NOT_NOW = {
    PlanState.NOT_ASKED: "No improvement has been required, so there is no plan to return.",
    PlanState.WITH_QA: "The plan has been returned and QA has not answered yet.",
    PlanState.ACCEPTED: "QA has accepted the plan. There is nothing to return.",
}


def told(return_: Return, text: str) -> str:
    """Return a text about who judges the plan as it reads for this return."""
    return as_judged(text, return_.stage.cycle.basis)


def decide_plan(
    session: Session,
    actor: Actor,
    return_id: int,
    *,
    accepted: bool,
    reason: str = "",
    accepted_reasons: Collection[int] = (),
    now: datetime,
) -> PlanDecision:
    """QA accepts the plan that was returned, or asks for it again with a `reason`.

    Accepting it accepts its reasons for no action. Asking again turns them down, except those of
    the improvements in `accepted_reasons`. The agency's lead is told. Raises Refused where no
    plan waits for QA.
    """
    return_ = return_by_id(session, return_id, for_update=True)
    role = check(actor, Can.DECIDE_PLAN, facts_of(return_), sees=Can.SEE_PLAN)
    plan = read.plan_of(session, return_id)
    returned = plan.latest
    if returned is None or plan.state is not PlanState.WITH_QA:
        raise Refused(told(return_, "No plan is waiting for QA to decide."))
    if not accepted and is_blank(reason):
        raise Invalid("Nothing was saved.", {"reason": "Say what the agency has to put right"})
    decision = PlanDecision(
        plan_submission_id=returned.id,
        accepted=accepted,
        reason=reason.strip(),
        effective_at=now,
        recorded_at=now,
        decided_by_id=actor.user_id,
    )
    session.add(decision)
    reasons = reasons_to_decide(plan)
    unknown = set(accepted_reasons) - {each.id for each in reasons}
    if unknown:
        raise NotFound("There is no such reason for no action in this plan.")
    for improvement in reasons:
        if accepted or improvement.id in accepted_reasons:
            improvement.no_action_accepted_at = now
    session.flush()
    what = "plan.accepted" if accepted else "plan.asked_again"
    more = {
        "reason": decision.reason,
        "reasons_accepted": [each.id for each in reasons if each.no_action_accepted_at],
    }
    _log(session, actor, role, what, returned, return_, now, more)
    notices.tell(
        session,
        notices.agency_people(session, return_, (Role.LEAD,), now),
        "plan_accepted" if accepted else "plan_asked_again",
        f"plan-decided:{returned.id}",
        return_,
        path=f"/returns/{return_id}/plan",
        now=now,
        reason=decision.reason,
    )
    return decision


def reasons_to_decide(plan: read.Plan) -> list[Improvement]:
    """Return the improvements of the plan that was returned last whose reason for no action waits
    for QA."""
    returned = plan.latest
    return [
        each
        for each in plan.improvements
        if returned is not None
        and each.opened_at <= returned.effective_at
        and each.no_action_reason
        and each.no_action_accepted_at is None
        and not read.live_actions(each)
    ]


def monitor(
    session: Session,
    actor: Actor,
    return_id: int,
    standard: int,
    *,
    raised: bool,
    reason: str,
    action_id: int | None = None,
    now: datetime,
) -> MonitoringFlag:
    """QA flags a standard, or one action, for monitoring, or lifts the flag; return the flag.

    Flags are only added: the latest counts. Raises Refused where nothing would change.
    """
    return_ = return_by_id(session, return_id, for_update=True)
    role = check(actor, Can.DECIDE_PLAN, facts_of(return_), sees=Can.SEE_PLAN)
    if standard not in {each.number for each in standards_asked(session, return_)}:
        raise NotFound("There is no such standard in this return.")
    if action_id is not None:
        action = read.action_in(session, return_id, action_id)
        if action.improvement.standard != standard:
            raise NotFound("There is no such action for this standard.")
    if ((standard, action_id) in flags_of(session, return_id)) is raised:
        raise Refused("It is monitored already." if raised else "It is not being monitored.")
    if is_blank(reason):
        raise Invalid("Nothing was saved.", {"reason": "Give the reason"})
    flag = MonitoringFlag(
        return_id=return_id,
        standard=standard,
        action_id=action_id,
        raised=raised,
        reason=reason.strip(),
        effective_at=now,
        recorded_at=now,
        flagged_by_id=actor.user_id,
    )
    session.add(flag)
    session.flush()
    log.record_for(
        session,
        return_,
        actor,
        role,
        "monitoring.raised" if raised else "monitoring.lifted",
        ("monitoring_flag", flag.id),
        now=now,
        after={"standard": standard, "action": action_id, "reason": flag.reason},
    )
    return flag


def _snapshot(return_: Return, plan: read.Plan, now: datetime) -> dict[str, Any]:
    """Return the whole plan as it stands, in an open format."""
    return {
        "format": FORMAT,
        "board": return_.stage.cycle.board.name,
        "agency": return_.membership.name,
        "cycle": return_.stage.cycle.name,
        "stage": return_.stage.number,
        "returned_at": now.isoformat(),
        "improvements": [
            {
                "id": improvement.id,
                "standard": improvement.standard,
                "rag": improvement.rating.rag.value,
                "required": improvement.text,
                "no_action_reason": improvement.no_action_reason,
                "actions": [
                    {
                        "id": action.id,
                        "number": action.number,
                        "what": action.what,
                        "owner": action.owner,
                        "due_on": action.due_on.isoformat(),
                        "state": action.state.value,
                    }
                    for action in read.live_actions(improvement)
                ],
            }
            for improvement in plan.improvements
        ],
    }


def _log(
    session: Session,
    actor: Actor,
    role: Role,
    what: str,
    submission: PlanSubmission,
    return_: Return,
    now: datetime,
    more: Mapping[str, object] | None = None,
) -> None:
    log.record_for(
        session,
        return_,
        actor,
        role,
        what,
        ("plan_submission", submission.id),
        now=now,
        after={"number": submission.number} | dict(more or {}),
    )
