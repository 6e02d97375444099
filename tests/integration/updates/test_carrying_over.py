"""What a return of the second stage carries over, and when (domain rule 20)."""

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Ask, Rag, ReturnKind, ReturnState
from s11audit.domain.errors import Invalid
from s11audit.jobs.carrying import decide_kinds
from s11audit.models import AuditLog, Rating, Response
from s11audit.queries.carrying import draft_of
from s11audit.queries.responses import evidence_of, responses_of
from s11audit.queries.returns import return_by_id
from s11audit.services import carrying
from s11audit.services.responses import save_response
from s11audit.services.still_true import say_still_true
from s11audit.services.submissions import Signatory
from s11audit.services.submitting import submit
from tests.integration.responses.filling import whole
from tests.integration.updates.second_year import AMBER_2_RED_5, LATER, NOW, publish, second_year

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SIGNATORY = Signatory("Pat Lee", "Chief Executive", "pat@example.org")


def test_the_second_year_from_opening_to_sending_in(session: Session) -> None:
    year = second_year(session, AMBER_2_RED_5, leave_out=(7,))
    lead = year.actor(session, "lead")
    second = year.second.id

    # Before anything is written the pages tell the same as afterwards.
    draft = draft_of(session, return_by_id(session, second))
    told = {number: draft.ask(number) for number in range(1, 10)}
    assert told == {
        **dict.fromkeys((1, 3, 4, 6, 8, 9), Ask.STILL_TRUE),
        2: Ask.UPDATE,
        5: Ask.UPDATE,
        7: Ask.FULL,
    }
    assert draft.responses[2].statement == "What we do about standard 2."
    assert [each.url for each in draft.evidence] == ["https://example.org/policy"]
    session.rollback()

    # The kind is decided for the lists, once; QA's late rating of standard 7 changes nothing.
    session.commit()
    assert carrying.kinds_to_decide(session, NOW) == []  # it has not opened yet
    session.rollback()
    assert (decide_kinds(LATER), decide_kinds(LATER)) == (1, 0)
    assert return_by_id(session, second).kind is ReturnKind.UPDATE

    # A rating that is published before the agency begins counts.
    publish(session, year.first, {}, only=(7,))
    session.commit()
    values = replace(whole(2, "amber"), progress="A deputy was named.")
    saved = save_response(session, lead, second, 2, values, based_on=0, now=LATER)
    session.commit()
    assert saved.taken_over_from_id is not None
    stored = responses_of(session, second)
    assert {number: each.ask for number, each in stored.items()} == told | {7: Ask.STILL_TRUE}
    assert [each.carried_from_id is None for each in evidence_of(session, second)] == [False]
    # The statement was typed anew; what answered the questions is as it was.
    assert stored[2].taken_over and "statement" not in stored[2].taken_over
    assert stored[2].self_rag is Rag.AMBER and stored[5].self_rag is None
    assert stored[3].self_rag is Rag.GREEN

    # Nothing carries silently.
    with pytest.raises(Invalid) as lacking:
        submit(session, lead, second, SIGNATORY, True, now=LATER)
    session.rollback()
    parts = set(lacking.value.problems)
    assert {"1:still_true:", "2:taken_over:", "5:progress:", "5:self_rating:"} <= parts
    assert not any(part.startswith("1:") and part != "1:still_true:" for part in parts)

    green = [number for number in told if number not in (2, 5)]
    with pytest.raises(Invalid):
        say_still_true(session, lead, second, dict.fromkeys(green, True), " ", now=LATER)
    session.rollback()
    say_still_true(
        session, lead, second, dict.fromkeys(green, True) | {9: False}, "Amira Khan", now=LATER
    )
    session.commit()
    stored = responses_of(session, second)
    for number in (2, 5, 9):
        save_response(
            session, lead, second, number,
            replace(whole(number, "green"), progress="Done.", still_holds=True),
            based_on=stored[number].version, now=LATER,
        )  # fmt: skip
    session.commit()
    # Standard 9 was changed since: it cannot be said to be as it was.
    with pytest.raises(Invalid):
        say_still_true(session, lead, second, {9: True}, "Amira Khan", now=LATER)
    session.rollback()

    sent = submit(session, lead, second, SIGNATORY, True, now=LATER)
    session.commit()
    assert sent.self_ratings == {str(number): "green" for number in range(1, 10)}
    parts = {part["number"]: part for part in sent.snapshot["standards"]}
    assert parts[1]["asked"] == "still_true"
    assert parts[1]["still_true"]["name"] == "Amira Khan"
    assert parts[1]["statement"] == "What we do about standard 1."
    assert parts[2]["progress"] == "Done." and parts[2]["rating_before"]["rag"] == "amber"
    assert parts[9]["asked"] == "full" and parts[9]["still_true"] is None
    own = session.scalars(
        select(Rating.standard).where(Rating.return_id == second, Rating.role == "self")
    )
    assert sorted(own) == list(range(1, 10))
    logged = set(session.scalars(select(AuditLog.what).where(AuditLog.return_id == second)))
    assert {"return.kind_decided", "return.carried_over", "return.still_true"} <= logged
    assert return_by_id(session, second).state is ReturnState.SUBMITTED


@SQLITE
def test_all_green_is_a_confirmation_and_may_turn_into_an_update(session: Session) -> None:
    year = second_year(session)
    lead = year.actor(session, "lead")
    decide_kinds(LATER)
    session.rollback()
    session.expire_all()
    assert return_by_id(session, year.second.id).kind is ReturnKind.CONFIRMATION
    say_still_true(session, lead, year.second.id, {4: False}, "", now=LATER)
    assert return_by_id(session, year.second.id).kind is ReturnKind.UPDATE
    say_still_true(session, lead, year.second.id, {4: True}, "Amira Khan", now=LATER)
    assert return_by_id(session, year.second.id).kind is ReturnKind.CONFIRMATION


@SQLITE
def test_nothing_rated_is_asked_in_full_with_what_was_said(session: Session) -> None:
    year = second_year(session, leave_out=tuple(range(1, 10)))
    lead = year.actor(session, "lead")
    session.commit()
    decide_kinds(LATER)
    session.expire_all()
    save_response(session, lead, year.second.id, 1, whole(1), based_on=0, now=LATER)
    session.commit()
    assert return_by_id(session, year.second.id).kind is ReturnKind.FULL
    stored = session.scalars(select(Response).where(Response.return_id == year.second.id)).all()
    assert {each.ask for each in stored} == {Ask.FULL}
    assert stored[1].statement and stored[1].self_rag is None
