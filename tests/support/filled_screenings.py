"""Screenings on the filled board, by the services: one under way, one passed to QA."""

from __future__ import annotations

from s11audit.domain.enums import PointState
from s11audit.queries.screened import reading_of
from s11audit.queries.screening import screening_of
from s11audit.services import screening
from tests.support.filled_builder import Builder


def screen(builder: Builder) -> None:
    """Draft the lists of two returns; of the first, confirm a point, dismiss one and leave the
    others open; pass the second on."""
    session, office = builder.session, builder.actor("office")
    under_way, passed = (builder.made.return_ids[name] for name in ("submitted", "in_review"))
    for return_id in (under_way, passed):
        reading = reading_of(session, return_id)
        assert reading is not None
        screening.draft(session, reading, now=builder.later())
    first, second, third, *_ = screening_of(session, under_way).points
    screening.decide_point(
        session, office, under_way, first.id, PointState.CONFIRMED, now=builder.later()
    )
    screening.decide_point(
        session, office, under_way, second.id, PointState.DISMISSED,
        "Their contract says it in these words.", now=builder.later(),
    )  # fmt: skip
    screening.add_point(
        session, office, under_way, 3, "Who leads when the lead is away?", now=builder.later()
    )
    screening.confirm_open(session, office, passed, now=builder.later())
    screening.pass_to_qa(session, office, passed, now=builder.later())
    builder.made.ids["point_id"] = third.id
