"""The agency works on its actions; QA verifies them or asks again (domain rule 12)."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.enums import ActionEventKind, ActionState, Rag, Role
from s11audit.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from s11audit.models import Action, Improvement, OutboxMessage
from s11audit.queries import actions as read
from s11audit.services import actions, plans
from s11audit.services.log import verify
from tests import factories as make
from tests.factories import NOW
from tests.support.reviewing import DUE, Panel, panel, rated

LATER = NOW + timedelta(days=1)
WHAT = {"what": "Write the procedure", "owner": "Deputy head", "due_on": DUE}


def planned(session: Session) -> tuple[Panel, Improvement]:
    """A return with one improvement published, for standard 2."""
    found = panel(session)
    rated(session, found, {2: Rag.AMBER})
    return found, session.scalars(select(Improvement)).one()


def added(session: Session, of: Panel, improvement: Improvement, **given: object) -> Action:
    values = WHAT | {"now": NOW} | given
    return actions.add_action(session, of.actor(session, "lead"), improvement.id, **values)


def kinds(session: Session, action: Action) -> list[ActionEventKind]:
    return [each.kind for each in read.events_of(session, [action.id])[action.id]]


def test_an_action_goes_from_open_to_verified(session: Session) -> None:
    found, improvement = planned(session)
    helper, qa = found.actor(session, "contributor"), found.actor(session, "qa")
    action = added(session, found, improvement)
    assert (action.number, action.state) == (1, ActionState.OPEN)
    actions.add_progress(session, helper, action.id, note="Drafted.", now=NOW)
    assert action.state is ActionState.UNDERWAY
    actions.report_complete(session, helper, action.id, note="Adopted by the board.", now=NOW)
    actions.ask_again(session, qa, action.id, reason="Send the minutes.", now=LATER)
    assert action.state is ActionState.UNDERWAY
    actions.report_complete(session, helper, action.id, note="Minutes added.", now=LATER)
    actions.verify_action(session, qa, action.id, note="Seen.", now=LATER)
    session.commit()
    assert (action.state, action.verified_at) == (ActionState.VERIFIED, LATER)
    assert read.all_verified(read.improvement_in(session, found.return_.id, improvement.id))
    k = ActionEventKind
    assert kinds(session, action) == [
        k.ADDED,
        k.PROGRESS,
        k.REPORTED_COMPLETE,
        k.ASKED_AGAIN,
        k.REPORTED_COMPLETE,
        k.VERIFIED,
    ]
    assert verify(session)[1] is None


@pytest.mark.parametrize("field", ["what", "owner", "due_on"])
def test_an_action_says_what_who_and_when(session: Session, field: str) -> None:
    found, improvement = planned(session)
    with pytest.raises(Invalid) as raised:
        added(session, found, improvement, **{field: None if field == "due_on" else "  "})
    assert list(raised.value.problems) == [field]


def test_the_same_action_is_not_added_twice(session: Session) -> None:
    found, improvement = planned(session)
    added(session, found, improvement)
    with pytest.raises(Refused, match="already"):
        added(session, found, improvement)


def test_a_proposed_action_is_taken_over_once(session: Session) -> None:
    found, improvement = planned(session)
    lead = found.actor(session, "lead")
    offered = read.plan_of(session, found.return_.id).offered[2]
    assert [(each.number, each.whole) for each in offered] == [(1, True), (2, False)]
    action = actions.take_over(session, lead, improvement.id, 1, now=NOW)
    assert (action.what, action.owner, action.due_on) == (
        "Name a deputy for the safeguarding lead",
        "Head of Operations",
        date(2026, 6, 30),
    )
    with pytest.raises(Refused, match="taken over"):
        actions.take_over(session, lead, improvement.id, 1, now=NOW)
    # What lacks a due date is completed first, and counts as taken over then.
    with pytest.raises(Invalid):
        actions.take_over(session, lead, improvement.id, 2, now=NOW)
    added(session, found, improvement, proposal=2)
    assert read.plan_of(session, found.return_.id).offered[2] == []


def test_what_was_never_proposed_cannot_be_taken_over(session: Session) -> None:
    found, improvement = planned(session)
    for number in (0, 3):
        with pytest.raises((Refused, NotFound)):
            actions.take_over(
                session, found.actor(session, "lead"), improvement.id, number, now=NOW
            )


def test_changes_after_the_plan_was_returned_need_a_reason_and_are_kept(session: Session) -> None:
    found, improvement = planned(session)
    lead = found.actor(session, "lead")
    action = added(session, found, improvement)
    later = WHAT | {"due_on": date(2026, 8, 1)}
    actions.change_action(session, lead, action.id, **later, now=NOW)  # not returned yet
    plans.return_plan(session, lead, found.return_.id, now=NOW)
    with pytest.raises(Invalid) as raised:
        actions.change_action(session, lead, action.id, **WHAT, now=LATER)
    assert list(raised.value.problems) == ["reason"]
    actions.change_action(session, lead, action.id, **WHAT, reason="It can be sooner.", now=LATER)
    note = read.events_of(session, [action.id])[action.id][-1].note
    assert note == (
        "Due date changed from 1 August 2026 to 1 July 2026.\nReason: It can be sooner."
    )


def test_qas_asking_again_opens_the_plan_for_changes(session: Session) -> None:
    found, improvement = planned(session)
    lead, qa = found.actor(session, "lead"), found.actor(session, "qa")
    action = added(session, found, improvement)
    plans.return_plan(session, lead, found.return_.id, now=NOW)
    plans.decide_plan(session, qa, found.return_.id, accepted=False, reason="Sooner.", now=NOW)
    actions.change_action(
        session, lead, action.id, **WHAT | {"due_on": date(2026, 5, 1)}, now=LATER
    )
    assert action.due_on == date(2026, 5, 1)


def test_the_second_of_two_who_change_an_action_is_told(session: Session) -> None:
    found, improvement = planned(session)
    action = added(session, found, improvement)
    seen = read.events_of(session, [action.id])[action.id][-1].id
    actions.add_progress(session, found.actor(session, "lead"), action.id, note="Begun.", now=NOW)
    with pytest.raises(Conflict):
        actions.change_action(
            session,
            found.actor(session, "contributor"),
            action.id,
            **WHAT | {"what": "Write two procedures"},
            based_on=seen,
            now=NOW,
        )


def test_the_only_action_stays_once_qa_has_the_plan(session: Session) -> None:
    found, improvement = planned(session)
    lead = found.actor(session, "lead")
    action = added(session, found, improvement)
    plans.return_plan(session, lead, found.return_.id, now=NOW)
    with pytest.raises(Invalid):
        actions.remove_action(session, lead, action.id, now=NOW)
    with pytest.raises(Refused, match="only action"):
        actions.remove_action(session, lead, action.id, reason="No need", now=NOW)
    added(session, found, improvement, what="Train everybody")
    actions.remove_action(session, lead, action.id, reason="Replaced", now=NOW)
    live = read.live_actions(read.improvement_in(session, found.return_.id, improvement.id))
    assert [each.what for each in live] == ["Train everybody"]
    with pytest.raises(Refused, match="removed"):
        actions.add_progress(session, lead, action.id, note="x", now=NOW)


def test_a_verified_action_changes_no_more(session: Session) -> None:
    found, improvement = planned(session)
    lead, qa = found.actor(session, "lead"), found.actor(session, "qa")
    action = added(session, found, improvement)
    with pytest.raises(Refused):
        actions.verify_action(session, qa, action.id, now=NOW)
    actions.report_complete(session, lead, action.id, note="Done.", now=NOW)
    actions.verify_action(session, qa, action.id, now=NOW)
    for change in (actions.add_progress, actions.report_complete):
        with pytest.raises(Refused, match="verified"):
            change(session, lead, action.id, note="More", now=NOW)


@pytest.mark.parametrize("who", ["qa", "chair", "office", "scrutineer"])
def test_only_the_agency_edits_its_plan(session: Session, who: str) -> None:
    found, improvement = planned(session)
    with pytest.raises(NotAllowed):
        actions.add_action(session, found.actor(session, who), improvement.id, **WHAT, now=NOW)


def test_nobody_verifies_for_an_agency_where_they_hold_a_role(session: Session) -> None:
    found, improvement = planned(session)
    action = added(session, found, improvement)
    lead = found.actor(session, "lead")
    actions.report_complete(session, lead, action.id, note="Done.", now=NOW)
    with pytest.raises(NotAllowed):
        actions.verify_action(session, lead, action.id, now=NOW)
    make.grant(session, found.qa, Role.LEAD, membership=found.agency)
    with pytest.raises(NotAllowed):
        actions.verify_action(session, found.actor(session, "qa"), action.id, now=NOW)


def test_another_agencys_action_does_not_exist(session: Session) -> None:
    found, improvement = planned(session)
    action = added(session, found, improvement)
    other = panel(session)
    with pytest.raises(NotFound):
        actions.add_progress(session, other.actor(session, "lead"), action.id, note="x", now=NOW)
    with pytest.raises(NotFound):
        actions.verify_action(session, other.actor(session, "qa"), action.id, now=NOW)


def test_qa_is_written_to_at_most_once_a_day_about_a_plan(session: Session) -> None:
    found, improvement = planned(session)
    lead = found.actor(session, "lead")
    for number in range(3):
        action = added(session, found, improvement, what=f"Do thing {number}")
        actions.report_complete(session, lead, action.id, note="Done.", now=NOW)
    to = session.scalars(
        select(OutboxMessage.to_email).where(OutboxMessage.dedupe_key.like("action-reported:%"))
    ).all()
    assert sorted(to) == sorted([found.qa.email, found.chair.email])
