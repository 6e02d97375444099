"""The filled board's cycles on which agencies confirm their own results, an escalation and the
meetings about returns."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from s11audit.domain.dates import london_today
from s11audit.domain.enums import Basis
from s11audit.domain.policy import OPERATOR
from s11audit.models import Cycle, Improvement, Return
from s11audit.queries.tools import standards_asked
from s11audit.scoring.confirming import Correction
from s11audit.services import (
    actions,
    challenges,
    confirming,
    cycles,
    escalations,
    plans,
    rating_again,
    responses,
    submitting,
)
from s11audit.services.responses import ProposedActionValues, ResponseValues
from s11audit.services.submissions import Signatory
from tests.support.filled_builder import Builder

SIGNATORY = Signatory("Rosalind Okafor", "Chief Executive", "r.okafor@example.org")
TOOL = "leicestershire-rutland-2011"
SHORT = (4, 17)


def confirm(builder: Builder, membership_id: int) -> None:
    """Three cycles: a result to return, one to confirm, and one that is followed up."""
    session, office = builder.session, builder.actor("office")
    _sent_in(builder, membership_id, "to_return")
    waiting = _sent_in(builder, membership_id, "to_confirm")
    confirming.return_result(session, office, waiting.id, now=builder.later())
    followed = _sent_in(builder, membership_id, "confirmed")
    confirming.return_result(session, office, followed.id, now=builder.later())
    _follow(builder, followed)


def _sent_in(builder: Builder, membership_id: int, state: str) -> Return:
    session, lead = builder.session, builder.actor("lead")
    today = london_today(builder.now)
    cycle: Cycle = cycles.open_cycle(
        session, OPERATOR, builder.board.id, f"Confirmed: {state.replace('_', ' ')}", TOOL,
        [today + timedelta(days=21)], basis=Basis.CONFIRMED, include_advisory=True,
        now=builder.later(),
    )  # fmt: skip
    return_ = builder.return_of(cycle, membership_id)
    builder.made.cycle_ids[state] = cycle.id
    builder.made.return_ids[state] = return_.id
    builder.made.ids.setdefault("confirmed_stage_id", return_.stage_id)
    proposed = (
        ProposedActionValues(
            "Train the reception staff", "Head of Service", today + timedelta(days=90)
        ),
    )
    for standard in standards_asked(session, return_):
        short = standard.number in SHORT
        values = ResponseValues(
            self_label="partially" if short else "fully",
            proposed_actions=proposed if standard.number == SHORT[0] else (),
        )
        responses.save_response(
            session, lead, return_.id, standard.number, values, based_on=0, now=builder.later(0)
        )
    submitting.submit(session, lead, return_.id, SIGNATORY, True, now=builder.later())
    return return_


def _follow(builder: Builder, return_: Return) -> None:
    """The agency confirms with one correction and plans; one action is verified and rated again."""
    session, lead, office = builder.session, builder.actor("lead"), builder.actor("office")
    confirming.confirm_result(
        session, lead, return_.id, name="Rosalind Okafor", designation="Chief Executive",
        corrections={9: Correction("non", "Nobody had told us that the rota ended in March.")},
        now=builder.later(),
    )  # fmt: skip
    first, second, third = session.scalars(
        select(Improvement)
        .where(Improvement.return_id == return_.id)
        .order_by(Improvement.standard)
    )
    done = actions.take_over(session, lead, first.id, 1, now=builder.later())
    for improvement in (second, third):
        actions.add_action(
            session, lead, improvement.id, what="Write down who is on call and tell every team",
            owner="Head of Operations", due_on=london_today(builder.now) + timedelta(days=60),
            now=builder.later(),
        )  # fmt: skip
    plans.return_plan(session, lead, return_.id, now=builder.later())
    plans.decide_plan(session, office, return_.id, accepted=True, now=builder.later())
    actions.report_complete(session, lead, done.id, note="All trained.", now=builder.later())
    actions.verify_action(session, office, done.id, now=builder.later())
    rating_again.rate_again(
        session, office, return_.id, SHORT[0], label="fully",
        reason="The training records of both sites were seen.", now=builder.later(),
    )  # fmt: skip


def press(builder: Builder) -> None:
    """The escalation of the late return, its first step taken."""
    session, office = builder.session, builder.actor("office")
    return_id = builder.made.return_ids["late"]
    first, *_others = escalations.begin(session, office, return_id, now=builder.later())
    escalations.take_step(
        session, office, return_id, first.id, done_on=london_today(builder.now),
        note="They promised it for Friday.", by_email=True, now=builder.later(),
    )  # fmt: skip
    builder.made.ids["steps"] = [first.id, *(each.id for each in _others)]


def meet(builder: Builder) -> None:
    """A meeting about the plan that is underway, held; and one to come, not shared yet."""
    session, office = builder.session, builder.actor("office")
    return_id, today = builder.made.return_ids["plan_underway"], london_today(builder.now)
    made = [
        challenges.arrange(
            session, office, return_id, held_on=today + timedelta(days=days), place="County Hall",
            panel=[("Jonah Whitlock", "QA chair"), ("Dilys Morgan-Price", "QA member")],
            now=builder.later(),
        )
        for days in (-1, 30)
    ]  # fmt: skip
    held = made[0]
    challenges.share(session, office, return_id, held.id, now=builder.later())
    agreed = challenges.add_action(
        session, office, return_id, held.id, what="Send the board the new rota",
        owner="Head of Operations", due_on=today + timedelta(days=14), now=builder.later(),
    )  # fmt: skip
    challenges.save_outcome(
        session, office, return_id, held.id,
        answers={each.id: "They showed the minutes of May." for each in held.questions},
        outcome="The panel is assured that the plan is carried out.", finish=True,
        now=builder.later(),
    )  # fmt: skip
    builder.made.ids["challenges"] = [each.id for each in made]
    builder.made.ids["agreed_id"] = agreed.id
