"""What a successor is asked in the second year of what an agency began (domain rules 20, 53)."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from s11audit.domain.enums import Ask, Rag, ReturnKind, SuccessionKind
from s11audit.jobs.carrying import decide_kinds
from s11audit.models import Return
from s11audit.queries.carried_plans import before_of
from s11audit.queries.carrying import draft_of, standards_to_rate
from s11audit.queries.earlier import earlier_of
from s11audit.queries.open_improvements import open_of
from s11audit.queries.responses import responses_of
from s11audit.queries.returns import return_by_id
from s11audit.queries.tools import standards_asked
from s11audit.scoring.carrying import Earlier, with_passed
from s11audit.services.responses import ResponseValues, save_response
from s11audit.services.still_true import say_still_true
from s11audit.services.successions import Wanted, succeed
from s11audit.services.taking_over import take_over
from tests import factories as make
from tests.factories import NOW, TODAY
from tests.integration.updates.second_year import (
    AMBER_2_RED_5,
    LATER,
    SecondYear,
    publish,
    second_year,
)
from tests.support.reviewing import sent_in

one_engine = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
GREEN = [1, 3, 4, 6, 7, 8, 9]


def merge(session: Session, year: SecondYear, into: str) -> int:
    wanted = Wanted(SuccessionKind.MERGED, TODAY, "The trusts became one.", (into,))
    [heir] = succeed(session, year.actor(session, "office"), year.agency.id, wanted, now=LATER)
    session.commit()
    return heir.id


def test_a_successor_begins_from_what_was_sent_in_and_is_rated_afresh(session: Session) -> None:
    year = second_year(session, AMBER_2_RED_5)
    heir = merge(session, year, "North Trust")
    second = return_by_id(session, year.second.id)
    assert second.membership_id == heir
    draft = draft_of(session, second)
    asked = {number: each.ask for number, each in draft.responses.items()}
    assert asked == dict.fromkeys(GREEN, Ask.FULL) | {2: Ask.UPDATE, 5: Ask.UPDATE}
    assert draft.responses[3].statement == "What we do about standard 3."
    assert "statement" in draft.responses[3].taken_over
    assert draft.responses[3].self_rag is None
    assert [each.url for each in draft.evidence] == ["https://example.org/policy"]
    before = before_of(session, second, 5, draft.responses[5])
    assert before is not None and before.rating is not None and before.rating.rag is Rag.RED
    session.rollback()
    decide_kinds(LATER)
    assert decide_kinds(LATER) == 0
    # The lead went along, and goes on as before; the mark stays until it is confirmed.
    lead = make.actor(session, year.lead, LATER.date())
    save_response(
        session, lead, second.id, 2, ResponseValues(progress="Done."), based_on=0, now=LATER
    )
    stored = responses_of(session, second.id)
    assert {number: each.ask for number, each in stored.items()} == asked
    assert return_by_id(session, second.id).kind is ReturnKind.UPDATE
    assert len(standards_to_rate(session, second)) == 9
    # What passed is done once the successor is rated green on it in its later stage.
    publish(session, second, {}, only=(2,))
    assert [each.standard for each in open_of(session, heir)] == [5]


@one_engine
def test_what_was_said_to_be_still_true_is_asked_of_the_successor_in_full(
    session: Session,
) -> None:
    year = second_year(session, AMBER_2_RED_5)
    lead = year.actor(session, "lead")
    say_still_true(
        session, lead, year.second.id, dict.fromkeys(GREEN, True), "Amira Khan", now=LATER
    )
    session.commit()
    merge(session, year, "North Trust")
    stored = responses_of(session, year.second.id)
    assert {stored[number].ask for number in GREEN} == {Ask.FULL}
    assert stored[1].statement == "What we do about standard 1." and not stored[1].complete
    second = return_by_id(session, year.second.id)
    assert len(standards_to_rate(session, second)) == 9


@one_engine
def test_an_agency_that_takes_another_in_is_asked_for_what_passed_to_it(session: Session) -> None:
    year = second_year(session, AMBER_2_RED_5)
    other = make.membership(session, year.board, "Hilltop Trust", categories=year.agency.categories)
    first = make.return_(session, other, year.cycle, state="rated")
    publish(session, first, {3: Rag.AMBER})
    theirs = make.return_(session, other, year.cycle, stage=2)
    session.commit()
    merge(session, year, "Hilltop Trust")
    asked = draft_of(session, return_by_id(session, theirs.id)).responses
    assert {number for number, each in asked.items() if each.ask is Ask.UPDATE} == {2, 3, 5}
    session.rollback()
    decide_kinds(LATER)
    assert session.get_one(Return, theirs.id).kind is ReturnKind.UPDATE


@one_engine
def test_what_several_said_stands_beside_the_questions_of_what_they_became(
    session: Session,
) -> None:
    year = second_year(session, AMBER_2_RED_5)
    other = make.membership(session, year.board, "Hilltop Trust", categories=year.agency.categories)
    sent_in(session, other, year.cycle, rag=Rag.GREEN)
    make.return_(session, other, year.cycle, stage=2)
    merge(session, year, "North Trust")
    wanted = Wanted(SuccessionKind.MERGED, TODAY, "As well.", ("North Trust",))
    succeed(session, year.actor(session, "office"), other.id, wanted, now=LATER)
    session.commit()
    decide_kinds(LATER)
    session.expire_all()
    second = return_by_id(session, year.second.id)
    assert second.kind is ReturnKind.UPDATE
    assert draft_of(session, second).responses.get(3) is None  # nobody puts the two together
    [beside] = earlier_of(session, second, standards_asked(session, second)[2])
    assert sorted(each.agency for each in beside.standards) == [
        "Fellmere Health Trust", "Hilltop Trust",
    ]  # fmt: skip
    session.rollback()
    lead = make.actor(session, year.lead, LATER.date())
    parts = take_over(session, lead, second.id, 3, f"statement:{year.first.id}.3", now=LATER)
    assert parts == ["statement"]


def test_the_worst_of_what_passed_counts_and_ones_own_shortfall_before_it() -> None:
    def rated(standard: int, rag: Rag, order: int) -> Earlier:
        return Earlier(standard, rag, NOW, order)

    own = {1: rated(1, Rag.GREEN, 1), 2: rated(2, Rag.AMBER, 2)}
    passed = [rated(1, Rag.RED, 3), rated(1, Rag.AMBER, 4), rated(2, Rag.RED, 5)]
    found = with_passed(own, [*passed, rated(3, Rag.AMBER, 6)])
    assert {number: each.order for number, each in found.items()} == {1: 3, 2: 2, 3: 6}
