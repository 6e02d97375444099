"""The action plan from the pages of both sides."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.enums import ActionState, Category, Rag, ReturnState, Role
from s11audit.domain.policy import OPERATOR
from s11audit.models import Action, Improvement, MonitoringFlag, PlanDecision
from s11audit.services import actions, plans
from s11audit.services.publications import Agreed, publish_ratings
from tests import factories as make
from tests.factories import NOW
from tests.support.counting import MOST_QUERIES, counted_queries
from tests.support.reviewing import DUE, Panel, panel, rated
from tests.support.web import sign_in

TYPED = {
    "what": "Write the procedure",
    "owner": "Deputy head",
    "due_on-day": "1",
    "due_on-month": "7",
    "due_on-year": "2030",
}


@pytest.fixture
def found(session: Session) -> Panel:
    """A return with improvements for standards 2 and 3."""
    made = panel(session)
    rated(session, made, {2: Rag.AMBER, 3: Rag.RED})
    session.commit()
    return made


def improvements(session: Session) -> list[int]:
    return list(session.scalars(select(Improvement.id).order_by(Improvement.standard)))


def text(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.text[:2000]
    return answer.text


def test_both_sides_walk_the_plan_to_the_new_rating(
    client: FlaskClient, session: Session, found: Panel
) -> None:
    plan = f"/returns/{found.return_.id}/plan"
    two, three = improvements(session)
    sign_in(client, found.contributor)
    page = text(client, plan)
    for part in ("Show how it is done.", "Take over", "Complete it and take it over"):
        assert part in page, part
    assert "Return the plan" not in page
    taken = client.post(f"{plan}/improvements/{two}/take-over", data={"proposal": "1"})
    assert taken.location == f"{plan}#standard-2"
    again = client.post(f"{plan}/improvements/{two}/take-over", data={"proposal": "1"})
    assert again.status_code == 409
    page = text(client, f"{plan}/improvements/{two}/add?proposal=2")
    assert "Ask young people" in page
    completed = {**TYPED, "what": "Ask young people", "proposal": "2"}
    assert client.post(f"{plan}/improvements/{two}/add", data=completed).status_code == 302
    assert "Take over" not in text(client, plan)

    sign_in(client, found.lead)
    assert "Standard 3: add an action, or say why none is needed" in text(client, f"{plan}/return")
    assert client.post(f"{plan}/return").status_code == 409
    reason = {"reason": "The service was closed in March."}
    assert client.post(f"{plan}/improvements/{three}/no-action", data=reason).status_code == 302
    assert client.post(f"{plan}/return").location == plan
    assert "With QA" in text(client, plan)

    sign_in(client, found.qa)
    assert "Accept or ask again" in text(client, plan)
    assert "The service was closed in March." in text(client, f"{plan}/decide")
    answer = client.post(f"{plan}/decide", data={"decision": "ask_again"})
    assert "Say what the agency has to put right" in answer.text
    ask = {"decision": "ask_again", "reason": "Sooner.", "accepted_reasons": str(three)}
    assert client.post(f"{plan}/decide", data=ask).location == plan

    sign_in(client, found.lead)
    page = text(client, plan)
    assert "Sooner." in page
    assert "Accepted by QA" in page
    assert client.post(f"{plan}/return").status_code == 302
    sign_in(client, found.chair)
    assert client.post(f"{plan}/decide", data={"decision": "accept"}).status_code == 302
    assert "accepted" in text(client, f"{plan}/returned/2").lower()

    contributor = found.contributor
    session.rollback()  # read afresh what the requests wrote
    ids = session.scalars(select(Action.id).order_by(Action.id)).all()
    assert len(ids) == 2
    sign_in(client, contributor)
    for each in ids:
        note = {"note": "Adopted on 3 March."}
        assert client.post(f"{plan}/actions/{each}/progress", data=note).status_code == 302
        assert client.post(f"{plan}/actions/{each}/complete", data=note).status_code == 302
    sign_in(client, found.qa)
    assert "Verify" in text(client, plan)
    again = client.post(f"{plan}/actions/{ids[0]}/ask-again", data={"note": " "})
    assert "Say what is still needed" in again.text
    for each in ids:
        assert client.post(f"{plan}/actions/{each}/verify", data={"note": ""}).status_code == 302
    page = text(client, f"{plan}/actions/{ids[-1]}")
    assert "rate standard 2 again" in page
    assert "Nothing turns green by itself" in text(client, plan)
    board = f"/boards/{found.board.slug}"
    assert "every action verified and to be rated again" in text(client, board)
    assert "1 to rate again" in text(client, f"{board}/plans?show=for_qa")
    rating = {"label": "green", "reason": "The actions are verified.", "save_next": "yes"}
    path = f"/returns/{found.return_.id}/review"
    assert client.post(f"{path}/2", data=rating).status_code == 302
    assert "rate standard 2 again" not in text(client, plan)
    assert "to be rated again" not in text(client, board)
    sign_in(client, found.chair)
    assert client.post(f"{path}/publish").status_code == 302
    session.rollback()
    assert {each.state for each in session.scalars(select(Action))} == {ActionState.VERIFIED}


def test_what_was_typed_is_kept_when_something_is_missing(
    client: FlaskClient, session: Session, found: Panel
) -> None:
    sign_in(client, found.lead)
    path = f"/returns/{found.return_.id}/plan/improvements/{improvements(session)[0]}/add"
    answer = client.post(path, data=TYPED | {"due_on-month": "13", "owner": ""})
    assert answer.status_code == 200
    for part in ("The due date must be a real date", "Say who will do it", "Write the procedure"):
        assert part in answer.text or part == "Say who will do it", part
    answer = client.post(path, data=TYPED | {"owner": ""})
    assert "Say who will do it" in answer.text
    assert "Write the procedure" in answer.text
    assert client.post(path, data=TYPED).status_code == 302
    answer = client.post(path, data=TYPED)
    assert answer.status_code == 409
    assert "in the plan already" in answer.text


def added(session: Session, of: Panel, improvement: int) -> int:
    made = actions.add_action(
        session,
        of.actor(session, "lead"),
        improvement,
        what="Write the procedure",
        owner="Deputy head",
        due_on=DUE,
        now=NOW,
    )
    session.commit()
    return made.id


def test_a_change_that_needs_a_reason_asks_for_it(
    client: FlaskClient, session: Session, found: Panel
) -> None:
    ids = [added(session, found, each) for each in improvements(session)]
    path = f"/returns/{found.return_.id}/plan/actions/{ids[0]}/change"
    sign_in(client, found.lead)
    assert "Why are you changing it?" not in text(client, path)
    plans.return_plan(session, found.actor(session, "lead"), found.return_.id, now=NOW)
    session.commit()
    assert "Why are you changing it?" in text(client, path)
    answer = client.post(path, data=TYPED)
    assert "Say why" in answer.text
    assert client.post(path, data=TYPED | {"reason": "Staff left."}).status_code == 302
    page = text(client, f"/returns/{found.return_.id}/plan/actions/{ids[0]}")
    assert "Due date changed from 1 July 2026 to 1 July 2030." in page
    assert "Reason: Staff left." in page


def test_two_who_change_an_action_lose_nothing(
    client: FlaskClient, session: Session, found: Panel
) -> None:
    action = added(session, found, improvements(session)[0])
    path = f"/returns/{found.return_.id}/plan/actions/{action}/change"
    sign_in(client, found.lead)
    page = text(client, path)
    seen = page.split('name="based_on" type="hidden" value="')[1].split('"')[0]
    first = TYPED | {"what": "Write it by hand", "based_on": seen}
    assert client.post(path, data=first).status_code == 302
    answer = client.post(path, data=TYPED | {"what": "Buy it", "based_on": seen})
    assert answer.status_code == 409
    for part in ("Somebody else changed", "Buy it", "Write it by hand"):
        assert part in answer.text, part


def test_monitoring_from_the_page_does_what_the_page_said(
    client: FlaskClient, session: Session, found: Panel
) -> None:
    sign_in(client, found.qa)
    path = f"/returns/{found.return_.id}/plan/monitor/2"
    assert "Give the reason" in client.post(path, data={"raised": "yes"}).text
    raise_it = {"raised": "yes", "reason": "New lead."}
    assert client.post(path, data=raise_it).status_code == 302
    assert "Monitored" in text(client, f"/returns/{found.return_.id}/plan")
    assert client.post(path, data=raise_it).status_code == 409
    flags = session.scalars(select(MonitoringFlag)).all()
    assert [each.raised for each in flags] == [True]
    assert client.post(path, data={"raised": "no", "reason": "Settled."}).status_code == 302


def test_office_and_scrutineer_read_and_change_nothing(
    client: FlaskClient, session: Session, found: Panel
) -> None:
    action = added(session, found, improvements(session)[0])
    plan = f"/returns/{found.return_.id}/plan"
    for who in (found.office, found.scrutineer):
        sign_in(client, who)
        page = text(client, plan)
        for part in ("Add an action", "Verify", "Return the plan", "Monitor standard"):
            assert part not in page, part
        text(client, f"{plan}/actions/{action}")
        for part in (
            f"actions/{action}/change",
            f"actions/{action}/progress",
            f"actions/{action}/verify",
            "decide",
            "return",
            "monitor/2",
        ):
            text(client, f"{plan}/{part}", 403)
    sign_in(client, found.viewer)
    text(client, plan, 404)


def test_a_reviewer_with_a_role_at_the_agency_decides_nothing(
    client: FlaskClient, session: Session, found: Panel
) -> None:
    make.grant(session, found.qa, Role.CONTRIBUTOR, membership=found.agency)
    session.commit()
    sign_in(client, found.qa)
    text(client, f"/returns/{found.return_.id}/plan/decide", 403)
    assert session.scalar(select(PlanDecision)) is None


def test_another_returns_action_is_not_found(
    client: FlaskClient, session: Session, found: Panel
) -> None:
    action = added(session, found, improvements(session)[0])
    other = panel(session)
    session.commit()
    sign_in(client, other.lead)
    text(client, f"/returns/{other.return_.id}/plan/actions/{action}", 404)
    text(client, f"/returns/{found.return_.id}/plan", 404)


def test_the_lists_show_what_is_asked_for(
    client: FlaskClient, session: Session, found: Panel
) -> None:
    added(session, found, improvements(session)[0])  # due in July 2026
    sign_in(client, found.office)
    path = f"/boards/{found.board.slug}/plans"
    assert found.agency.name in text(client, path)
    assert found.agency.name in text(client, f"{path}?show=to_return")
    assert found.agency.name not in text(client, f"{path}?show=accepted")
    assert found.agency.name not in text(client, f"{path}?agency=nobody")
    sign_in(client, found.lead)
    assert found.cycle.name in text(client, f"/agencies/{found.agency.id}/plan")


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_number_of_queries_is_fixed(client: FlaskClient, session: Session) -> None:
    found = panel(session)
    rated(session, found, dict.fromkeys(range(1, 9), Rag.RED))
    action = added(session, found, improvements(session)[0])
    sign_in(client, found.lead)
    plan = f"/returns/{found.return_.id}/plan"
    paths = [
        (found.qa, f"/boards/{found.board.slug}/plans"),
        (found.qa, f"/boards/{found.board.slug}/plans?show=to_return&page=2"),
        (found.lead, plan),
        (found.qa, plan),
        (found.lead, f"{plan}/actions/{action}"),
        (found.lead, f"{plan}/return"),
        (found.lead, f"{plan}/actions/{action}/change"),
        (found.lead, f"/agencies/{found.agency.id}/plan"),
    ]
    client.get(plan)  # the tool is parsed once a process
    counts: list[list[int]] = []
    own = session.scalars(
        select(Improvement.id).where(Improvement.return_id == found.return_.id)
    ).all()
    for more in (2, 297):
        for _ in range(more):
            agency = make.membership(session, found.board, categories=(Category.VOLUNTARY,))
            return_ = make.return_(session, agency, found.cycle, state=ReturnState.RATED)
            ratings = [Agreed(2, "red", Rag.RED, improvement="Begin.")]
            publish_ratings(session, OPERATOR, return_, ratings, effective_at=NOW, now=NOW)
        for each in own:
            actions.add_action(
                session,
                OPERATOR,
                each,
                what=f"Do {more} things",
                owner="Somebody",
                due_on=DUE,
                now=NOW,
            )
        session.commit()
        counts.append([])
        for person, path in paths:
            sign_in(client, person)
            with counted_queries() as queries:
                assert client.get(path).status_code == 200
            counts[-1].append(len(queries))
    assert counts[0] == counts[1]
    assert max(counts[0]) <= MOST_QUERIES
