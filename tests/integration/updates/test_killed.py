"""The sweep that decides of which kind the returns of a later stage are, killed half way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from s11audit.domain.enums import ReturnKind
from s11audit.jobs.carrying import decide_kinds
from s11audit.models import AuditLog, Return
from tests import factories as make
from tests.factories import NOW, TODAY
from tests.support.killing import killed_half_way

AGENCIES = 6
SCRIPT = """
import time
from datetime import datetime
from s11audit import create_app
from s11audit.jobs import carrying
carrying.A_BATCH, batches, real = 2, [], carrying.set_kinds

def slow(*args, **more):
    changed = real(*args, **more)
    batches.append(changed)
    if len(batches) == 2:
        print("half way", flush=True)
        time.sleep(60)
    return changed

carrying.set_kinds = slow
with create_app().app_context():
    carrying.decide_kinds(datetime.fromisoformat("{now}"))
"""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_kill_between_two_batches_loses_nothing(
    session: Session, settings: dict[str, Any]
) -> None:
    board = make.board(session)
    due = (TODAY + timedelta(days=1), TODAY + timedelta(days=300))
    cycle = make.cycle(session, board, due=due)
    for _ in range(AGENCIES):
        return_ = make.return_(session, make.membership(session, board), cycle, stage=2)
        return_.kind = ReturnKind.UPDATE  # nobody was rated: they are asked in full
    session.commit()
    later = NOW + timedelta(days=2)
    killed_half_way(SCRIPT.format(now=later.isoformat()), settings)
    # The first batch stands; the second was not committed, and the next sweep does the rest.
    decided = select(func.count()).select_from(Return).where(Return.kind == ReturnKind.FULL)
    assert session.scalar(decided) == 2
    session.rollback()
    assert (decide_kinds(later), decide_kinds(later)) == (AGENCIES - 2, 0)
    logged = select(func.count()).where(AuditLog.what == "return.kind_decided")
    assert (session.scalar(decided), session.scalar(logged)) == (AGENCIES, AGENCIES)
