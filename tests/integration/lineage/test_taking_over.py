"""Last cycle's answers beside this one's questions, taken over one by one."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.errors import Refused
from s11audit.models import Response, Stage, StoredLineage, TakeOver
from s11audit.queries.open_improvements import open_of
from s11audit.queries.responses import response_for
from s11audit.queries.take_overs import taken_from
from s11audit.services.taking_over import take_over
from tests import factories as make
from tests.factories import NOW
from tests.integration.lineage.new_cycle import new_cycle
from tests.integration.responses.test_pages import form_of
from tests.integration.updates.second_year import publish
from tests.support.counting import counted_queries
from tests.support.web import sign_in

one_engine = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@one_engine
def test_an_answer_is_taken_over_by_its_button_and_nothing_typed_is_lost(
    client: FlaskClient, session: Session
) -> None:
    at = new_cycle(session)
    sign_in(client, at.lead)
    page = f"/returns/{at.now.id}/standards/"
    shown = client.get(f"{page}6").text
    for words in (
        "Last time: Audit 2023",
        "Reworded since last time",
        "QA on standard 9.",
        "What we do about standard 9.",
        "Take over this answer",
    ):
        assert words in shown
    assert "New in this tool" in client.get(f"{page}4").text
    assert "It was a judgement and is a figure now" in client.get(f"{page}8").text
    assert "Improve standard 5." in client.get(f"{page}11").text
    assert "Still open" in client.get(f"{page}11").text

    for other in ("tasks", "plan"):
        listed = client.get(f"/returns/{at.now.id}/{other}").text
        assert "Still open from earlier cycles" in listed and "Improve standard 7." in listed
    assert "What is still open" in client.get(f"/agencies/{at.agency.id}/plan").text

    sent = form_of(shown) | {
        "statement": "Typed and not saved.", "take_over": f"answer:6.2:{at.was.id}.9.9.3"
    }  # fmt: skip
    after = client.post(f"{page}6", data=sent, follow_redirects=True).text
    assert "1 answer was taken over" in after
    assert "Taken over, to be confirmed" in client.get(f"/returns/{at.now.id}/tasks").text
    response = response_for(session, at.now.id, 6)
    assert response is not None
    assert response.statement == "Typed and not saved."
    assert response.taken_over == ["answer:6.2"]
    assert {each.requirement: each.value["value"] for each in response.answers} == {"6.2": "met"}

    refused = client.post(
        f"{page}6",
        data=form_of(after) | {"take_over": f"statement:{at.was.id}.9"},
        follow_redirects=True,
    ).text
    assert "You have written a statement already" in refused
    assert "marked “From before”" in client.get(f"/returns/{at.now.id}/check").text

    confirmed = form_of(after) | {"still_holds": "y", "save": "y"}
    assert client.post(f"{page}6", data=confirmed).status_code == 302
    session.rollback()
    response = response_for(session, at.now.id, 6)
    assert response is not None and response.taken_over == []
    [kept] = taken_from(session, at.now.id)[6]
    assert kept["from_return"] == at.was.id and kept["from_part"] == "answer:9.3"


def test_all_that_was_asked_before_is_taken_over_and_the_lineage_recorded(
    session: Session,
) -> None:
    at = new_cycle(session)
    lead = make.actor(session, at.lead)
    parts = take_over(session, lead, at.now.id, 6, "all", now=NOW)
    session.commit()
    # 6.1 is merged from two, 6.3 a part of another standard's: only 6.2 was merely reworded.
    assert parts == ["answer:6.2", "statement"]
    lineage = session.scalars(select(StoredLineage)).one()
    assert (lineage.was_key, lineage.version) == ("lancashire-2012", 1)
    rows = session.scalars(select(TakeOver)).all()
    assert {each.lineage_id for each in rows} == {lineage.id}
    with pytest.raises(Refused, match="nothing to take over"):
        take_over(session, lead, at.now.id, 6, "all", now=NOW)
    with pytest.raises(Refused, match="not offered"):
        take_over(session, lead, at.now.id, 6, "answer:6.2:999.9.9.3", now=NOW)
    with pytest.raises(Refused, match="is a figure now"):
        take_over(session, lead, at.now.id, 8, f"answer:8.1:{at.was.id}.7.7.2", now=NOW)
    session.rollback()


@one_engine
def test_the_same_tool_needs_no_lineage(session: Session) -> None:
    at = new_cycle(session, tool="lancashire-2012")
    lead = make.actor(session, at.lead)
    assert take_over(session, lead, at.now.id, 1, "all", now=NOW) == [
        "answer:1.1", "answer:1.2", "statement",
    ]  # fmt: skip
    session.commit()
    assert session.scalars(select(StoredLineage)).all() == []
    response = session.scalars(select(Response).where(Response.return_id == at.now.id)).one()
    assert not response.complete and response.self_label is None


@one_engine
def test_the_page_asks_a_fixed_number_of_queries(client: FlaskClient, session: Session) -> None:
    at = new_cycle(session)
    sign_in(client, at.lead)
    with counted_queries() as queries:
        assert client.get(f"/returns/{at.now.id}/standards/1").status_code == 200
    assert len(queries) <= 12, "\n".join(queries)


@one_engine
def test_an_improvement_stays_open_until_its_standard_is_green_in_any_stage(
    session: Session,
) -> None:
    at = new_cycle(session)
    assert [each.standard for each in open_of(session, at.agency.id)] == [5, 7]
    session.add(
        Stage(cycle_id=at.before.id, number=2, opens_on=make.TODAY, due_on=make.TODAY)
    )  # fmt: skip
    session.flush()
    second = make.return_(session, at.agency, at.before, stage=2)
    publish(session, second, {}, only=(5,))
    session.commit()
    assert [each.standard for each in open_of(session, at.agency.id)] == [7]
