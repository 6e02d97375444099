"""Saving a standard: what is kept, what is refused, and that nothing is lost."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Category, Rag, ReturnState, Role, Standing
from s11audit.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from s11audit.domain.policy import Actor
from s11audit.models import AuditLog, AuditPayload, Response, Return
from s11audit.queries.responses import response_for
from s11audit.services.responses import (
    LONGEST_TEXT,
    ProposedActionValues,
    ResponseValues,
    assign,
    save_response,
)
from tests import factories
from tests.integration.responses.filling import NOW, Scene, reload, scene, whole


def save(
    session: Session, at: Scene, values: ResponseValues, based_on: int = 0,
    standard: int = 1, actor: Actor | None = None,
) -> Response:  # fmt: skip
    saved = save_response(
        session, actor or at.actor(session, at.contributor), at.return_.id, standard, values,
        based_on=based_on, now=NOW,
    )  # fmt: skip
    session.commit()
    return saved


def test_the_first_save_begins_the_return(session: Session) -> None:
    at = scene(session)
    saved = save(
        session, at, ResponseValues("We lead.", "amber", answers={"1.1": {"value": "met"}})
    )
    assert (saved.version, saved.self_rag, saved.saved_by_id) == (1, Rag.AMBER, at.contributor.id)
    assert reload(session, at.return_).state is ReturnState.IN_PROGRESS
    whats = session.scalars(select(AuditLog.what).order_by(AuditLog.id)).all()
    assert whats == ["return.begun", "response.saved"]


def test_everything_is_read_back_as_it_was_saved(session: Session) -> None:
    at = scene(session)
    values = replace(
        whole(5, "red"),
        statement="One\r\ntwo\rthree",
        proposed_actions=(
            ProposedActionValues("Train all staff", "Head of HR", date(2026, 9, 30)),
            ProposedActionValues(),
            ProposedActionValues("Audit it"),
        ),
    )
    save(session, at, values, standard=5)
    found = response_for(session, at.return_.id, 5)
    assert found is not None
    assert found.statement == "One\ntwo\nthree"
    assert [(each.number, each.what, each.due_on) for each in found.proposed_actions] == [
        (1, "Train all staff", date(2026, 9, 30)),
        (2, "Audit it", None),
    ]
    assert {each.requirement for each in found.answers} == {"5.1", "5.2", "5.3"}


def test_saving_nothing_new_writes_nothing(session: Session) -> None:
    at = scene(session)
    save(session, at, whole(1))
    logged = session.scalar(select(func.count()).select_from(AuditLog))
    assert save(session, at, whole(1), based_on=0).version == 1  # even from an old page
    assert session.scalar(select(func.count()).select_from(AuditLog)) == logged


def test_only_what_changed_is_logged(session: Session) -> None:
    at = scene(session)
    save(session, at, whole(1))
    save(session, at, replace(whole(1), statement="Shorter."), based_on=1)
    latest = session.scalar(select(AuditPayload.document).order_by(AuditPayload.log_id.desc()))
    assert json.loads(latest or "") == {
        "before": {"standard": 1, "statement": "What we do for standard 1."},
        "after": {"standard": 1, "statement": "Shorter."},
    }


def test_an_answer_that_is_cleared_goes(session: Session) -> None:
    at = scene(session)
    save(session, at, whole(1))
    save(session, at, ResponseValues(answers={"1.2": {"value": "met"}}), based_on=1)
    found = response_for(session, at.return_.id, 1)
    assert found is not None and [each.requirement for each in found.answers] == ["1.2"]
    assert found.self_rag is None


def test_actions_shrink_and_grow(session: Session) -> None:
    at = scene(session)
    actions = tuple(ProposedActionValues(f"Action {number}") for number in range(3))
    save(session, at, ResponseValues(proposed_actions=actions))
    save(session, at, ResponseValues(proposed_actions=actions[1:2]), based_on=1)
    save(session, at, ResponseValues(proposed_actions=actions[1:] + actions[:1]), based_on=2)
    found = response_for(session, at.return_.id, 1)
    assert found is not None
    assert [each.what for each in found.proposed_actions] == ["Action 1", "Action 2", "Action 0"]


def test_the_second_of_two_colleagues_is_told(session: Session) -> None:
    at = scene(session)
    save(session, at, ResponseValues("Mine"))
    with pytest.raises(Conflict) as raised:
        save(session, at, ResponseValues("Theirs"), actor=at.actor(session, at.lead))
    assert raised.value.current == 1
    session.rollback()
    found = response_for(session, at.return_.id, 1)
    assert found is not None and found.statement == "Mine"


def test_a_statement_over_the_limit_is_kept(session: Session) -> None:
    at = scene(session)
    assert save(session, at, ResponseValues("word " * 300)).statement == "word " * 300


def test_what_is_far_too_long_is_refused_by_its_name(session: Session) -> None:
    at = scene(session)
    with pytest.raises(Invalid) as raised:
        save(session, at, ResponseValues("x" * (LONGEST_TEXT + 1)))
    assert "100,001 characters" in raised.value.problems["statement"]


@pytest.mark.parametrize(
    "values",
    [
        ResponseValues(answers={"9.9": {"value": "met"}}),
        ResponseValues(answers={"2.1": {"value": "met"}}),
        ResponseValues(answers={"1.1": {"value": "perhaps"}}),
        ResponseValues(self_label="blue"),
        ResponseValues(proposed_actions=tuple(ProposedActionValues("x") for _ in range(21))),
    ],
)
def test_wrong_values_are_refused(session: Session, values: ResponseValues) -> None:
    at = scene(session)
    with pytest.raises(Invalid):
        save(session, at, values)


def test_a_requirement_for_other_categories_is_refused(session: Session) -> None:
    at = scene(session)
    from s11audit.tools import loader

    tool = loader.load_builtin("lancashire-2012")
    limited = [
        (standard.number, requirement)
        for standard in tool.standards
        for requirement in standard.requirements
        if requirement.categories
    ]
    assert limited, "the tool has a requirement that is limited to categories"
    number, requirement = limited[0]
    others = tuple(each for each in Category if each not in requirement.categories)[:1]
    at.return_.categories = others
    session.commit()
    with pytest.raises(Invalid):
        save(session, at, ResponseValues(answers={requirement.key: {"value": "met"}}), 0, number)


def test_a_standard_that_is_not_asked_is_not_found(session: Session) -> None:
    at = scene(session)
    with pytest.raises(NotFound):
        save(session, at, ResponseValues("Hello"), standard=77)


def test_who_may_not_fill_in(session: Session) -> None:
    at = scene(session)
    elsewhere = factories.membership(session, at.board)
    stranger = factories.user(session, Role.LEAD, membership=elsewhere)
    session.commit()
    with pytest.raises(NotFound):
        save(session, at, ResponseValues("Hello"), actor=at.actor(session, stranger))
    session.rollback()
    for user in (at.office, at.qa):
        with pytest.raises(NotAllowed):
            save(session, at, ResponseValues("Hello"), actor=at.actor(session, user))
        session.rollback()


@pytest.mark.parametrize(
    "state",
    [ReturnState.SUBMITTED, ReturnState.IN_REVIEW, ReturnState.RATED, ReturnState.CLOSED],
)
def test_what_was_sent_in_cannot_be_changed(session: Session, state: ReturnState) -> None:
    at = scene(session)
    at.return_.state = state
    session.commit()
    with pytest.raises(Refused):
        save(session, at, ResponseValues("Hello"))


def test_after_the_due_date_it_is_accepted_until_the_stage_closes(session: Session) -> None:
    at = scene(session)
    stage = at.return_.stage
    at.return_.due_on = stage.due_on = factories.TODAY - timedelta(days=30)
    session.commit()
    save(session, at, ResponseValues("Late"))
    stage.closed_at = NOW
    session.commit()
    with pytest.raises(Refused, match="closed"):
        save(session, at, ResponseValues("Too late"), based_on=1)


def test_not_before_it_opens_and_not_while_excused(session: Session) -> None:
    at = scene(session)
    stage = at.return_.stage
    stage.opened_at, stage.opens_on = None, factories.TODAY + timedelta(days=1)
    session.commit()
    with pytest.raises(Refused, match="the audit opens on"):
        save(session, at, ResponseValues("Early"))
    session.rollback()
    stage.opened_at = NOW
    at.return_.standing = Standing.EXCUSED
    session.commit()
    with pytest.raises(Refused, match="excused"):
        save(session, at, ResponseValues("Excused"))


def test_assigning_leaves_an_open_page_able_to_save(session: Session) -> None:
    at = scene(session)
    lead = at.actor(session, at.lead)
    assign(session, lead, at.return_.id, 1, at.contributor.id, now=NOW)
    session.commit()
    assert reload(session, at.return_).state is ReturnState.NOT_STARTED
    saved = save(session, at, ResponseValues("Begun"), based_on=0)
    assert (saved.version, saved.assigned_to_id) == (1, at.contributor.id)
    assign(session, lead, at.return_.id, 1, None, now=NOW)
    session.commit()
    assert session.scalar(select(Response.assigned_to_id)) is None


def test_only_the_lead_assigns_and_only_to_colleagues(session: Session) -> None:
    at = scene(session)
    with pytest.raises(NotAllowed):
        assign(session, at.actor(session, at.contributor), at.return_.id, 1, at.lead.id, now=NOW)
    session.rollback()
    with pytest.raises(Invalid):
        assign(session, at.actor(session, at.lead), at.return_.id, 1, at.office.id, now=NOW)
    assert session.scalar(select(func.count()).select_from(Return)) == 1
