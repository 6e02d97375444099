"""What stage 1 required goes on in stage 2, and nothing is asked twice (domain rule 26)."""

import json

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.enums import ActionState, Rag
from s11audit.domain.errors import Refused
from s11audit.domain.policy import OPERATOR
from s11audit.models import Action, Improvement
from s11audit.queries.actions import plan_of
from s11audit.queries.plan_lists import plans_of_agency
from s11audit.queries.returns import return_by_id
from s11audit.reports import as_json
from s11audit.reports.build import build_compliance
from s11audit.scoring.actions import PlanState
from s11audit.services import actions, plans
from tests.factories import NOW, TODAY
from tests.integration.updates.second_year import (
    AMBER_2_RED_5,
    LATER,
    SecondYear,
    publish,
    second_year,
    send_update,
)


def _cells(session: Session, year: SecondYear, stage: int) -> tuple[object, object]:
    report = build_compliance(session, OPERATOR, year.cycle.id, stage, now=LATER)
    row = json.loads(as_json.draw(report))["rows"][0]
    return row["plan_returned"], row["actions_completed"]


def test_unfinished_actions_go_on_in_the_later_stage(session: Session) -> None:
    year = second_year(session, AMBER_2_RED_5)
    lead, qa = year.actor(session, "lead"), year.actor(session, "qa")
    required = {each.standard: each for each in session.scalars(select(Improvement))}
    made = {
        (number, what): actions.add_action(
            session, lead, required[number].id, what=what, owner="Head", due_on=TODAY, now=NOW
        )
        for number, what in ((2, "Done"), (2, "Not done"), (5, "Train"))
    }
    plans.return_plan(session, lead, year.first.id, now=NOW)
    actions.report_complete(session, lead, made[2, "Done"].id, note="It is.", now=NOW)
    actions.verify_action(session, qa, made[2, "Done"].id, now=NOW)
    session.commit()
    assert _cells(session, year, 1) == ("yes", "underway")

    # Stage 2: standard 2 is amber again, standard 5 green.
    send_update(session, year)
    publish(session, year.second, {2: Rag.AMBER}, only=(2, 5))
    session.commit()
    session.expire_all()
    again = session.scalars(
        select(Improvement).where(Improvement.return_id == year.second.id)
    ).one()
    assert required[2].superseded_by_id == again.id and required[5].superseded_by_id is None
    carried = session.scalars(select(Action).where(Action.improvement_id == again.id)).one()
    old = made[2, "Not done"]
    assert (carried.what, carried.continues_id) == ("Not done", old.id)
    assert (carried.state, old.state) == (ActionState.OPEN, ActionState.CARRIED_ON)
    with pytest.raises(Refused, match="later stage"):
        actions.add_progress(session, lead, old.id, note="More.", now=LATER)
    session.rollback()

    # One row a plan, each action in one of them; the first stage's figures stand.
    listed = {row.return_id: row for row in plans_of_agency(session, year.agency.id, LATER)}
    assert [sum(row.actions.values()) for row in listed.values()] == [1, 1]
    assert listed[year.second.id].state is PlanState.TO_RETURN
    assert (_cells(session, year, 1), _cells(session, year, 2)) == (
        ("yes", "underway"),
        ("no", "underway"),
    )
    # Its actions are there already: the plan of stage 2 lacks nothing.
    assert plan_of(session, year.second.id).lacks() == []
    plans.return_plan(session, lead, year.second.id, now=LATER)
    actions.report_complete(session, lead, carried.id, note="Named.", now=LATER)
    actions.report_complete(session, lead, made[5, "Train"].id, note="Trained.", now=LATER)
    for action in (carried, made[5, "Train"]):
        actions.verify_action(session, qa, action.id, now=LATER)
    session.commit()
    # What was carried on is verified with it, so that stage 1's plan is done as well.
    assert (_cells(session, year, 1), _cells(session, year, 2)) == (("yes", "yes"), ("yes", "yes"))
    # Standard 5 has been rated in stage 2 since: it does not wait to be rated again, 2 does.
    to_rate = {
        row.return_id: row.to_rate for row in plans_of_agency(session, year.agency.id, LATER)
    }
    assert to_rate == {year.first.id: 0, year.second.id: 1}
    assert return_by_id(session, year.second.id).stage.number == 2
