"""Opening cycles, late joiners and closing stages."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.enums import (
    Basis,
    Category,
    Duty,
    Participation,
    ReturnKind,
    ReturnState,
    Role,
)
from s11audit.domain.errors import Invalid, NotAllowed, NotFound, Refused
from s11audit.domain.policy import OPERATOR
from s11audit.models import AuditLog, Return, Stage
from s11audit.services import agencies, boards, cycles, log
from tests import factories as make
from tests.factories import NOW, TODAY

SOON = TODAY + timedelta(days=21)
YEAR = timedelta(days=365)


def open_one(session: Session, board_id: int, **options: object) -> object:
    due = options.pop("due", [SOON])
    name = options.pop("name", "Audit")
    return cycles.open_cycle(
        session, OPERATOR, board_id, name, "lancashire-2012", due, now=NOW, **options
    )


def test_a_cycle_makes_the_returns_of_every_stage(session: Session) -> None:
    board = boards.add_board(session, OPERATOR, "here", "Here", now=NOW)
    for number in range(3):
        agencies.add_membership(
            session,
            OPERATOR,
            board.id,
            f"Agency {number}",
            categories=[Category.POLICE, Category.COUNCIL],
            participation=Participation.ADVISORY if number == 2 else Participation.FULL,
            duty=Duty.STATUTORY,
            now=NOW,
        )
    cycle = open_one(session, board.id, due=[SOON, SOON + YEAR, SOON + 2 * YEAR])
    session.commit()
    first, second, third = session.scalars(
        select(Stage).where(Stage.cycle_id == cycle.id).order_by(Stage.number)
    )
    assert first.opened_at == NOW
    assert second.opened_at is None
    assert second.opens_on == SOON + timedelta(days=1)
    found = session.scalars(select(Return).order_by(Return.id)).all()
    assert [one.stage_id for one in found] == [first.id] * 2 + [second.id] * 2 + [third.id] * 2
    assert {one.kind for one in found if one.stage_id == first.id} == {ReturnKind.FULL}
    assert {one.kind for one in found if one.stage_id != first.id} == {ReturnKind.UPDATE}
    assert found[0].categories == (Category.COUNCIL, Category.POLICE)
    assert found[0].state is ReturnState.NOT_STARTED
    assert found[0].due_on == found[0].first_due_on == SOON
    logged = session.scalars(select(AuditLog.what).where(AuditLog.chain == f"board:{board.id}"))
    assert list(logged).count("return.made") == 6
    assert log.verify(session)[1] is None


def test_advisory_agencies_are_asked_where_said(session: Session) -> None:
    board = make.board(session)
    make.membership(session, board)
    make.membership(session, board, participation=Participation.ADVISORY)
    open_one(session, board.id, include_advisory=True, basis=Basis.CONFIRMED)
    assert len(session.scalars(select(Return)).all()) == 2


def test_who_has_left_is_not_asked(session: Session) -> None:
    board = make.board(session)
    gone = make.membership(session, board)
    agencies.end_membership(session, OPERATOR, gone.id, TODAY, now=NOW)
    open_one(session, board.id)
    assert session.scalars(select(Return)).all() == []


@pytest.mark.parametrize(
    ("due", "field"),
    [
        ([], "due_1"),
        ([TODAY], "due_1"),
        ([SOON, SOON], "due_2"),
        ([SOON, SOON + YEAR, SOON + timedelta(days=1)], "due_3"),
        ([SOON + n * YEAR for n in range(4)], "due_1"),
    ],
)
def test_wrong_due_dates(session: Session, due: list[date], field: str) -> None:
    board = make.board(session)
    office = make.actor(session, make.user(session, Role.OFFICE, board=board))
    with pytest.raises(Invalid) as refused:
        cycles.open_cycle(session, office, board.id, "A", "lancashire-2012", due, now=NOW)
    assert list(refused.value.problems) == [field]


def test_the_operator_may_open_a_cycle_of_the_past(session: Session) -> None:
    board = make.board(session)
    make.membership(session, board)
    assert open_one(session, board.id, due=[date(2012, 6, 30)]).id


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "ﬃ" * 60, "audit ", "a\x00b"])
def test_wrong_names(session: Session, name: str) -> None:
    board = make.board(session)
    open_one(session, board.id, name="Audit")
    with pytest.raises(Invalid) as refused:
        open_one(session, board.id, name=name)
    assert "name" in refused.value.problems


def test_who_may_open_a_cycle(session: Session) -> None:
    board, other = make.board(session), make.board(session)
    for role, error in ((Role.VIEWER, NotAllowed), (Role.QA, NotAllowed)):
        actor = make.actor(session, make.user(session, role, board=board))
        with pytest.raises(error):
            cycles.open_cycle(session, actor, board.id, "A", "lancashire-2012", [SOON], now=NOW)
    actor = make.actor(session, make.user(session, Role.OFFICE, board=other))
    with pytest.raises(NotFound):
        cycles.open_cycle(session, actor, board.id, "A", "lancashire-2012", [SOON], now=NOW)


def test_unknown_tool(session: Session) -> None:
    board = make.board(session)
    with pytest.raises(NotFound):
        cycles.open_cycle(session, OPERATOR, board.id, "A", "nothing", [SOON], now=NOW)


def test_a_late_joiner_gets_this_stage_and_the_later_ones(session: Session) -> None:
    board = make.board(session)
    make.membership(session, board)
    cycle = open_one(session, board.id, due=[SOON, SOON + YEAR])
    late = make.membership(session, board, "Late one")
    elsewhere = make.membership(session, make.board(session))
    stage = session.scalars(select(Stage).where(Stage.cycle_id == cycle.id)).first()
    due = SOON + timedelta(days=7)
    made = cycles.add_late_joiner(session, OPERATOR, stage.id, late.id, due_on=due, now=NOW)
    assert (made.stage_id, made.due_on, made.first_due_on) == (stage.id, due, due)
    assert len(session.scalars(select(Return).where(Return.membership_id == late.id)).all()) == 2
    with pytest.raises(Refused):
        cycles.add_late_joiner(session, OPERATOR, stage.id, late.id, now=NOW)
    with pytest.raises(NotFound):
        cycles.add_late_joiner(session, OPERATOR, stage.id, elsewhere.id, now=NOW)


def test_closing_ends_what_is_not_under_way_with_qa(session: Session) -> None:
    board = make.board(session)
    cycle = open_one(session, board.id, due=[SOON, SOON + YEAR])
    stages = list(session.scalars(select(Stage).where(Stage.cycle_id == cycle.id)))
    states = list(ReturnState)
    made = [
        make.return_(session, make.membership(session, board), cycle, state=state)
        for state in states
    ]
    cycles.close_stage(session, OPERATOR, stages[0].id, now=NOW)
    session.commit()
    for one in made:
        session.refresh(one)
    after = dict(zip(states, (one.state for one in made), strict=True))
    assert after == {
        ReturnState.NOT_STARTED: ReturnState.CLOSED,
        ReturnState.IN_PROGRESS: ReturnState.CLOSED,
        ReturnState.SUBMITTED: ReturnState.SUBMITTED,
        ReturnState.IN_REVIEW: ReturnState.IN_REVIEW,
        ReturnState.RATED: ReturnState.CLOSED,
        ReturnState.CLOSED: ReturnState.CLOSED,
    }
    with pytest.raises(Refused, match="closed already"):
        cycles.close_stage(session, OPERATOR, stages[0].id, now=NOW)
    with pytest.raises(Refused, match="not opened"):
        cycles.close_stage(session, OPERATOR, stages[1].id, now=NOW)
    cycles.open_stage(session, OPERATOR, stages[1].id, now=NOW)
    with pytest.raises(Refused, match="open already"):
        cycles.open_stage(session, OPERATOR, stages[1].id, now=NOW)
