"""Draws by the service: who is in the pool, the order of freezing and seed, redraws."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Category, Duty, Participation, Role, Standing
from s11audit.domain.errors import Invalid, NotAllowed, NotFound, Refused
from s11audit.models import AuditLog, Draw, Stage
from s11audit.queries.draws import Stratum, picks_of, pool_of
from s11audit.services import draws, visits
from tests import factories as make
from tests.factories import NOW, TODAY

POLICE, COUNCIL = Stratum(Category.POLICE, False, 1), Stratum(Category.COUNCIL, False, 2)
LOTTO = draws.PublicDraw("Lotto", TODAY + timedelta(days=3))


def test_the_pool_the_seed_and_the_redraw(session: Session) -> None:
    board = make.board(session)
    cycle = make.cycle(session, board)
    stage = session.scalars(select(Stage).where(Stage.cycle_id == cycle.id)).one()
    for name, standing, more in (
        ("b declined", Standing.DECLINED, {}),
        ("A asked", Standing.ASKED, {}),
        ("excused", Standing.EXCUSED, {}),
        ("nil", Standing.NIL, {}),
        ("withdrawn", Standing.WITHDRAWN, {}),
        ("advisory", Standing.ASKED, {"participation": Participation.ADVISORY}),
    ):
        member = make.membership(session, board, name, categories=(Category.COUNCIL,), **more)
        make.return_(session, member, cycle).standing = standing
        member.duty = Duty.INVITED if name == "A asked" else Duty.STATUTORY
    police = make.membership(session, board, "Police", categories=(Category.POLICE,))
    make.return_(session, police, cycle)
    office = make.actor(session, make.user(session, Role.OFFICE, board=board))
    qa = make.actor(session, make.user(session, Role.QA, board=board))
    elsewhere = make.actor(session, make.user(session, Role.OFFICE, board=make.board(session)))
    session.commit()

    def pool(category: Category | None, statutory: bool) -> list[str]:
        return [name for _, name in pool_of(session, stage.id, category, statutory)]

    assert pool(Category.COUNCIL, False) == ["A asked", "b declined"]
    assert pool(Category.COUNCIL, True) == ["b declined"]
    assert pool(None, True) == ["b declined", "Police"]
    for who, error in ((qa, NotAllowed), (elsewhere, NotFound)):
        with pytest.raises(error):
            draws.freeze(session, who, board.id, stage.id, [COUNCIL], now=NOW)
    with pytest.raises(NotFound):  # the stage is not that board's
        draws.freeze(
            session, elsewhere, elsewhere.grants[0].board_id or 0, stage.id, [COUNCIL], now=NOW
        )
    with pytest.raises(Invalid, match="held after today"):
        draws.freeze(session, office, board.id, stage.id, [COUNCIL],
                     public=draws.PublicDraw("Lotto", TODAY), now=NOW)  # fmt: skip
    with pytest.raises(Invalid, match="drawn from already"):
        draws.freeze(session, office, board.id, stage.id, [COUNCIL, COUNCIL], now=NOW)

    waiting = draws.freeze(session, office, board.id, stage.id, [COUNCIL], public=LOTTO, now=NOW)
    session.commit()
    with pytest.raises(Refused, match="waits for its seed"):
        draws.freeze(session, office, board.id, stage.id, [POLICE], now=NOW)
    with pytest.raises(Refused, match="come back then"):
        draws.fix_seed(session, office, board.id, waiting.id, number="7", now=NOW)
    held = NOW + timedelta(days=3)
    with pytest.raises(Invalid, match="Enter the seed"):
        draws.fix_seed(session, office, board.id, waiting.id, number=" ", now=held)
    draws.fix_seed(session, office, board.id, waiting.id, number="4 8 15", now=held)
    session.commit()
    want = sorted(
        ["A asked", "b declined"], key=lambda name: sha256(f"4 8 15:{name}".encode()).hexdigest()
    )
    assert [each.name for each in picks_of(session, stage.id)] == want
    with pytest.raises(Refused, match="has its seed already"):
        draws.fix_seed(session, office, board.id, waiting.id, number="9", now=held)

    # Others than those drawn before are no redraw; any of them are, and need a reason.
    second = draws.freeze(session, office, board.id, stage.id, [POLICE], now=held)
    draws.give_up(session, office, board.id, second.id, "The wrong category.", now=held)
    session.commit()
    with pytest.raises(Invalid, match="draw 2 of this stage"):
        draws.freeze(session, office, board.id, stage.id, [POLICE], now=held)
    both = [Stratum(None, True, 1)]
    with pytest.raises(Invalid, match="draw 1 of this stage"):
        draws.draw_at_once(session, office, board.id, stage.id, both, "x", reason=" ", now=held)
    draws.draw_at_once(session, office, board.id, stage.id, both, "x", reason="Two left", now=held)
    session.commit()
    # Of a pool, only those that were taken can be visited because of the draw.
    third = max(session.scalars(select(Draw)), key=lambda each: each.number)
    pool_ids = {each.return_id for each in third.strata[0].pool}
    taken = {each.return_id for each in picks_of(session, stage.id) if each.draw_id == third.id}
    left = (pool_ids - taken).pop()
    with pytest.raises(Invalid, match="did not take"):
        visits.arrange(session, office, left, TODAY, draw_id=third.id, now=held)
    assert visits.arrange(session, office, taken.pop(), TODAY, draw_id=third.id, now=held).draw_id
    session.rollback()
    found = session.scalars(select(Draw).order_by(Draw.number)).all()
    assert [(each.number, each.seed) for each in found] == [(1, "4 8 15"), (2, None), (3, "x")]
    logged = session.scalars(
        select(AuditLog.what).where(AuditLog.subject == "draw").order_by(AuditLog.id)
    ).all()
    assert logged == [
        "draw.frozen", "draw.made", "draw.frozen", "draw.given_up", "draw.frozen", "draw.made",
    ]  # fmt: skip
