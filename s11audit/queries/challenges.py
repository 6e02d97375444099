"""Reads for challenges: what questions are drafted from, and the meetings of a return. Callers
check what the actor may see."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from s11audit.domain.dates import london_today
from s11audit.domain.enums import PointState, Rag, ScreeningRule
from s11audit.domain.errors import NotFound
from s11audit.models import Challenge, ChallengeAction, Return, Screening, ScreeningPoint
from s11audit.queries.actions import Plan, live_actions, plan_of
from s11audit.queries.reviews import current_submission, part_of, published_of
from s11audit.queries.tools import tool_of
from s11audit.scoring.actions import is_overdue
from s11audit.scoring.challenge import LateAction, ReturnFacts, StandardFacts


def facts_for_questions(session: Session, return_: Return, now: datetime) -> ReturnFacts:
    """Return what is known of a return, from what was sent in and what was published: nothing that
    its agency does not know."""
    tool = tool_of(session, return_.stage.cycle.tool_version)
    submission = current_submission(session, return_.id, with_snapshot=True)
    points = _points(session, submission.id) if submission else {}
    titles = {choice.label: choice.title for choice in tool.ratings}
    standards = []
    for review in published_of(session, return_):
        number, agreed = review.standard.number, review.agreed
        part = (part_of(submission.snapshot, number) if submission else None) or {}
        own = part.get("self_rating") or {"label": None, "rag": None, "na_reason": ""}
        rules, by_hand = points.get(number, ((), ()))
        standards.append(
            StandardFacts(
                number=number,
                title=review.standard.title,
                own=Rag(own["rag"]) if own["rag"] else None,
                own_word=titles.get(own["label"], ""),
                na_reason=own["na_reason"],
                agreed=agreed.rag if agreed else None,
                agreed_word=titles.get(agreed.label, agreed.label) if agreed else "",
                screening=rules,
                by_hand=by_hand,
            )
        )
    plan = plan_of(session, return_.id)
    late = [
        LateAction(improvement.standard, action.what, action.due_on)
        for improvement in plan.improvements
        for action in live_actions(improvement)
        if is_overdue(action.state, action.due_on, now)
    ]
    return ReturnFacts(standards, _plan_waits(plan, now), late)


def _plan_waits(plan: Plan, now: datetime) -> int | None:
    if not plan.can_be_returned:
        return None
    asked = max(each.opened_at for each in plan.improvements)
    latest = plan.latest
    if latest is not None and latest.decision is not None:
        asked = max(asked, latest.decision.effective_at)
    return (london_today(now) - london_today(asked)).days


def _points(
    session: Session, submission_id: int
) -> dict[int, tuple[list[ScreeningRule], list[str]]]:
    """Return the confirmed points of a submission's screening by standard: their rules, each once,
    and those in a person's own words."""
    found: dict[int, tuple[list[ScreeningRule], list[str]]] = {}
    for number, rule, passage in session.execute(
        select(ScreeningPoint.standard, ScreeningPoint.rule, ScreeningPoint.passage)
        .join(Screening, Screening.id == ScreeningPoint.screening_id)
        .where(
            Screening.submission_id == submission_id,
            ScreeningPoint.state == PointState.CONFIRMED,
        )
        .order_by(ScreeningPoint.standard, ScreeningPoint.id)
    ):
        rules, by_hand = found.setdefault(number, ([], []))
        if rule is None:
            by_hand.append(passage)
        elif rule not in rules:
            rules.append(rule)
    return found


def challenges_of(session: Session, return_id: int, *, shared_only: bool) -> Sequence[Challenge]:
    """Return the challenges of a return, the latest first; with `shared_only` those that the
    agency may see."""
    statement = select(Challenge).where(Challenge.return_id == return_id)
    if shared_only:
        statement = statement.where(Challenge.shared_at.is_not(None))
    return session.scalars(
        statement.order_by(Challenge.number.desc()).options(selectinload(Challenge.actions))
    ).all()


def challenge_in(session: Session, return_id: int, challenge_id: int) -> Challenge:
    """Return a challenge of a return with all that belongs to it. Raises NotFound."""
    found = session.scalar(
        select(Challenge)
        .where(Challenge.id == challenge_id, Challenge.return_id == return_id)
        .options(
            selectinload(Challenge.members),
            selectinload(Challenge.questions),
            selectinload(Challenge.actions),
        )
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("There is no such meeting.")
    return found


def action_of(challenge: Challenge, action_id: int) -> ChallengeAction:
    """Return an action of a challenge. Raises NotFound."""
    for each in challenge.actions:
        if each.id == action_id:
            return each
    raise NotFound("There is no such action.")
