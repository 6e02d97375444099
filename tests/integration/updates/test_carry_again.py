"""What was carried over is replaced where other ratings count before the agency begins."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from s11audit.domain.enums import Ask, Rag
from s11audit.queries.responses import responses_of
from s11audit.services.responses import assign
from tests.integration.updates.second_year import LATER, publish, second_year


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_rating_after_the_work_was_shared_out_is_carried_over_too(session: Session) -> None:
    year = second_year(session)
    lead, second = year.actor(session, "lead"), year.second.id
    assign(session, lead, second, 2, year.lead.id, now=LATER)
    session.commit()
    before = responses_of(session, second)
    assert before[3].answers and before[3].ask is Ask.STILL_TRUE
    publish(session, year.first, {3: Rag.AMBER}, only=(3,))
    session.commit()
    session.expire_all()
    assign(session, lead, second, 4, year.lead.id, now=LATER)
    session.commit()
    session.expire_all()
    after = responses_of(session, second)
    assert after[3].ask is Ask.UPDATE
    assert [each.value for each in after[3].answers] == [each.value for each in before[3].answers]
    assert (after[2].assigned_to_id, after[4].assigned_to_id) == (year.lead.id, year.lead.id)
