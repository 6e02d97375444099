"""The plan is returned, accepted or asked for again, and monitored (domain rule 11)."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Rag, Role
from s11audit.domain.errors import Invalid, NotAllowed, NotFound, Refused
from s11audit.models import Improvement, OutboxMessage, PlanDecision
from s11audit.queries import actions as read
from s11audit.queries.reviews import flags_of
from s11audit.scoring.actions import PlanState
from s11audit.services import actions, plans, reviews
from tests import factories as make
from tests.factories import NOW
from tests.support.reviewing import DUE, Panel, panel, rated

LATER = NOW + timedelta(days=1)


def planned(session: Session) -> tuple[Panel, list[Improvement]]:
    """A return with improvements for standards 2 and 3."""
    found = panel(session)
    rated(session, found, {2: Rag.AMBER, 3: Rag.RED})
    found_improvements = session.scalars(select(Improvement).order_by(Improvement.standard))
    return found, list(found_improvements)


def add(session: Session, of: Panel, improvement: Improvement):
    return actions.add_action(
        session,
        of.actor(session, "lead"),
        improvement.id,
        what=f"Mend standard {improvement.standard}",
        owner="Deputy head",
        due_on=DUE,
        now=NOW,
    )


def reason(session: Session, of: Panel, improvement: Improvement, text: str = "Not ours to do."):
    return plans.give_reason(
        session, of.actor(session, "lead"), improvement.id, reason=text, now=NOW
    )


def give_back(session: Session, of: Panel, now=NOW):
    return plans.return_plan(session, of.actor(session, "lead"), of.return_.id, now=now)


def decide(session: Session, of: Panel, accepted: bool, now=NOW, **given: object):
    return plans.decide_plan(
        session, of.actor(session, "qa"), of.return_.id, accepted=accepted, now=now, **given
    )


def state(session: Session, of: Panel) -> PlanState:
    return read.plan_of(session, of.return_.id).state


def test_a_plan_goes_to_qa_and_is_accepted(session: Session) -> None:
    found, (two, three) = planned(session)
    assert state(session, found) is PlanState.TO_RETURN
    add(session, found, two)
    with pytest.raises(Invalid, match="Standard 3: add an action, or say why none is needed"):
        give_back(session, found)
    reason(session, found, three)
    returned = give_back(session, found)
    assert returned.number == 1
    assert [part["standard"] for part in returned.snapshot["improvements"]] == [2, 3]
    assert returned.snapshot["improvements"][0]["actions"][0]["what"] == "Mend standard 2"
    assert state(session, found) is PlanState.WITH_QA
    with pytest.raises(Refused, match="QA has not answered"):
        give_back(session, found)
    decide(session, found, True)
    assert state(session, found) is PlanState.ACCEPTED
    assert three.no_action_accepted_at == NOW
    assert two.no_action_accepted_at is None
    with pytest.raises(Refused, match="No plan is waiting"):
        decide(session, found, True)


def test_asking_again_needs_a_reason_and_turns_reasons_down(session: Session) -> None:
    found, (two, three) = planned(session)
    reason(session, found, two)
    reason(session, found, three)
    give_back(session, found)
    with pytest.raises(Invalid):
        decide(session, found, False)
    decide(session, found, False, reason="Standard 3 is yours.", accepted_reasons=[two.id])
    assert state(session, found) is PlanState.ASKED_AGAIN
    assert (two.no_action_accepted_at, three.no_action_accepted_at) == (NOW, None)
    with pytest.raises(Invalid, match="Standard 3: QA did not accept the reason"):
        give_back(session, found, LATER)
    with pytest.raises(Refused, match="accepted the reason"):
        reason(session, found, two, "Another")
    reason(session, found, three, "")
    add(session, found, three)
    assert give_back(session, found, LATER).number == 2
    letters = session.scalars(
        select(OutboxMessage).where(OutboxMessage.dedupe_key.like("plan-decided:%"))
    ).all()
    assert [each.to_email for each in letters] == [found.lead.email]
    assert "Standard 3 is yours." in letters[0].body


def test_a_reason_of_another_plan_cannot_be_accepted(session: Session) -> None:
    found, (two, three) = planned(session)
    add(session, found, two)
    reason(session, found, three)
    give_back(session, found)
    with pytest.raises(NotFound):
        decide(session, found, False, reason="More", accepted_reasons=[two.id])


def test_qa_and_the_office_are_told_of_a_returned_plan(session: Session) -> None:
    found, improvements = planned(session)
    for each in improvements:
        add(session, found, each)
    give_back(session, found)
    to = session.scalars(
        select(OutboxMessage.to_email).where(OutboxMessage.dedupe_key.like("plan-returned:%"))
    ).all()
    assert sorted(to) == sorted([found.chair.email, found.office.email])


def test_a_reason_is_fixed_while_qa_has_the_plan_and_not_given_beside_actions(
    session: Session,
) -> None:
    found, (two, three) = planned(session)
    add(session, found, two)
    with pytest.raises(Refused, match="There are actions"):
        reason(session, found, two)
    reason(session, found, three)
    give_back(session, found)
    with pytest.raises(Refused, match="QA has the plan"):
        reason(session, found, three, "Another")


def test_an_improvement_published_later_asks_for_the_plan_again(session: Session) -> None:
    found, improvements = planned(session)
    for each in improvements:
        add(session, found, each)
    give_back(session, found, LATER)
    decide(session, found, True, LATER)
    after = LATER + timedelta(days=1)
    reviews.rate(
        session,
        found.actor(session, "qa"),
        found.return_.id,
        4,
        label="red",
        improvement="Begin again.",
        reason="The visit showed otherwise.",
        now=after,
    )
    reviews.publish(session, found.actor(session, "chair"), found.return_.id, now=after)
    assert state(session, found) is PlanState.TO_RETURN
    with pytest.raises(Invalid, match="Standard 4"):
        give_back(session, found, after)


def test_without_an_improvement_there_is_no_plan(session: Session) -> None:
    found = panel(session)
    rated(session, found)
    assert state(session, found) is PlanState.NOT_ASKED
    with pytest.raises(Refused, match="no plan to return"):
        give_back(session, found)


@pytest.mark.parametrize("who", ["contributor", "qa", "office", "scrutineer"])
def test_only_the_lead_returns_the_plan(session: Session, who: str) -> None:
    found, _ = planned(session)
    with pytest.raises(NotAllowed):
        plans.return_plan(session, found.actor(session, who), found.return_.id, now=NOW)


@pytest.mark.parametrize("who", ["lead", "contributor", "office", "scrutineer"])
def test_only_qa_decides(session: Session, who: str) -> None:
    found, improvements = planned(session)
    for each in improvements:
        add(session, found, each)
    give_back(session, found)
    actor = found.actor(session, who)
    with pytest.raises(NotAllowed):
        plans.decide_plan(session, actor, found.return_.id, accepted=True, now=NOW)
    assert session.scalar(select(PlanDecision)) is None


def test_a_member_of_the_agency_decides_nothing_for_it(session: Session) -> None:
    found, improvements = planned(session)
    for each in improvements:
        add(session, found, each)
    give_back(session, found)
    make.grant(session, found.qa, Role.LEAD, membership=found.agency)
    with pytest.raises(NotAllowed):
        decide(session, found, True)


def test_monitoring_is_raised_and_lifted_with_a_reason(session: Session) -> None:
    found, (two, _) = planned(session)
    action = add(session, found, two)
    qa, return_id = found.actor(session, "qa"), found.return_.id
    with pytest.raises(Invalid):
        plans.monitor(session, qa, return_id, 2, raised=True, reason=" ", now=NOW)
    with pytest.raises(Refused):
        plans.monitor(session, qa, return_id, 2, raised=False, reason="x", now=NOW)
    plans.monitor(
        session, qa, return_id, 2, raised=True, reason="Late twice", action_id=action.id, now=NOW
    )
    plans.monitor(session, qa, return_id, 5, raised=True, reason="New lead", now=NOW)
    assert sorted(flags_of(session, return_id), key=str) == [(2, action.id), (5, None)]
    with pytest.raises(Refused, match="already"):
        plans.monitor(session, qa, return_id, 5, raised=True, reason="Again", now=NOW)
    plans.monitor(session, qa, return_id, 5, raised=False, reason="Settled", now=LATER)
    assert list(flags_of(session, return_id)) == [(2, action.id)]
    with pytest.raises(NotFound):
        plans.monitor(
            session, qa, return_id, 3, raised=True, reason="x", action_id=action.id, now=NOW
        )
    with pytest.raises(NotAllowed):
        plans.monitor(
            session,
            found.actor(session, "lead"),
            return_id,
            2,
            raised=False,
            reason="x",
            now=NOW,
        )
