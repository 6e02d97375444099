"""A sample audit of one standard, as Leeds' of recruitment: everything honours its scope (domain
rule 25)."""

import json
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.dates import london_today
from s11audit.domain.enums import Category, Rag, ReturnKind, Role
from s11audit.domain.errors import Invalid, Refused
from s11audit.domain.policy import OPERATOR
from s11audit.exchange import returns as imports
from s11audit.exchange.reading import ImportRefused
from s11audit.models import Cycle, Membership, Return, Stage, Submission
from s11audit.queries.carrying import draft_of, standards_to_rate
from s11audit.queries.cycles import who_could_join
from s11audit.queries.return_list import ReturnFilter, list_returns
from s11audit.queries.returns import return_by_id
from s11audit.queries.review_queue import review_queue
from s11audit.queries.scopes import Scope
from s11audit.reports import as_json
from s11audit.reports.build import build_compliance, build_standards
from s11audit.services import cycles
from s11audit.services.publications import Agreed, publish_ratings
from s11audit.services.sample_audits import add_sample_audit
from tests import factories as make
from tests.factories import NOW
from tests.integration.responses.filling import whole
from tests.support.web import sign_in

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DUE = {"due_on-day": "31", "due_on-month": "3", "due_on-year": "2130"}
RECRUITMENT = 7


def _agencies(session: Session) -> dict[str, Membership]:
    board = make.board(session)
    kinds = {
        "Police": Category.POLICE, "College": Category.EDUCATION, "Council": Category.COUNCIL,
    }  # fmt: skip
    return {
        name: make.membership(session, board, name, categories=(kind,))
        for name, kind in kinds.items()
    }


@SQLITE
def test_a_sample_of_one_standard_from_opening_to_its_report(
    session: Session, client: FlaskClient
) -> None:
    agencies = _agencies(session)
    board = agencies["Police"].board
    office = make.user(session, Role.OFFICE, board=board)
    lead = make.user(session, Role.LEAD, membership=agencies["Police"])
    session.commit()
    sign_in(client, office)
    at = f"/boards/{board.slug}/cycles/sample"
    assert "Lancashire" in client.get(at).text
    typed = {"name": "Recruitment", "who": "some", "categories": ["police", "education"], **DUE}
    wrong = client.post(f"{at}?tool=lancashire-2012", data=typed)
    assert "Select at least one standard" in wrong.text
    nobody = typed | {"standards": ["7"], "categories": ["probation"]}
    assert "No agency of the board" in client.post(f"{at}?tool=lancashire-2012", data=nobody).text
    done = client.post(
        f"{at}?tool=lancashire-2012", data=typed | {"standards": ["7"]}, follow_redirects=True
    )
    assert "Standard 7 only, asked of Police and Education" in done.text

    session.rollback()
    cycle = session.scalars(select(Cycle).where(Cycle.name == "Recruitment")).one()
    stage = cycle.stages[0]
    asked = session.scalars(select(Return).where(Return.stage_id == stage.id)).all()
    assert {each.membership.name for each in asked} == {"Police", "College"}
    assert who_could_join(session, stage, london_today(NOW)) == []
    with pytest.raises(Refused, match="asks nothing of Council"):
        cycles.add_late_joiner(session, OPERATOR, stage.id, agencies["Council"].id, now=NOW)
    session.rollback()
    police = next(each for each in asked if each.membership.name == "Police")
    college = next(each for each in asked if each.membership.name == "College")

    sign_in(client, lead)
    here = f"/returns/{police.id}"
    tasks = client.get(f"{here}/tasks").text
    assert f"{here}/standards/7" in tasks and f"{here}/standards/1" not in tasks
    assert "0 of 1 standard complete" in tasks
    assert client.get(f"{here}/standards/1").status_code == 404
    answers = {f"answer-{key}-value": "met" for key in whole(RECRUITMENT).answers}
    saved = {"based_on": "0", "statement": "We check everybody.", "self_label": "amber", **answers}
    assert client.post(f"{here}/standards/7", data=saved | {"save": "y"}).status_code == 302
    signed = {"name": "Pat", "designation": "Chief", "email": "pat@example.org", "declared": "y"}
    sent = client.post(f"{here}/submit", data=signed)
    assert sent.location == f"{here}/submissions/1/submitted"
    for file in ("return.pdf", "return.json"):
        assert client.get(f"{here}/submissions/1/{file}").status_code == 200
    session.rollback()
    submission = session.scalars(select(Submission)).one()
    assert submission.self_ratings == {"7": "amber"}
    assert [part["number"] for part in submission.snapshot["standards"]] == [7]

    # The other comes from a file, which may name no other standard.
    file = "agency,standard,self_rating,statement,submitted_on,agreed_rating,improvement,rated_on\n"
    good, bad = f"{file}College,7,green,,2026-03-03,,,\n", f"{file}College,1,green,,2026-03-03,,,\n"
    where = (session, OPERATOR, board.id, "Recruitment", 1)
    with pytest.raises(ImportRefused, match="Standard 1 does not apply"):
        imports.plan(*where, bad.encode(), "f.csv", now=NOW)
    imports.apply(*where, good.encode(), "f.csv", now=NOW)
    session.commit()

    found = return_by_id(session, police.id)
    assert [each.number for each in standards_to_rate(session, found)] == [RECRUITMENT]
    rows = review_queue(session, OPERATOR, board.id).page.items
    assert {row.standards for row in rows} == {1}
    publish_ratings(
        session, OPERATOR, found,
        [Agreed(RECRUITMENT, "red", Rag.RED, improvement="Check referees.")],
        effective_at=NOW, now=NOW,
    )  # fmt: skip
    session.commit()
    report = json.loads(
        as_json.draw(build_standards(session, OPERATOR, cycle.id, 1, now=datetime.now(UTC)))
    )
    assert [each["number"] for each in report["standards"]] == [RECRUITMENT]
    assert report["rows"] == [
        {"agency": "College", "self": {"7": "green"}, "agreed": {"7": None}},
        {"agency": "Police", "self": {"7": "amber"}, "agreed": {"7": "red"}},
    ]
    table = json.loads(
        as_json.draw(build_compliance(session, OPERATOR, cycle.id, 1, now=datetime.now(UTC)))
    )
    assert {row["agency"]: (row["initial"], row["current"]) for row in table["rows"]} == {
        "College": ("fully", "not_known"),
        "Police": ("partially", "non"),
    }
    wanted = ReturnFilter(stage_id=stage.id)
    listed = list_returns(session, board.id, wanted, london_today(NOW), page=1)
    assert [each.standards for each in listed.items] == [1, 1]
    assert college.kind is ReturnKind.FULL


@SQLITE
def test_a_sample_beside_a_running_cycle_asks_in_full(session: Session) -> None:
    agencies = _agencies(session)
    board = agencies["Police"].board
    cycle = cycles.open_cycle(
        session, OPERATOR, board.id, "Audit", "lancashire-2012", [make.TODAY], now=NOW
    )
    due = london_today(NOW).replace(year=2130)
    stage = add_sample_audit(
        session, OPERATOR, cycle.id, due_on=due, scope=Scope((RECRUITMENT, 1)), now=NOW
    )
    session.commit()
    assert (stage.number, stage.scope_standards) == (2, [1, 7])
    sample = session.scalars(select(Return).where(Return.stage_id == stage.id)).all()
    assert len(sample) == 3 and {each.kind for each in sample} == {ReturnKind.FULL}
    assert draft_of(session, return_by_id(session, sample[0].id)).responses == {}
    for scope in (Scope(), Scope((99,)), Scope((1,), ())):
        with pytest.raises(Invalid):
            add_sample_audit(session, OPERATOR, cycle.id, due_on=due, scope=scope, now=NOW)
    assert session.get_one(Stage, stage.id).opened_at == NOW
