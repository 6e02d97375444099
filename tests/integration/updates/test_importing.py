"""Returns of the second stage that are imported, and what the table says at each day (rule 6)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from s11audit.domain.dates import london_today
from s11audit.domain.enums import Ask, ReturnKind, ReturnState
from s11audit.domain.policy import OPERATOR
from s11audit.exchange import returns as imports
from s11audit.queries.responses import evidence_of, responses_of
from s11audit.queries.returns import return_by_id
from s11audit.reports.build import build_compliance
from s11audit.services.responses import assign
from tests.integration.updates.second_year import AMBER_2_RED_5, LATER, second_year

HEADER = "agency,standard,self_rating,statement,submitted_on,agreed_rating,improvement,rated_on"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_second_stage_is_imported_and_counts_from_its_days_on(session: Session) -> None:
    year = second_year(session, AMBER_2_RED_5)
    # Somebody has shared the work out: what is carried over is stored already.
    lead = year.actor(session, "lead")
    assign(session, lead, year.second.id, 2, year.lead.id, now=LATER)
    session.commit()
    assert len(evidence_of(session, year.second.id)) == 1
    sent, rated = (london_today(LATER) + timedelta(days=each) for each in (1, 4))
    agreed = {2: f"green,,{rated}", 5: f"amber,Train the rest.,{rated}"}
    file = "\n".join(
        [HEADER]
        + [
            f"Fellmere Health Trust,{number},{'na' if number == 9 else 'green'},"
            f"{'Not ours.' if number == 9 else ''},{sent},{agreed.get(number, ',,')}"
            for number in range(1, 10)
        ]
    )
    imports.apply(
        session, OPERATOR, year.board.id, year.cycle.name, 2, file.encode(), "year 2.csv",
        now=LATER + timedelta(days=10),
    )  # fmt: skip
    session.commit()
    session.expire_all()

    # A file answers in full: nothing that was carried over stands beside it without a word.
    stored = responses_of(session, year.second.id)
    assert {(each.ask, each.statement, len(each.answers)) for each in stored.values()} == {
        (Ask.FULL, "", 0)
    }
    assert stored[2].assigned_to_id == year.lead.id and stored[9].na_reason == "Not ours."
    assert evidence_of(session, year.second.id) == []
    second = return_by_id(session, year.second.id)
    assert (second.state, second.kind) == (ReturnState.IN_REVIEW, ReturnKind.UPDATE)

    office = year.actor(session, "office")

    def row(stage: int, days: int) -> tuple[object, ...]:
        day = london_today(LATER) + timedelta(days=days)
        report = build_compliance(
            session, office, year.cycle.id, stage, day, now=LATER + timedelta(days=10)
        )
        [found] = report.rows
        counts = found.current_counts
        assert counts is not None
        return (
            found.returned, found.initial.value, found.current.value, found.plan_returned,
            (counts.red, counts.amber, counts.green),
        )  # fmt: skip

    # Stage 1: green throughout by itself, amber and red on 2 and 5 by QA, from its day on.
    # Its own plan is asked for once an improvement is published in it.
    # Stage 2: from its submission on returned; "compliance now" follows the latest of any stage.
    assert row(2, 0) == (False, "not_known", "partially", None, (1, 1, 7))
    assert row(2, 1) == (True, "fully", "partially", None, (1, 1, 7))
    assert row(2, 4) == (True, "fully", "partially", "no", (0, 1, 8))
    assert row(1, 1) == (True, "fully", "partially", "no", (1, 1, 7))
