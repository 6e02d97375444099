"""Agencies merge, split, are renamed and close: what passes, what stays, and who reads it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Rag, ReturnState, Role, Standing, SuccessionKind
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.policy import Can, can, holds_role_at
from s11audit.models import (
    Grant,
    Improvement,
    Membership,
    OutboxMessage,
    Response,
    Return,
    Succession,
)  # fmt: skip
from s11audit.queries.allotments import candidates
from s11audit.queries.earlier import earlier_of
from s11audit.queries.open_improvements import ended_of, open_before, open_of
from s11audit.queries.returns import facts_of, return_by_id
from s11audit.queries.successions import reaches_as_heir
from s11audit.queries.take_overs import taken_from
from s11audit.queries.tools import standards_asked
from s11audit.reports.build import build_compliance
from s11audit.services import actions
from s11audit.services.responses import ResponseValues, save_response
from s11audit.services.successions import Wanted, preview, succeed
from s11audit.services.taking_over import take_over
from tests import factories as make
from tests.factories import NOW, TODAY
from tests.integration.lineage.new_cycle import NewCycle, new_cycle

one_engine = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
K = SuccessionKind
LATER = NOW + timedelta(days=5)


def wanted(kind: SuccessionKind, *names: str, **more: object) -> Wanted:
    return Wanted(
        kind,
        date(2026, 3, 6),
        "The trusts became one.",
        names,
        **more,  # type: ignore[arg-type]
    )


def drafted(session: Session, at: NewCycle, return_: Return, words: str) -> None:
    save_response(
        session, make.actor(session, at.lead), return_.id, 12, ResponseValues(words),
        based_on=0, now=NOW,
    )  # fmt: skip
    session.commit()


def names_of(session: Session, at: NewCycle, day: date) -> list[str]:
    office = make.actor(session, at.office)
    report = build_compliance(session, office, at.cycle.id, 1, day, now=LATER)
    return [row.agency for row in report.rows]


def test_a_merger_into_a_new_agency_passes_on_what_is_under_way(session: Session) -> None:
    at = new_cycle(session)
    drafted(session, at, at.now, "Begun by Fellmere.")
    office, lead = make.actor(session, at.office), make.actor(session, at.lead)
    [new] = succeed(session, office, at.agency.id, wanted(K.MERGED, "North Trust"), now=LATER)
    session.commit()
    # The draft is the successor's now, the return of the last cycle stays where it was sent in.
    passed = return_by_id(session, at.now.id)
    assert (passed.membership_id, passed.state) == (new.id, ReturnState.IN_PROGRESS)
    assert session.get_one(Return, at.was.id).membership_id == at.agency.id
    assert {each.membership_id for each in open_of(session, new.id)} == {new.id}
    assert [each.standard for each in open_before(session, passed)] == [5, 7]
    assert session.get_one(Membership, at.agency.id).ends_on == date(2026, 3, 6)
    # The report as at the day before shows the old name.
    assert names_of(session, at, date(2026, 3, 5)) == ["Fellmere Health Trust"]
    assert names_of(session, at, date(2026, 3, 6)) == ["North Trust"]
    # The lead is the successor's, reads the old return and goes on with its plan.
    lead = make.actor(session, at.lead, LATER.date())
    was = return_by_id(session, at.was.id)
    assert can(lead, Can.FILL_IN, facts_of(passed))
    assert can(lead, Can.SEE_RETURN, facts_of(was))
    improvement = open_of(session, new.id)[0]
    actions.add_action(
        session, lead, improvement.id, what="Do it", owner="Us", due_on=TODAY, now=LATER
    )
    # Who works there is told.
    [letter] = session.scalars(select(OutboxMessage)).all()
    assert letter.to_email == at.lead.email
    assert "Fellmere Health Trust merged into North Trust on 6 March 2026" in letter.body
    # What Fellmere said in the last cycle still stands beside the questions.
    assert "answer:6.2" in take_over(session, lead, at.now.id, 6, "all", now=LATER)
    assert taken_from(session, at.now.id)[6][0]["from_return"] == at.was.id
    stranger = make.actor(session, make.user(session, Role.LEAD, membership=make.membership(
        session, at.board)))  # fmt: skip
    assert not can(stranger, Can.SEE_RETURN, facts_of(was))
    # Nobody reviews what their agency came from.
    peer = make.user(session, Role.QA, board=at.board)
    make.grant(session, peer, Role.CONTRIBUTOR, membership=new)
    reviewers = candidates(session, at.board.id, LATER.date())
    [found] = [each.actor for each in reviewers if each.user.id == peer.id]
    assert found.grants == make.actor(session, peer, LATER.date()).grants
    assert holds_role_at(found, facts_of(was))


@one_engine
def test_a_merger_into_an_agency_with_a_return_withdraws_the_other_and_keeps_its_words(
    session: Session,
) -> None:
    at = new_cycle(session)
    other = make.membership(session, at.board, "Hilltop Trust", categories=at.agency.categories)
    theirs = make.return_(session, other, at.cycle)
    drafted(session, at, at.now, "Begun by Fellmere.")
    office = make.actor(session, at.office)
    succeed(session, office, at.agency.id, wanted(K.MERGED, "hilltop trust"), now=LATER)
    session.commit()
    withdrawn = return_by_id(session, at.now.id)
    assert withdrawn.standing is Standing.WITHDRAWN
    assert withdrawn.membership_id == at.agency.id
    lead = make.actor(session, at.lead, LATER.date())
    assert can(lead, Can.SEE_DRAFT, facts_of(withdrawn))
    parts = take_over(session, lead, theirs.id, 12, f"statement:{at.now.id}.12", now=LATER)
    assert parts == ["statement"]
    response = session.scalars(select(Response).where(Response.return_id == theirs.id)).one()
    assert response.statement == "Begun by Fellmere."


@one_engine
def test_a_split_goes_as_the_office_chose_and_may_leave_the_agency_there(
    session: Session,
) -> None:
    at = new_cycle(session)
    second = make.user(session, Role.CONTRIBUTOR, membership=at.agency)
    office = make.actor(session, at.office)
    five, seven = open_of(session, at.agency.id)
    grant = session.scalars(select(Grant).where(Grant.user_id == second.id)).one()
    made = succeed(
        session, office, at.agency.id,
        wanted(
            K.SPLIT, "Fellmere Health Trust", "Fellmere Community",
            improvements={seven.id: 1}, people={grant.id: 1},
        ),
        now=LATER,
    )  # fmt: skip
    session.commit()
    assert made[0].id == at.agency.id and made[0].ends_on is None
    community = made[1]
    holders = {each.standard: each.membership_id for each in session.scalars(select(Improvement))}
    assert holders == {5: at.agency.id, 7: community.id}
    assert five.standard == 5
    [row] = session.scalars(select(Succession)).all()
    assert (row.predecessor_id, row.successor_id) == (at.agency.id, community.id)
    assert return_by_id(session, at.now.id).membership_id == at.agency.id
    # What split off reads what was sent in before, and nothing of what goes on.
    was, draft = return_by_id(session, at.was.id), return_by_id(session, at.now.id)
    contributor = make.actor(session, second)
    assert reaches_as_heir(session, contributor, Can.SEE_RETURN, was)
    assert reaches_as_heir(session, contributor, Can.EDIT_PLAN, was)
    assert not reaches_as_heir(session, contributor, Can.SEE_RETURN, draft)
    for action in (Can.FILL_IN, Can.SEE_DRAFT, Can.SUBMIT):
        assert not reaches_as_heir(session, contributor, action, was)
        assert not can(contributor, action, facts_of(draft))
    # Each works on its own improvements: what passed is no longer the other's to change.
    lead, contributor = make.actor(session, at.lead), make.actor(session, second)
    with pytest.raises(NotFound):
        actions.add_action(
            session, lead, seven.id, what="Do it", owner="Us", due_on=TODAY, now=LATER
        )
    actions.add_action(
        session, contributor, seven.id, what="Do it", owner="Us", due_on=TODAY, now=LATER
    )


@one_engine
def test_what_split_off_sees_nothing_of_what_the_agency_that_goes_on_writes(
    session: Session,
) -> None:
    at = new_cycle(session)
    office = make.actor(session, at.office)
    names = ("Fellmere Health Trust", "Fellmere Community")
    _stays, community = succeed(session, office, at.agency.id, wanted(K.SPLIT, *names), now=LATER)
    drafted(session, at, at.now, "Written after the split.")
    theirs = return_by_id(session, make.return_(session, community, at.cycle).id)
    beside = earlier_of(session, theirs, standards_asked(session, theirs)[5])
    # Their own last cycle, which they shared, and no draft of this one.
    assert [(each.named, len(each.standards) > 0) for each in beside] == [("Audit 2023", True)]
    assert {each.agreed.rag for each in beside[0].standards if each.agreed} == {"green"}


@one_engine
def test_a_new_name_leaves_the_old_one_in_earlier_reports(session: Session) -> None:
    at = new_cycle(session)
    office = make.actor(session, at.office)
    succeed(session, office, at.agency.id, wanted(K.RENAMED, "Fellmere NHS"), now=LATER)
    session.commit()
    assert names_of(session, at, date(2026, 3, 5)) == ["Fellmere Health Trust"]
    assert names_of(session, at, date(2026, 3, 6)) == ["Fellmere NHS"]
    at.before.stages[0].closed_at = NOW
    session.commit()
    # A stage that was closed before keeps the name whatever the day.
    old = build_compliance(session, office, at.before.id, 1, now=LATER)
    assert [row.agency for row in old.rows] == ["Fellmere Health Trust"]


@one_engine
def test_closing_stops_what_is_open_and_ends_the_improvements(session: Session) -> None:
    at = new_cycle(session)
    office = make.actor(session, at.office)
    succeed(session, office, at.agency.id, wanted(K.CLOSED, standing=Standing.EXCUSED), now=LATER)
    session.commit()
    assert return_by_id(session, at.now.id).standing is Standing.EXCUSED
    assert open_of(session, at.agency.id) == []
    assert [each.standard for each in ended_of(session, at.agency.id)] == [5, 7]
    with pytest.raises(Refused, match="left the board"):
        succeed(session, office, at.agency.id, wanted(K.CLOSED), now=LATER)


@one_engine
@pytest.mark.parametrize(
    ("kind", "names", "field"),
    [
        (K.MERGED, (), "names"),
        (K.MERGED, ("Fellmere Health Trust",), "names"),
        (K.SPLIT, ("One",), "names"),
        (K.SPLIT, ("One", "one"), "names"),
        (K.RENAMED, ("Hilltop Trust",), "names"),
        (K.CLOSED, ("One",), "names"),
    ],
)
def test_what_will_not_do_is_said_beside_its_field(
    session: Session, kind: SuccessionKind, names: tuple[str, ...], field: str
) -> None:
    at = new_cycle(session, ratings=dict.fromkeys(range(1, 10), Rag.GREEN))
    make.membership(session, at.board, "Hilltop Trust")
    office = make.actor(session, at.office)
    with pytest.raises(Invalid) as caught:
        preview(session, office, at.agency.id, wanted(kind, *names), now=LATER)
    assert list(caught.value.problems) == [field]
    with pytest.raises(Invalid) as caught:
        early = Wanted(kind, date(2026, 4, 1), " ", names)
        succeed(session, office, at.agency.id, early, now=LATER)
    assert {"on", "reason"} < set(caught.value.problems)
